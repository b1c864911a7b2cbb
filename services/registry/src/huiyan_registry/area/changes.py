"""Adds, changes and merges areas, and shows one."""

from datetime import datetime

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.codes import Level, covers, level_of, parent_of
from huiyan_registry.area.repository import AreaRepository, lineage_of
from huiyan_registry.area.schemas import (
    Alias,
    Aliases,
    AreaChange,
    AreaCounts,
    AreaDetail,
    NewArea,
    Officer,
    RoomOfArea,
)
from huiyan_registry.area.service import Census
from huiyan_registry.area.tables import Area, AreaAlias, Room, RoomArea, RoomKind
from huiyan_registry.database.connection import Database
from huiyan_registry.refusals import invalid, not_found
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

KEEPERS = (RoleName.ADMINISTRATOR, RoleName.ROOM_ADMIN)
# A town is the shard, a county stands above it: neither can merge into another here.
_MERGING = (Level.VILLAGE, Level.GROUP)


def no_such_area() -> HuiyanError:
    """No such area, for this caller."""
    return not_found("没有这个区划", "No such area")


def conflict(zh: str, en: str, code: str) -> HuiyanError:
    """It contradicts what is there (409)."""
    return HuiyanError(ErrorKind.CONFLICT, zh, en, code=code)


def in_shard(town: str, code: str) -> bool:
    """True when the registry of `town` keeps this area: the town, what lies in it, its county."""
    return covers(town, code) or code == parent_of(town)


def is_open(area: Area, now: datetime) -> bool:
    """True when the area exists at `now`."""
    return area.valid_from <= now and (area.valid_to is None or area.valid_to > now)


