"""Rows as cells of the matrix: what a query without a filter shows or changes of a foreign village.

Whose a row is, is said here a second time, in joins and without the policies of migration 0008.
`foreign_rows(database, viewer.rows)` is empty, or names each foreign row: `camera cam_…`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING, RowScope
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_CAMERA = "JOIN camera c ON c.town = it.town AND c.id = it.camera"
_REGISTER = (
    'JOIN access_register r ON r.town = it.town AND r."grant" = it."grant" AND r.camera = it.camera'
)
_HOME = "JOIN household h ON h.town = it.town AND h.id = it.household"
_GRANT = 'JOIN view_grant g ON g.town = it.town AND g.id = it."grant"'
_LOOK = "LEFT JOIN break_glass_camera b ON b.town = it.town AND b.break_glass = it.id"
# table → (key, area, household, principal, joins); a row that comes more than once is everybody's.
PLACES: dict[str, tuple[str, str, str, str, str]] = {
    "camera": ("it.id", "it.area", "it.household", "NULL", ""),
    "household": ("it.id", 'it."group"', "it.id", "NULL", ""),
    "consent": ("it.id", 'h."group"', "it.household", "NULL", _HOME),
    "one_time_link": ("it.id", 'h."group"', "it.household", "NULL", _HOME),
    "role_assignment": (
        "it.id", 'coalesce(it.area, h."group")', "it.household", "NULL", f"LEFT {_HOME}",
    ),
    "maintenance_consent": ("it.id", "c.area", "it.household", "NULL", _CAMERA),
    "sign_photo": ("it.camera", "c.area", "c.household", "NULL", _CAMERA),
    "camera_onboarding": ("it.camera", "c.area", "c.household", "NULL", _CAMERA),
    "camera_state_change": ("it.id", "c.area", "c.household", "NULL", _CAMERA),
    "break_glass": ("it.id", "coalesce(b.area, it.asker_area)", "b.household", "it.asker", _LOOK),
    "break_glass_camera": (
        "it.break_glass || ' ' || it.camera", "it.area", "it.household", "NULL", "",
    ),
    "access_register": ("it.id", "c.area", "it.household", "NULL", _CAMERA),
    "view_event": ("it.id", "c.area", "r.household", "NULL", f"{_CAMERA} {_REGISTER}"),
    "view_grant": (
        "it.id", "c.area", "r.household", "it.principal",
        'LEFT JOIN access_register r ON r.town = it.town AND r."grant" = it.id '
        "LEFT JOIN camera c ON c.town = r.town AND c.id = r.camera",
    ),
    "granted_view": (
        "it.\"grant\" || ' ' || it.camera", "c.area", "c.household", "g.principal",
        f"{_CAMERA} {_GRANT}",
    ),
}  # fmt: skip


def _mine(scope: RowScope, town: str, area: str | None, home: str | None, who: str | None) -> bool:
    near = area is not None and bool(scope.areas) and area.startswith(scope.areas)
    return town == scope.town and (near or home in scope.households or who == scope.principal)


async def own_rows(database: Database, scope: RowScope) -> dict[str, set[str]]:
    """What the scope should show, by table; by joins, whatever the policies say."""
    found: dict[str, set[str]] = {}
    async with database.transaction(EVERYTHING) as session:
        for table, (key, area, home, who, joins) in PLACES.items():
            rows = await session.execute(
                text(f"SELECT it.town, {key}, {area}, {home}, {who} FROM {table} it {joins}")
            )
            found[table] = {name for town, name, *place in rows if _mine(scope, town, *place)}
    return found


async def seen_rows(database: Database, scope: RowScope) -> dict[str, set[str]]:
    """What queries without any filter show, by table."""
    found = {}
    async with database.transaction(scope) as session:
        for table, (key, *_) in PLACES.items():
            found[table] = set(await session.scalars(text(f"SELECT {key} FROM {table} it")))
    return found


async def changed_rows(database: Database, scope: RowScope) -> dict[str, set[str]]:
    """What updates without any filter change, by table; nothing stays changed."""
    found: dict[str, set[str]] = {}
    async with _undone(database, scope) as session:
        for table, (key, *_) in PLACES.items():
            allowed = text("SELECT has_table_privilege(:table, 'UPDATE')")
            if await session.scalar(allowed, {"table": table}):
                changed = text(f"UPDATE {table} it SET town = it.town RETURNING {key}")
                found[table] = set(await session.scalars(changed))
    return found


async def foreign_rows(database: Database, scope: RowScope) -> list[str]:
    """Names of the rows that are not the scope's and can be read or changed all the same."""
    own = await own_rows(database, scope)
    wrong = [
        f"{verb}{table} {row}"
        for verb, reach in (
            ("", await seen_rows(database, scope)),
            ("changed ", await changed_rows(database, scope)),
        )
        for table, rows in reach.items()
        for row in rows - own[table]
    ]
    return sorted(wrong)


class _UndoError(Exception):
    """Ends a transaction without keeping it."""


@asynccontextmanager
async def _undone(database: Database, scope: RowScope) -> AsyncIterator[AsyncSession]:
    try:
        async with database.transaction(scope) as session:
            yield session
            raise _UndoError
    except _UndoError:
        return
