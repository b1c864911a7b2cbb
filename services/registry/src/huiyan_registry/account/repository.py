"""Reads and writes principals and their roles."""

from datetime import datetime

from huiyan_kit.ids import new_id
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.account.tables import Principal, RoleAssignment


class AccountRepository:
    """Queries about people; the caller owns the transaction."""

    async def get(self, session: AsyncSession, town: str, principal: str) -> Principal | None:
        """One principal."""
        return await session.get(Principal, (town, principal))

    async def by_account(
        self, session: AsyncSession, towns: list[str], account: str
    ) -> list[Principal]:
        """Principals of that account name, at most one per town."""
        found = await session.scalars(
            select(Principal).where(Principal.town.in_(towns), Principal.account == account)
        )
        return list(found)

    async def by_id(
        self, session: AsyncSession, towns: list[str], principal: str
    ) -> Principal | None:
        """A principal of any of these towns."""
        found: Principal | None = await session.scalar(
            select(Principal).where(Principal.town.in_(towns), Principal.id == principal)
        )
        return found

    async def viewer(self, session: AsyncSession, principal: Principal) -> Viewer:
        """The principal with its current roles."""
        rows = await session.scalars(
            select(RoleAssignment)
            .where(
                RoleAssignment.town == principal.town,
                RoleAssignment.principal == principal.id,
                RoleAssignment.ended_at.is_(None),
            )
            .order_by(RoleAssignment.id)
        )
        return Viewer(
            town=principal.town,
            principal=principal.id,
            roles=tuple(Role(RoleName(row.role), row.area, row.household) for row in rows),
            agreement_until=principal.agreement_valid_until,
        )

    def add(
        self, session: AsyncSession, town: str, name: str, now: datetime, **more: object
    ) -> Principal:
        """A new principal; `more` are columns."""
        principal = Principal(town=town, id=new_id("prn"), name=name, created_at=now)
        for column, value in more.items():
            setattr(principal, column, value)
        session.add(principal)
        return principal

    def assign(
        self,
        session: AsyncSession,
        principal: Principal,
        role: Role,
        now: datetime,
        relation: str | None = None,
    ) -> None:
        """Give a role. Flush the principal first."""
        session.add(
            RoleAssignment(
                town=principal.town,
                id=new_id("rol"),
                principal=principal.id,
                role=role.name.value,
                area=role.area,
                household=role.household,
                relation=relation,
                created_at=now,
            )
        )
