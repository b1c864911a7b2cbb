"""Reads and writes households."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.tables import RoleAssignment
from huiyan_registry.area.figures import Sight
from huiyan_registry.area.tables import Household
from huiyan_registry.camera.search import wanted_grams
from huiyan_registry.camera.tables import Camera


class HouseholdRepository:
    """Queries about households; the caller owns the transaction."""

    async def page(
        self,
        session: AsyncSession,
        town: str,
        sights: Sequence[Sight],
        *,
        query: str,
        limit: int,
        after: tuple[str, str],
    ) -> Sequence[Household]:
        """Households within every one of `sights`, by group and id, beyond `after`."""
        wanted = (
            select(Household)
            .where(
                Household.town == town,
                *(sight.households() for sight in sights),
                tuple_(Household.group, Household.id) > after,
            )
            .order_by(Household.group, Household.id)
            .limit(limit)
        )
        if query:
            wanted = wanted.where(
                Household.name_grams.contains(wanted_grams(query)),
                Household.name.icontains(query, autoescape=True),
            )
        return (await session.scalars(wanted)).all()

    async def lock(self, session: AsyncSession, town: str, household: str) -> Household | None:
        """One household, to be changed."""
        found: Household | None = await session.scalar(
            select(Household)
            .where(Household.town == town, Household.id == household)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found

    async def cameras(
        self, session: AsyncSession, town: str, households: Iterable[str]
    ) -> dict[str, int]:
        """How many cameras each has."""
        rows = await session.execute(
            select(Camera.household, func.count())
            .where(
                Camera.town == town,
                Camera.household.in_(list(households)),
                Camera.state != "retired",
            )
            .group_by(Camera.household)
        )
        return {home: count for home, count in rows if home is not None}

    async def members(
        self, session: AsyncSession, town: str, households: Iterable[str]
    ) -> dict[str, int]:
        """How many people belong to each."""
        rows = await session.execute(
            select(RoleAssignment.household, func.count(RoleAssignment.principal.distinct()))
            .where(
                RoleAssignment.town == town,
                RoleAssignment.household.in_(list(households)),
                RoleAssignment.ended_at.is_(None),
            )
            .group_by(RoleAssignment.household)
        )
        return {home: count for home, count in rows if home is not None}
