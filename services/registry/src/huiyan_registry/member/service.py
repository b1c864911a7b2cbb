"""Lists the members of a household; its owner changes their rights and removes them."""

from datetime import datetime, timedelta

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import RoleName
from huiyan_registry.account.tables import RoleAssignment
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.grant.repository import GrantRepository
from huiyan_registry.member.repository import MemberRepository
from huiyan_registry.member.rights import Right, in_order
from huiyan_registry.member.schemas import Members, MemberView
from huiyan_registry.refusals import forbidden, invalid, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.times import utc

# A grant may be renewed a little after it ran out: such a one is revoked too.
_LATE = timedelta(minutes=2)


class MemberService:
    """Members of households in the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        members: MemberRepository,
        accounts: AccountRepository,
        grants: GrantRepository,
        sessions: SessionRepository,
        revocations: RevocationService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._members = members
        self._accounts = accounts
        self._grants = grants
        self._sessions = sessions
        self._revocations = revocations
        self._clock = clock

    async def of_household(self, caller: Caller, household: str) -> Members:
        """For members. NOT_FOUND for everybody else."""
        _check_member(caller, household)
        async with self._database.transaction(caller.rows) as session:
            return Members(items=await self._views(session, caller.town, household))

    async def set_rights(
        self, caller: Caller, household: str, principal: str, rights: list[Right]
    ) -> MemberView:
        """All that a relative may from now on; without `live` the picture ends within 10 s."""
        _check_owner(caller, household)
        async with self._database.transaction(caller.rows) as session:
            role = await self._lock(session, caller.town, household, principal)
            if role.role != RoleName.RELATIVE.value:
                raise invalid("户主什么都能做，不能改", "An owner has every right", "owner")
            taken = set(role.rights) - set(rights)
            role.rights = [right.value for right in in_order(frozenset(rights))]
            if taken:
                await self._end_grants(session, caller.town, household, principal)
            await session.flush()
            views = await self._views(session, caller.town, household)
        await self._revocations.flush(caller.town)
        return next(view for view in views if view.principal == principal)

    async def remove(self, caller: Caller, household: str, principal: str) -> None:
        """Somebody leaves the household: pictures of it end within 10 s; what the person is
        elsewhere goes on. CONFLICT `last_owner`."""
        _check_owner(caller, household)
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            role = await self._lock(session, caller.town, household, principal)
            role.ended_at, role.ended_by = now, caller.principal
            await self._members.withdraw_links(session, caller.town, household, principal, now)
            async with beyond(session, caller.rows):
                elsewhere = await self._members.other_roles(
                    session, caller.town, principal, role.id
                )
            if elsewhere:
                await self._end_grants(session, caller.town, household, principal)
            else:
                await self._sessions.end_all(session, caller.town, principal, now)
                await self._revocations.revoke(
                    session, caller.town, "principal", principal, "removed"
                )
        await self._revocations.flush(caller.town)

    async def _lock(
        self, session: AsyncSession, town: str, household: str, principal: str
    ) -> RoleAssignment:
        """The membership, to be changed; waits for grants that are being given to the person.
        CONFLICT `last_owner` for the last owner's."""
        await self._accounts.lock(session, town, principal)
        roles = await self._members.lock_household(session, town, household)
        role = next((one for one in roles if one.principal == principal), None)
        if role is None:
            raise not_found("家里没有这个人", "No such member")
        owners = [one for one in roles if one.role == RoleName.HOUSEHOLD_OWNER.value]
        if owners == [role]:
            raise HuiyanError(
                ErrorKind.CONFLICT,
                "这是最后一个户主，不能移走，也不能改。先让另一个人当户主",
                "The last owner stays; make somebody else an owner first",
                code="last_owner",
            )
        return role

    async def _end_grants(
        self, session: AsyncSession, town: str, household: str, principal: str
    ) -> None:
        since = utc(self._clock) - _LATE
        for grant in await self._grants.running_at_home(session, town, principal, household, since):
            await self._revocations.revoke(session, town, "grant", grant, "removed")

    async def _views(self, session: AsyncSession, town: str, household: str) -> list[MemberView]:
        rows = await self._members.of_household(session, town, household)
        people = [person.id for _, person in rows]
        devices = await self._members.devices(session, town, people, utc(self._clock))
        return [_view(role, person.name, devices.get(person.id)) for role, person in rows]


def _view(role: RoleAssignment, name: str, devices: tuple[int, datetime] | None) -> MemberView:
    return MemberView(
        principal=role.principal,
        name=name,
        relation=role.relation or "",
        role=RoleName(role.role),
        rights=in_order(frozenset(Right(one) for one in role.rights)),
        devices=devices[0] if devices else 0,
        last_seen_at=devices[1] if devices else None,
    )


def _check_member(caller: Caller, household: str) -> None:
    if not caller.viewer.in_household(household):
        raise not_found("没有这户", "No such household")


def _check_owner(caller: Caller, household: str) -> None:
    _check_member(caller, household)
    if not caller.viewer.in_household(household, RoleName.HOUSEHOLD_OWNER):
        raise forbidden("只有户主能管家里人", "Only the household's owner may change its members")
