"""Reads areas, households and rooms."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.area.lineage import Lineage
from huiyan_registry.area.tables import Area, AreaAlias, Household, Room


async def lineage_of(session: AsyncSession, town: str) -> Lineage:
    """The mergers of a town."""
    rows = await session.execute(
        select(Area.code, Area.successor).where(Area.town == town, Area.successor.is_not(None))
    )
    return Lineage({code: successor for code, successor in rows if successor is not None})


# The same as a column of another query that has a parameter `town`: one JSON object, NULL without
# mergers.
SUCCESSORS: ScalarSelect[dict[str, str] | None] = (
    select(func.json_object_agg(Area.code, Area.successor))
    .where(Area.town == bindparam("town"), Area.successor.is_not(None))
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Outlines:
    """The areas of a town with little of each: (code, name, valid from, valid to)."""

    rows: tuple[tuple[str, str, datetime, datetime | None], ...]
    lineage: Lineage

    def areas(self, now: datetime) -> Iterator[tuple[str, str, bool]]:
        """(code, name, whether it exists at `now`) of each."""
        for code, name, since, until in self.rows:
            yield code, name, since <= now and (until is None or until > now)


class AreaRepository:
    """Queries about places; the caller owns the transaction."""

    async def outlines(self, session: AsyncSession, town: str) -> Outlines:
        """Every area of the town, without building an object of each."""
        rows = (
            await session.execute(
                select(Area.code, Area.name, Area.valid_from, Area.valid_to, Area.successor).where(
                    Area.town == town
                )
            )
        ).all()
        return Outlines(
            tuple((code, name, since, until) for code, name, since, until, _ in rows),
            Lineage({row.code: row.successor for row in rows if row.successor is not None}),
        )

    async def alone(self, session: AsyncSession, town: str) -> None:
        """Until this transaction ends nobody else changes areas or rooms of the town."""
        await session.execute(
            select(func.pg_advisory_xact_lock(func.hashtext("area"), func.hashtext(town)))
        )

    async def get(self, session: AsyncSession, town: str, code: str) -> Area | None:
        """One area that is or was."""
        found: Area | None = await session.scalar(
            select(Area)
            .where(Area.town == town, Area.code == code)
            .execution_options(populate_existing=True)
        )
        return found

    async def names(self, session: AsyncSession, town: str, codes: Iterable[str]) -> dict[str, str]:
        """The names of these areas, closed ones too."""
        rows = await session.execute(
            select(Area.code, Area.name).where(Area.town == town, Area.code.in_(list(codes)))
        )
        return {row.code: row.name for row in rows}

    async def aliases(
        self, session: AsyncSession, town: str, code: str | None = None
    ) -> list[AreaAlias]:
        """The aliases of one area or of all, in order."""
        wanted = select(AreaAlias).where(AreaAlias.town == town)
        if code is not None:
            wanted = wanted.where(AreaAlias.area == code)
        return list(await session.scalars(wanted.order_by(AreaAlias.scheme, AreaAlias.code)))

    async def valid(self, session: AsyncSession, town: str, now: datetime) -> dict[str, Area]:
        """Every area of the town that exists at `now`, by code."""
        rows = await session.scalars(
            select(Area).where(
                Area.town == town,
                Area.valid_from <= now,
                or_(Area.valid_to.is_(None), Area.valid_to > now),
            )
        )
        return {row.code: row for row in rows}

    async def all(self, session: AsyncSession, town: str) -> dict[str, Area]:
        """Every area that is or was."""
        rows = await session.scalars(select(Area).where(Area.town == town))
        return {row.code: row for row in rows}

    async def household(self, session: AsyncSession, town: str, household: str) -> Household | None:
        """One household."""
        return await session.get(Household, (town, household))

    async def households(
        self, session: AsyncSession, town: str, wanted: Iterable[str]
    ) -> list[Household]:
        """Several households, in the order of their making."""
        rows = await session.scalars(
            select(Household)
            .where(Household.town == town, Household.id.in_(list(wanted)))
            .order_by(Household.created_at, Household.id)
        )
        return list(rows)

    async def room(self, session: AsyncSession, town: str, room: str) -> Room | None:
        """One monitor room."""
        return await session.get(Room, (town, room))
