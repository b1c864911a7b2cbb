"""Reads and changes the membership of a household."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.link.tables import OneTimeLink
from huiyan_registry.session.tables import LoginSession


class MemberRepository:
    """Queries about members; the caller owns the transaction."""

    async def of_household(
        self, session: AsyncSession, town: str, household: str
    ) -> list[tuple[RoleAssignment, Principal]]:
        """Members and their roles, owners first."""
        rows = await session.execute(
            select(RoleAssignment, Principal)
            .join(
                Principal,
                (Principal.town == RoleAssignment.town)
                & (Principal.id == RoleAssignment.principal),
            )
            .where(
                RoleAssignment.town == town,
                RoleAssignment.household == household,
                RoleAssignment.ended_at.is_(None),
            )
            .order_by(
                RoleAssignment.role != RoleName.HOUSEHOLD_OWNER.value,
                RoleAssignment.created_at,
                RoleAssignment.id,
            )
        )
        return [(role, person) for role, person in rows]

    async def devices(
        self, session: AsyncSession, town: str, people: Sequence[str], now: datetime
    ) -> dict[str, tuple[int, datetime]]:
        """How many running logins each has, and when one was last seen."""
        running = (
            (LoginSession.ended_at.is_(None))
            & (LoginSession.expires_at > now)
            & (LoginSession.last_seen_at + LoginSession.idle_s * _SECOND > now)
        )
        rows = await session.execute(
            select(
                LoginSession.principal,
                func.count().filter(running),
                func.max(LoginSession.last_seen_at),
            )
            .where(LoginSession.town == town, LoginSession.principal.in_(list(people)))
            .group_by(LoginSession.principal)
        )
        return {principal: (count, seen) for principal, count, seen in rows}

    async def lock_household(
        self, session: AsyncSession, town: str, household: str
    ) -> Sequence[RoleAssignment]:
        """Every running role in the household, to be changed: two owners who remove each other
        come one after the other."""
        rows = await session.scalars(
            select(RoleAssignment)
            .where(
                RoleAssignment.town == town,
                RoleAssignment.household == household,
                RoleAssignment.ended_at.is_(None),
            )
            .order_by(RoleAssignment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return rows.all()

    async def other_roles(
        self, session: AsyncSession, town: str, principal: str, role: str
    ) -> bool:
        """True when somebody has a running role beside this one."""
        found = await session.scalar(
            select(RoleAssignment.id)
            .where(
                RoleAssignment.town == town,
                RoleAssignment.principal == principal,
                RoleAssignment.id != role,
                RoleAssignment.ended_at.is_(None),
            )
            .limit(1)
        )
        return found is not None

    async def withdraw_links(
        self, session: AsyncSession, town: str, household: str, principal: str, now: datetime
    ) -> None:
        """Links by which somebody could come back in end."""
        await session.execute(
            update(OneTimeLink)
            .where(
                OneTimeLink.town == town,
                OneTimeLink.household == household,
                OneTimeLink.principal == principal,
                OneTimeLink.used_at.is_(None),
                OneTimeLink.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=now)
        )


_SECOND = func.make_interval(0, 0, 0, 0, 0, 0, 1)
