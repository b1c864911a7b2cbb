"""Reads and writes grants."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

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

    async def end(self, session: AsyncSession, town: str, grant: str, now: datetime) -> None:
        """End a grant."""
        await session.execute(
            update(ViewGrant)
            .where(ViewGrant.town == town, ViewGrant.id == grant, ViewGrant.ended_at.is_(None))
            .values(ended_at=now)
        )
