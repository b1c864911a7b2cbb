"""Reads areas, households and rooms."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.area.lineage import Lineage
from huiyan_registry.area.tables import Area, Household, Room


async def lineage_of(session: AsyncSession, town: str) -> Lineage:
    """The mergers of a town."""
    rows = await session.execute(
        select(Area.code, Area.successor).where(Area.town == town, Area.successor.is_not(None))
    )
    return Lineage({code: successor for code, successor in rows if successor is not None})


class AreaRepository:
    """Queries about places; the caller owns the transaction."""

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
