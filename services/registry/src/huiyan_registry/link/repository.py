"""Reads and writes one-time links."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.account.tables import RoleAssignment
from huiyan_registry.link.tables import OneTimeLink


class LinkRepository:
    """Queries about links; the caller owns the transaction."""

    async def spend(
        self, session: AsyncSession, towns: list[str], code_hash: bytes, now: datetime
    ) -> OneTimeLink | None:
        """Mark the link as used, if it may be: of two that come at once, one gets it."""
        spent: OneTimeLink | None = await session.scalar(
            update(OneTimeLink)
            .where(
                OneTimeLink.town.in_(towns),
                OneTimeLink.code_hash == code_hash,
                OneTimeLink.used_at.is_(None),
                OneTimeLink.expires_at > now,
            )
            .values(used_at=now)
            .returning(OneTimeLink)
        )
        return spent

    async def find(
        self, session: AsyncSession, towns: list[str], code_hash: bytes
    ) -> OneTimeLink | None:
        """The link of that code, used or not."""
        found: OneTimeLink | None = await session.scalar(
            select(OneTimeLink).where(
                OneTimeLink.town.in_(towns), OneTimeLink.code_hash == code_hash
            )
        )
        return found

    async def owner_of(self, session: AsyncSession, town: str, household: str) -> str | None:
        """The household's owner, if somebody is."""
        owner: str | None = await session.scalar(
            select(RoleAssignment.principal)
            .where(
                RoleAssignment.town == town,
                RoleAssignment.household == household,
                RoleAssignment.role == RoleName.HOUSEHOLD_OWNER.value,
                RoleAssignment.ended_at.is_(None),
            )
            .limit(1)
        )
        return owner
