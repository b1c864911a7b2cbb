"""What holds after a registry was brought back from a backup: SQL for whoever restores it.

A backup is older than what people did since. Where the registry that is replaced can still be
read, what was taken away in it stays taken away (`CARRIED`): no restore turns a camera on again
or renews a consent behind a household's back. And what opens a door is shut: logins, links,
break-glass, open maintenance, grants that may still live (`END_SESSIONS`, `SHUT`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carried:
    """Rows of the replaced registry `where` something was taken away; it is taken away in the
    restored row with the same key too, unless it is already (`unless`). Columns that `emptied`
    names become NULL, the others are copied."""

    table: str
    columns: tuple[str, ...]
    where: str
    unless: str
    key: tuple[str, ...] = ("town", "id")

    @property
    def read(self) -> str:
        """COPY to standard output, as PostgreSQL's text format."""
        columns = ", ".join((*self.key, *self.columns))
        # Names of our own, never anybody's input.
        chosen = f"SELECT {columns} FROM {self.table} WHERE {self.where}"  # noqa: S608
        return f"COPY ({chosen}) TO STDOUT"

    @property
    def into(self) -> str:
        """The name of the temporary table that holds them."""
        return f"carried_{self.table}_{self.columns[0]}"

    def write(self, rows: str) -> str:
        """psql's input: the rows as `read` gave them, then the update."""
        names = ", ".join((*self.key, *self.columns))
        changes = ", ".join(f"{column} = was.{column}" for column in self.columns)
        same = " AND ".join(f"now_.{column} = was.{column}" for column in self.key)
        # Names of our own; rows are data of COPY, which no parser reads.
        none = f"SELECT {names} FROM {self.table} WITH NO DATA"  # noqa: S608
        into = f"CREATE TEMP TABLE {self.into} AS {none};\n"
        filled = f"COPY {self.into} ({names}) FROM STDIN;\n{rows}\\.\n"
        where = f"WHERE {same} AND NOT ({self.unless})"
        update = f"UPDATE {self.table} AS now_ SET {changes} FROM {self.into} AS was"  # noqa: S608
        return f"{into}{filled}{update} {where};\n"


def _ended(table: str, *columns: str) -> Carried:
    first = columns[0]
    return Carried(table, columns, f"{first} IS NOT NULL", f"now_.{first} IS NOT NULL")


def _emptied(*columns: str) -> Carried:
    first = columns[0]
    return Carried("principal", columns, f"{first} IS NULL", f"now_.{first} IS NULL")


CARRIED = (
    _ended("consent", "withdrawn_at", "withdrawn_by"),
    _ended("role_assignment", "ended_at", "ended_by"),
    _ended("principal", "disabled_at"),
    _ended("agreement", "withdrawn_at", "withdrawn_by", "withdrawn_reason"),
    _ended("vetting", "withdrawn_at", "withdrawn_by"),
    _ended("training", "withdrawn_at", "withdrawn_by"),
    _emptied("vetted_at", "vetted_until"),
    _emptied("trained_at", "trained_until"),
    _emptied("agreement_valid_until"),
    Carried("camera", ("off", "off_until", "off_by"), "off", "now_.off"),
    _ended("login_session", "ended_at"),
)

# Grants of the replaced registry whose token may still live: `now` is that registry's.
LIVE_GRANTS = (
    "COPY (SELECT town, id FROM view_grant WHERE expires_at > now() - interval '10 minutes') "
    "TO STDOUT"
)
_REVOKE = """
INSERT INTO revocation (town, kind, subject, revoked_at, reason, spare_own)
  SELECT town, 'grant', id, now(), 'restored', false FROM {source}
  ON CONFLICT (town, kind, subject)
  DO UPDATE SET revoked_at = excluded.revoked_at, reason = excluded.reason, spare_own = false;
"""
END_SESSIONS = "UPDATE login_session SET ended_at = now() WHERE ended_at IS NULL;\n"
_LIVING = "(SELECT town, id FROM view_grant WHERE expires_at > now() - interval '10 minutes') g"
SHUT = (
    _REVOKE.format(source=_LIVING)
    + """
UPDATE view_grant SET ended_at = now() WHERE ended_at IS NULL AND expires_at > now();
UPDATE one_time_link SET expires_at = now() WHERE used_at IS NULL AND expires_at > now();
UPDATE break_glass SET ended_at = now() WHERE ended_at IS NULL;
UPDATE maintenance_consent SET closed_at = now() WHERE closed_at IS NULL AND expires_at > now();
DELETE FROM second_step;
"""
)


def revoke(grants: str) -> str:
    """psql's input: void the grants that LIVE_GRANTS gave."""
    return (
        "CREATE TEMP TABLE living_grant (town text, id text);\n"
        f"COPY living_grant FROM STDIN;\n{grants}\\.\n" + _REVOKE.format(source="living_grant")
    )
