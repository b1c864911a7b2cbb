"""For migrations: what an older release does not know is put aside on the way down, and comes back
on the way up, instead of being lost: consents, agreements and the register's chain are evidence.

It waits in the schema `put_aside`, which the service's role may not even look into.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

SCHEMA = "put_aside"
_KEY = ("town", "id")


def put_table(revision: str, table: str) -> None:
    """Before a table is dropped."""
    _copy(_name(revision, table, "table"), "*", table, "true")


def put_rows(revision: str, table: str, where: str) -> None:
    """Take rows out of a table: those that the older release cannot tell, or would take for more
    than they are."""
    _copy(_name(revision, table, "rows"), "*", table, where)
    op.execute(f"DELETE FROM {table} WHERE {where}")  # noqa: S608 - of the migrations


def put_columns(
    revision: str, table: str, columns: Sequence[str], key: Sequence[str] = _KEY
) -> None:
    """Before columns are dropped."""
    _copy(_name(revision, table, "columns"), _listed([*key, *columns]), table, "true")


def bring_table(revision: str, table: str) -> None:
    """After the table was made again. What another row has taken the place of stays away."""
    _insert(_name(revision, table, "table"), table)


def bring_rows(revision: str, table: str) -> None:
    """As `bring_table`, into what is there."""
    _insert(_name(revision, table, "rows"), table)


def bring_columns(
    revision: str, table: str, columns: Sequence[str], key: Sequence[str] = _KEY
) -> None:
    """After the columns were added again, with the values that older rows get."""
    name = _name(revision, table, "columns")
    if not _is_there(name):
        return
    changes = ", ".join(f'"{column}" = was."{column}"' for column in columns)
    same = " AND ".join(f'now_."{column}" = was."{column}"' for column in key)
    update = f"UPDATE {table} AS now_ SET {changes}"  # noqa: S608 - names of the migrations
    op.execute(f"{update} FROM {SCHEMA}.{name} was WHERE {same}")
    _forget(name)


def was_put(revision: str, table: str, what: str) -> str:
    """The table that holds them (`table`, `rows`, `columns`), empty when nothing was put aside."""
    name = _name(revision, table, what)
    return f"{SCHEMA}.{name}" if _is_there(name) else ""


def _name(revision: str, table: str, what: str) -> str:
    return f"r{revision}_{table}_{what}"


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _copy(name: str, columns: str, table: str, where: str) -> None:
    op.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    op.execute(f"DROP TABLE IF EXISTS {SCHEMA}.{name}")
    chosen = f"SELECT {columns}, now() AS put_aside_at FROM {table} WHERE {where}"  # noqa: S608
    op.execute(f"CREATE TABLE {SCHEMA}.{name} AS {chosen}")


def _insert(name: str, table: str) -> None:
    if not _is_there(name):
        return
    inspector = sa.inspect(op.get_bind())
    known = {column["name"] for column in inspector.get_columns(table)}
    put = [column["name"] for column in inspector.get_columns(name, schema=SCHEMA)]
    columns = _listed([column for column in put if column in known])
    chosen = f"SELECT {columns} FROM {SCHEMA}.{name}"  # noqa: S608 - names of the migrations
    op.execute(f"INSERT INTO {table} ({columns}) {chosen} ON CONFLICT DO NOTHING")
    _forget(name)


def _is_there(name: str) -> bool:
    return sa.inspect(op.get_bind()).has_table(name, schema=SCHEMA)


def _forget(name: str) -> None:
    op.execute(f"DROP TABLE {SCHEMA}.{name}")
    if not sa.inspect(op.get_bind()).get_table_names(schema=SCHEMA):
        op.execute(f"DROP SCHEMA {SCHEMA}")
