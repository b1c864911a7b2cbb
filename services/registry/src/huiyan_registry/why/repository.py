"""Who somebody was at another time."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.repository import lineage_of
from huiyan_registry.area.tables import Household
from huiyan_registry.member.rights import Right


class PastViewers:
    """Queries about people; the caller owns the transaction."""

    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts

    async def at(self, session: AsyncSession, person: Principal, at: datetime) -> Viewer:
        """The person with the roles of an instant; papers by their present dates."""
        rows = await session.scalars(
            select(RoleAssignment)
            .where(
                RoleAssignment.town == person.town,
                RoleAssignment.principal == person.id,
                RoleAssignment.created_at <= at,
                or_(RoleAssignment.ended_at.is_(None), RoleAssignment.ended_at > at),
            )
            .order_by(RoleAssignment.id)
        )
        lineage = await lineage_of(session, person.town)
        roles = tuple(
            Role(
                RoleName(row.role),
                row.area,
                row.household,
                rights=frozenset(Right(one) for one in row.rights),
                inherited=lineage.inherited(row.area) if row.area is not None else (),
            )
            for row in rows
        )
        disabled = person.disabled_at is not None and person.disabled_at <= at
        viewer = await self._accounts.viewer(session, person, at)
        return replace(viewer, roles=roles, disabled=disabled)

    async def places(self, session: AsyncSession, viewer: Viewer) -> list[str]:
        """The areas of somebody's roles and homes."""
        homes = await session.scalars(
            select(Household.group).where(
                Household.town == viewer.town, Household.id.in_(viewer.households)
            )
        )
        return [*homes, *(role.area for role in viewer.roles if role.area is not None)]
