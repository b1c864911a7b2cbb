"""Lists, adds and moves households."""

from collections.abc import Sequence

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.area.changes import is_open
from huiyan_registry.area.figures import Sight
from huiyan_registry.area.repository import AreaRepository, lineage_of
from huiyan_registry.area.service import Census
from huiyan_registry.area.tables import Household
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.search import grams
from huiyan_registry.camera.service import CameraService
from huiyan_registry.database.connection import Database
from huiyan_registry.household.repository import HouseholdRepository
from huiyan_registry.household.schemas import (
    HouseholdChange,
    HouseholdPage,
    HouseholdView,
    NewHousehold,
)
from huiyan_registry.refusals import invalid, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

KEEPERS = (RoleName.ROOM_ADMIN, RoleName.ADMINISTRATOR, RoleName.INSTALLER)


def _no_such_household() -> HuiyanError:
    return not_found("没有这户", "No such household")


class HouseholdService:
    """Households within the caller's areas: NOT_FOUND for all others."""

    def __init__(
        self,
        database: Database,
        *,
        households: HouseholdRepository,
        areas: AreaRepository,
        cameras: CameraRepository,
        camera_service: CameraService,
        census: Census,
        revocations: RevocationService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._households = households
        self._areas = areas
        self._cameras = cameras
        self._camera_service = camera_service
        self._census = census
        self._revocations = revocations
        self._clock = clock

    async def page(
        self, caller: Caller, *, area: str | None, query: str, limit: int, after: str
    ) -> HouseholdPage:
        """Households of the caller's areas, or of one of them. INVALID `after`."""
        group, _, home = after.partition(".")
        if after and not home:
            raise invalid("翻页参数不对", "Not a value of `next`", "after")
        mine = (code for role in caller.viewer.roles if role.name in KEEPERS for code in role.areas)
        sights = [Sight.within(mine)]
        async with self._database.transaction(caller.rows) as session:
            if area is not None:
                if not caller.viewer.acts_in(area, *KEEPERS):
                    raise not_found("没有这个区划", "No such area")
                lineage = await lineage_of(session, caller.town)
                sights.append(Sight.within((area, *lineage.inherited(area))))
            rows = await self._households.page(
                session, caller.town, sights, query=query, limit=limit + 1, after=(group, home)
            )
            shown = rows[:limit]
            items = await self._views(session, caller.town, shown)
        more = len(rows) > limit
        return HouseholdPage(
            items=items, next=f"{shown[-1].group}.{shown[-1].id}" if more else None
        )

    async def add(self, caller: Caller, new: NewHousehold) -> HouseholdView:
        """A new household. NOT_FOUND for a group that is not the caller's, or has merged."""
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            await self._check_group(session, caller, new.group)
            home = Household(
                town=caller.town, id=new_id("hh"), group=new.group, name=new.name, created_at=now
            )
            session.add(home)
            await session.flush()
            view = (await self._views(session, caller.town, [home]))[0]
        self._census.forget(caller.town)
        return view

    async def change(
        self, caller: Caller, household: str, change: HouseholdChange
    ) -> HouseholdView:
        """Rename or move. Its cameras move along: rooms that look now must ask anew."""
        async with self._database.transaction(caller.rows) as session:
            home = await self._households.lock(session, caller.town, household)
            if home is None or not caller.viewer.acts_in(home.group, *KEEPERS):
                raise _no_such_household()
            if change.name is not None:
                home.name, home.name_grams = change.name, grams(change.name)
            if change.group is not None and change.group != home.group:
                await self._check_group(session, caller, change.group)
                home.group = change.group
                await session.flush()
                for camera in await self._cameras.lock_household(session, caller.town, home.id):
                    camera.area = change.group
                    self._camera_service.touch(session, camera)
                    await self._revocations.revoke(
                        session, caller.town, "camera", camera.id, "administrator", spare_own=True
                    )
            await session.flush()
            view = (await self._views(session, caller.town, [home]))[0]
        self._census.forget(caller.town)
        await self._revocations.flush(caller.town)
        return view

    async def _check_group(self, session: AsyncSession, caller: Caller, group: str) -> None:
        area = await self._areas.get(session, caller.town, group)
        if (
            area is None
            or not is_open(area, utc(self._clock))
            or not caller.viewer.acts_in(group, *KEEPERS)
        ):
            raise not_found("没有这个组，或已并走", "No such group, or it has merged")

    async def _views(
        self, session: AsyncSession, town: str, rows: Sequence[Household]
    ) -> list[HouseholdView]:
        ids = [row.id for row in rows]
        cameras = await self._households.cameras(session, town, ids)
        members = await self._households.members(session, town, ids)
        names = await self._areas.names(session, town, {row.group for row in rows})
        return [
            HouseholdView(
                id=row.id,
                name=row.name,
                group=row.group,
                group_name=names.get(row.group, row.group),
                cameras=cameras.get(row.id, 0),
                members=members.get(row.id, 0),
            )
            for row in rows
        ]
