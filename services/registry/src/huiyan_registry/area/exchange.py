"""Areas by table: import all or nothing, export what the import reads."""

import asyncio
from datetime import datetime

from huiyan_kit.clock import Clock
from sqlalchemy import ARRAY, Text, any_, delete, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.area.changes import in_shard
from huiyan_registry.area.codes import level_of, parent_of
from huiyan_registry.area.plan import COLUMNS, Known, Plan, Planner, written
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.service import Census
from huiyan_registry.area.tables import Area, AreaAlias
from huiyan_registry.database.connection import Database
from huiyan_registry.importing.reading import read_table
from huiyan_registry.importing.schemas import ImportReport
from huiyan_registry.importing.writing import TableFormat, write_table
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc


class AreaExchange:
    """Tables of areas within the caller's scope."""

    def __init__(
        self, database: Database, areas: AreaRepository, census: Census, clock: Clock
    ) -> None:
        self._database = database
        self._areas = areas
        self._census = census
        self._clock = clock

    async def export(self, caller: Caller, format: TableFormat) -> tuple[bytes, str, str]:
        """(bytes, content type, file name), closed areas too."""
        async with self._database.transaction(caller.rows) as session:
            known = await self._known(session, caller.town)
        mine = [area for code, area in known.items() if self._allowed(caller, code)]
        return await asyncio.to_thread(write_table, format, COLUMNS, written(mine), name="areas")

    async def take(
        self, caller: Caller, body: bytes, content_type: str, *, dry_run: bool
    ) -> ImportReport:
        """Apply a table, or say what is wrong with it. TOO_LARGE, UNSUPPORTED_MEDIA."""
        table = await asyncio.to_thread(read_table, body, content_type, COLUMNS)
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            await self._areas.alone(session, caller.town)
            known = await self._known(session, caller.town)
            planner = Planner(known, lambda code: self._allowed(caller, code), now)
            plan = await asyncio.to_thread(planner.plan, table)
            if not plan.errors and not dry_run:
                await _apply(session, caller.town, plan, now)
        self._census.forget(caller.town)
        return ImportReport.of(
            dry_run=dry_run,
            rows=len(table.rows),
            added=len(plan.added),
            changed=len(plan.changed),
            unchanged=plan.unchanged,
            errors=plan.errors,
        )

    def _allowed(self, caller: Caller, code: str) -> bool:
        return in_shard(caller.town, code) and caller.viewer.acts_in(code, RoleName.ADMINISTRATOR)

    async def _known(self, session: AsyncSession, town: str) -> dict[str, Known]:
        aliases: dict[str, list[tuple[str, str]]] = {}
        for alias in await self._areas.aliases(session, town):
            aliases.setdefault(alias.area, []).append((alias.scheme, alias.code))
        rows = await session.execute(
            select(Area.code, Area.name, Area.gb_id, Area.valid_to, Area.successor).where(
                Area.town == town
            )
        )
        return {
            code: Known(code, name, gb_id, tuple(sorted(aliases.get(code, ()))), until, successor)
            for code, name, gb_id, until, successor in rows
        }


async def _apply(session: AsyncSession, town: str, plan: Plan, now: datetime) -> None:
    if plan.added:
        await session.execute(
            insert(Area),
            [
                {
                    "town": town,
                    "code": area.code,
                    "level": level_of(area.code).value,
                    "name": area.name,
                    "parent": parent_of(area.code),
                    "valid_from": min(now, area.valid_to or now),
                    "valid_to": area.valid_to,
                    "gb_id": area.gb_id,
                }
                for area in plan.added
            ],
        )
    closed = [area for area in plan.added if area.successor is not None]
    for area in closed:
        # The heir may stand further down in the table: it is there now.
        await session.execute(
            update(Area)
            .where(Area.town == town, Area.code == area.code)
            .values(successor=area.successor)
        )
    if plan.changed:
        await session.execute(
            update(Area),
            [
                {"town": town, "code": area.code, "name": area.name, "gb_id": area.gb_id}
                for area in plan.changed
            ],
        )
    touched = [area.code for area in plan.changed]
    if touched:
        await session.execute(
            delete(AreaAlias).where(
                AreaAlias.town == town, AreaAlias.area == any_(literal(touched, ARRAY(Text())))
            )
        )
    aliases = [
        {"town": town, "scheme": scheme, "code": code, "area": area.code}
        for area in (*plan.added, *plan.changed)
        for scheme, code in area.aliases
    ]
    if aliases:
        await session.execute(insert(AreaAlias), aliases)
