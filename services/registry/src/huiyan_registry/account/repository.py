"""Reads and writes principals and their roles."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from huiyan_kit.ids import new_id
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.lineage import Lineage
from huiyan_registry.area.repository import SUCCESSORS
from huiyan_registry.member.rights import Right, in_order

# Built once: it is asked with every request.
_ROLES = (
    select(RoleAssignment, SUCCESSORS)
    .where(
        RoleAssignment.town == bindparam("town"),
        RoleAssignment.principal == bindparam("principal"),
        RoleAssignment.ended_at.is_(None),
    )
    .order_by(RoleAssignment.id)
)


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

    async def hold(self, session: AsyncSession, town: str, principal: str) -> Principal | None:
        """The principal, fresh, kept from changing until this transaction ends."""
        found: Principal | None = await session.scalar(
            select(Principal)
            .where(Principal.town == town, Principal.id == principal)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )
        return found

    async def lock(self, session: AsyncSession, town: str, principal: str) -> Principal | None:
        """The principal, fresh, to be changed; waits for grants that are being given to it."""
        found: Principal | None = await session.scalar(
            select(Principal)
            .where(Principal.town == town, Principal.id == principal)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found

    async def viewer(self, session: AsyncSession, principal: Principal, now: datetime) -> Viewer:
        """The principal with its current roles, and what holds of it at `now`."""
        found = await session.execute(_ROLES, {"town": principal.town, "principal": principal.id})
        told = found.all()
        return viewer_of(principal, [row for row, _ in told], told[0][1] or {} if told else {}, now)

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
        *,
        relation: str | None = None,
        given_by: str | None = None,
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
                rights=in_order(role.rights),
                created_at=now,
                given_by=given_by,
            )
        )


def viewer_of(
    principal: Principal,
    rows: Sequence[RoleAssignment],
    successors: Mapping[str, str],
    now: datetime,
) -> Viewer:
    """Somebody with these current roles in a town of these mergers."""
    lineage = Lineage(successors)
    return Viewer(
        town=principal.town,
        principal=principal.id,
        roles=tuple(
            Role(
                RoleName(row.role),
                row.area,
                row.household,
                rights=frozenset(Right(one) for one in row.rights),
                inherited=lineage.inherited(row.area) if row.area is not None else (),
            )
            for row in rows
        ),
        disabled=principal.disabled_at is not None,
        agreement_until=principal.agreement_valid_until,
        vetted=holds(principal.vetted_at, principal.vetted_until, now),
        trained=holds(principal.trained_at, principal.trained_until, now),
        lapses_at=min(
            filter(
                None,
                (
                    principal.vetted_until,
                    principal.trained_until,
                    principal.agreement_valid_until,
                ),
            ),
            default=None,
        ),
    )


def holds(since: datetime | None, until: datetime | None, now: datetime) -> bool:
    """True when a record of staff is there and not over."""
    return since is not None and (until is None or now < until)
