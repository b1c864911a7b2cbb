"""Grid officers of cells: the post is the role (a fixed person for a fixed grid)."""

from huiyan_kit.clock import Clock
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import Role, RoleName
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.changes import KEEPERS, conflict, is_open, no_such_area
from huiyan_registry.area.codes import Level
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.tables import Area
from huiyan_registry.database.connection import Database
from huiyan_registry.refusals import invalid, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

_CELLS = (Level.GROUP, Level.VILLAGE)


class Officers:
    """Gives and ends the role `grid_officer`."""

    def __init__(
        self,
        database: Database,
        *,
        areas: AreaRepository,
        accounts: AccountRepository,
        revocations: RevocationService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._areas = areas
        self._accounts = accounts
        self._revocations = revocations
        self._clock = clock

    async def put(self, caller: Caller, code: str, principal: str) -> None:
        """Give the post; giving it twice changes nothing.

        NOT_FOUND for an area or a person outside the caller's scope, INVALID `cell` for a town.
        """
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            area = await self._area(session, caller, code)
            if Level(area.level) not in _CELLS:
                raise invalid(
                    "网格员管一个村或一个组", "A grid officer has a village or a group", "cell"
                )
            if not is_open(area, now):
                raise conflict("这个区划已并走", "The area has merged", "closed")
            person = await self._person(session, caller, principal)
            if await self._post(session, caller.town, code, person.id) is None:
                role = Role(RoleName.GRID_OFFICER, area=code)
                self._accounts.assign(session, person, role, now, given_by=caller.principal)

    async def drop(self, caller: Caller, code: str, principal: str) -> None:
        """End the post. NOT_FOUND when it is not this person's."""
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            await self._area(session, caller, code)
            if await self._accounts.lock(session, caller.town, principal) is None:
                raise _nobody()
            post = await self._post(session, caller.town, code, principal)
            if post is None:
                raise _nobody()
            post.ended_at = now
            await self._revocations.revoke(
                session, caller.town, "principal", principal, "role_ended", spare_own=True
            )
        await self._revocations.flush(caller.town)

    async def _area(self, session: AsyncSession, caller: Caller, code: str) -> Area:
        area = await self._areas.get(session, caller.town, code)
        if area is None or not caller.viewer.acts_in(code, *KEEPERS):
            raise no_such_area()
        return area

    async def _person(self, session: AsyncSession, caller: Caller, principal: str) -> Principal:
        """Somebody with an account and a role in the caller's areas: others nobody here knows."""
        person = await self._accounts.lock(session, caller.town, principal)
        if person is None or person.account is None or person.disabled_at is not None:
            raise _nobody()
        areas = await session.scalars(
            select(RoleAssignment.area).where(
                RoleAssignment.town == caller.town,
                RoleAssignment.principal == principal,
                RoleAssignment.area.is_not(None),
                RoleAssignment.ended_at.is_(None),
            )
        )
        if not any(area is not None and caller.viewer.acts_in(area, *KEEPERS) for area in areas):
            raise _nobody()
        return person

    async def _post(
        self, session: AsyncSession, town: str, code: str, principal: str
    ) -> RoleAssignment | None:
        found: RoleAssignment | None = await session.scalar(
            select(RoleAssignment)
            .where(
                RoleAssignment.town == town,
                RoleAssignment.principal == principal,
                RoleAssignment.role == RoleName.GRID_OFFICER.value,
                RoleAssignment.area == code,
                RoleAssignment.ended_at.is_(None),
            )
            .limit(1)
        )
        return found


def _nobody() -> Exception:
    return not_found("没有这个人，或不归您管", "No such person in your areas")
