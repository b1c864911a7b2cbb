"""Reads and writes one-time links."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.account.tables import RoleAssignment
from huiyan_registry.link.tables import OneTimeLink


def _open(town: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeLink.town == town,
        OneTimeLink.used_at.is_(None),
        OneTimeLink.withdrawn_at.is_(None),
        OneTimeLink.expires_at > now,
    )


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
                OneTimeLink.withdrawn_at.is_(None),
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

    async def pending(
        self, session: AsyncSession, town: str, household: str, now: datetime
    ) -> Sequence[OneTimeLink]:
        """Links of a household that could still be used, newest first."""
        rows = await session.scalars(
            select(OneTimeLink)
            .where(*_open(town, now), OneTimeLink.household == household)
            .order_by(OneTimeLink.created_at.desc(), OneTimeLink.id)
        )
        return rows.all()

    async def lock_pending(
        self, session: AsyncSession, town: str, link: str, now: datetime
    ) -> OneTimeLink | None:
        """One link that could still be used, to be taken back."""
        found: OneTimeLink | None = await session.scalar(
            select(OneTimeLink).where(*_open(town, now), OneTimeLink.id == link).with_for_update()
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
