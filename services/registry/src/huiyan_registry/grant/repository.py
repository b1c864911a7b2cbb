"""Reads and writes grants."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.camera.tables import Camera
from huiyan_registry.grant.tables import GrantedView, ViewGrant


class GrantRepository:
    """Queries about grants; the caller owns the transaction."""

    async def lock(self, session: AsyncSession, town: str, grant: str) -> ViewGrant | None:
        """One grant, to be changed."""
        found: ViewGrant | None = await session.scalar(
            select(ViewGrant).where(ViewGrant.town == town, ViewGrant.id == grant).with_for_update()
        )
        return found

    async def views(self, session: AsyncSession, town: str, grant: str) -> dict[str, GrantedView]:
        """Its cameras, those that fell out too, by id in the order of their adding."""
        rows = await session.scalars(
            select(GrantedView)
            .where(GrantedView.town == town, GrantedView.grant == grant)
            .order_by(GrantedView.added_at, GrantedView.camera)
        )
        return {row.camera: row for row in rows}

    async def running_at_home(
        self, session: AsyncSession, town: str, principal: str, household: str, since: datetime
    ) -> list[str]:
        """Somebody's grants on cameras of a household that had not run out at `since`."""
        rows = await session.scalars(
            select(ViewGrant.id)
            .join(
                GrantedView,
                (GrantedView.town == ViewGrant.town) & (GrantedView.grant == ViewGrant.id),
            )
            .join(Camera, (Camera.town == GrantedView.town) & (Camera.id == GrantedView.camera))
            .where(
                ViewGrant.town == town,
                ViewGrant.principal == principal,
                ViewGrant.expires_at > since,
                ViewGrant.ended_at.is_(None),
                Camera.household == household,
            )
            .distinct()
        )
        return list(rows)

    async def end(self, session: AsyncSession, town: str, grant: str, now: datetime) -> None:
        """End a grant."""
        await session.execute(
            update(ViewGrant)
            .where(ViewGrant.town == town, ViewGrant.id == grant, ViewGrant.ended_at.is_(None))
            .values(ended_at=now)
        )