class AreaChanges:
    """Areas of the caller's scope: NOT_FOUND for all others."""

    def __init__(
        self, database: Database, areas: AreaRepository, census: Census, clock: Clock
    ) -> None:
        self._database = database
        self._areas = areas
        self._census = census
        self._clock = clock

    async def detail(self, caller: Caller, code: str) -> AreaDetail:
        """One area, for its administrators and room administrators."""
        async with self._database.transaction(caller.rows) as session:
            area = await self._get(session, caller, code, *KEEPERS)
            return await self._detail(session, caller, area)

    async def add(self, caller: Caller, new: NewArea) -> AreaDetail:
        """A new area. INVALID `level`, `other_town`, CONFLICT `exists`, NOT_FOUND: no parent."""
        now = utc(self._clock)
        if level_of(new.code) is not new.level:
            raise invalid("级别和代码对不上", "The level is not that of the code", "level")
        if not caller.viewer.acts_in(new.code, RoleName.ADMINISTRATOR):
            raise no_such_area()
        if not in_shard(caller.town, new.code):
            raise invalid("这个代码属于别的镇", "The code belongs to another town", "other_town")
        async with self._database.transaction(caller.rows) as session:
            await self._areas.alone(session, caller.town)
            if await self._areas.get(session, caller.town, new.code) is not None:
                raise conflict("已有这个代码", "The code exists already", "exists")
            above = parent_of(new.code)
            parent = await self._areas.get(session, caller.town, above) if above else None
            if parent is None or not is_open(parent, now):
                raise not_found("没有上级区划，或已并走", "No such area above it, or it has merged")
            area = Area(
                town=caller.town,
                code=new.code,
                level=new.level.value,
                name=new.name,
                parent=above,
                valid_from=now,
            )
            session.add(area)
            await session.flush()
            detail = await self._detail(session, caller, area)
        self._census.forget(caller.town)
        return detail

    async def change(self, caller: Caller, code: str, change: AreaChange) -> AreaDetail:
        """Name and GB/T 28181 id. CONFLICT `closed` for an area that merged."""
        async with self._database.transaction(caller.rows) as session:
            await self._areas.alone(session, caller.town)
            area = await self._open(session, caller, code)
            if change.name is not None:
                area.name = change.name
            if "gb_id" in change.model_fields_set:
                area.gb_id = change.gb_id
            await session.flush()
            detail = await self._detail(session, caller, area)
        self._census.forget(caller.town)
        return detail

    async def merge(self, caller: Caller, code: str, into: str) -> AreaDetail:
        """Close `code`; `into` takes over. INVALID `merge`, CONFLICT `closed`.

        Nothing moves and nobody loses a right: docs/adr/0010-merging-areas.md.
        """
        async with self._database.transaction(caller.rows) as session:
            await self._areas.alone(session, caller.town)
            area = await self._open(session, caller, code)
            heir = await self._open(session, caller, into)
            if area is heir or area.level != heir.level or Level(area.level) not in _MERGING:
                raise invalid(
                    "只能村并村、组并组",
                    "A village merges into a village, a group into a group",
                    "merge",
                )
            area.valid_to, area.successor = utc(self._clock), heir.code
            await session.flush()
            detail = await self._detail(session, caller, area)
        self._census.forget(caller.town)
        return detail

    async def put_aliases(self, caller: Caller, code: str, wanted: Aliases) -> AreaDetail:
        """Replace the aliases. CONFLICT `alias` for one that another area has."""
        pairs = [(alias.scheme, alias.code) for alias in wanted.items]
        if len(set(pairs)) != len(pairs):
            raise invalid("同一个别名写了两遍", "An alias is given twice", "alias")
        async with self._database.transaction(caller.rows) as session:
            await self._areas.alone(session, caller.town)
            area = await self._get(session, caller, code, RoleName.ADMINISTRATOR)
            everywhere = await self._areas.aliases(session, caller.town)
            taken = {(one.scheme, one.code) for one in everywhere if one.area != code}
            if taken & set(pairs):
                raise conflict("这个别名是别的区划的", "Another area has this alias", "alias")
            await session.execute(
                delete(AreaAlias).where(AreaAlias.town == caller.town, AreaAlias.area == code)
            )
            session.add_all(
                AreaAlias(town=caller.town, scheme=scheme, code=alias, area=code)
                for scheme, alias in pairs
            )
            await session.flush()
            detail = await self._detail(session, caller, area)
        self._census.forget(caller.town)
        return detail

    async def _get(
        self, session: AsyncSession, caller: Caller, code: str, *names: RoleName
    ) -> Area:
        area = await self._areas.get(session, caller.town, code)
        if area is None or not caller.viewer.acts_in(code, *names):
            raise no_such_area()
        return area

    async def _open(self, session: AsyncSession, caller: Caller, code: str) -> Area:
        area = await self._get(session, caller, code, RoleName.ADMINISTRATOR)
        if not is_open(area, utc(self._clock)):
            raise conflict("这个区划已并走", "The area has merged", "closed")
        return area

    async def _detail(self, session: AsyncSession, caller: Caller, area: Area) -> AreaDetail:
        lineage = await lineage_of(session, area.town)
        codes = (area.code, *lineage.inherited(area.code))
        counts = await self._census.total(session, caller.rows, area.town, codes)
        aliases = await self._areas.aliases(session, area.town, area.code)
        officers = await session.execute(
            select(Principal.id, Principal.name)
            .join(
                RoleAssignment,
                (RoleAssignment.town == Principal.town)
                & (RoleAssignment.principal == Principal.id),
            )
            .where(
                Principal.town == area.town,
                Principal.disabled_at.is_(None),
                RoleAssignment.role == RoleName.GRID_OFFICER.value,
                RoleAssignment.area == area.code,
                RoleAssignment.ended_at.is_(None),
            )
            .order_by(Principal.name, Principal.id)
            .distinct()
        )
        further = select(RoomArea.room).where(
            RoomArea.town == area.town, RoomArea.area == area.code
        )
        rooms = await session.scalars(
            select(Room)
            .where(
                Room.town == area.town,
                Room.closed_at.is_(None),
                (Room.area == area.code) | Room.id.in_(further),
            )
            .order_by(Room.name, Room.id)
        )
        return AreaDetail(
            code=area.code,
            level=Level(area.level),
            name=area.name,
            parent=lineage.above(area.code),
            valid_from=area.valid_from,
            valid_to=area.valid_to,
            successor=area.successor,
            gb_id=area.gb_id,
            aliases=[Alias(scheme=one.scheme, code=one.code) for one in aliases],
            officers=[Officer(principal=one, name=name) for one, name in officers],
            rooms=[RoomOfArea(id=one.id, name=one.name, kind=RoomKind(one.kind)) for one in rooms],
            counts=AreaCounts(
                cameras=counts.cameras,
                online=counts.online,
                households=counts.households,
                households_covered=counts.covered,
            ),
        )
