"""Opens, changes and closes monitor rooms."""

from collections.abc import Sequence

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import Role, RoleName
from huiyan_registry.area.changes import conflict
from huiyan_registry.area.repository import AreaRepository, lineage_of
from huiyan_registry.area.tables import Room, RoomKind
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.refusals import forbidden, invalid, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.room.follow import Held, follow
from huiyan_registry.room.repository import RoomRepository
from huiyan_registry.room.schemas import NewRoom, RoomChange, Rooms, RoomView
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc


def _no_such_room() -> HuiyanError:
    return not_found("没有这个监控室", "No such room")


class RoomService:
    """Rooms that watch an area of the caller's."""

    def __init__(
        self,
        database: Database,
        *,
        rooms: RoomRepository,
        areas: AreaRepository,
        accounts: AccountRepository,
        revocations: RevocationService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._rooms = rooms
        self._areas = areas
        self._accounts = accounts
        self._revocations = revocations
        self._clock = clock

    async def list(self, caller: Caller) -> Rooms:
        """The rooms that watch one of the caller's areas."""
        async with self._database.transaction(caller.rows) as session:
            rooms = await self._rooms.open(session, caller.town)
            further = await self._rooms.further(session, caller.town)
            staff = await self._rooms.staff_counts(session, caller.town)
        shown = [(room, [room.area, *further.get(room.id, [])]) for room in rooms]
        return Rooms(
            items=[
                _view(room, areas, staff.get(room.id, 0))
                for room, areas in shown
                if any(_manages(caller, area) for area in areas)
            ]
        )

    async def open(self, caller: Caller, new: NewRoom) -> RoomView:
        """A new room. INVALID `area` for one that is not there, or not the caller's."""
        async with self._database.transaction(caller.rows) as session:
            await self._areas.alone(session, caller.town)
            areas = await self._checked(session, caller, new.areas, ())
            room = Room(
                town=caller.town,
                id=new_id("room"),
                area=areas[0],
                name=new.name,
                kind=new.kind.value,
            )
            session.add(room)
            await session.flush()
            await self._rooms.put_areas(session, room, areas)
            return _view(room, areas, 0)

    async def change(self, caller: Caller, room_id: str, change: RoomChange) -> RoomView:
        """Name, kind, areas; the rights of its people follow (see `follow`)."""
        async with self._database.transaction(caller.rows) as session:
            await self._areas.alone(session, caller.town)
            room, before = await self._managed(session, caller, room_id)
            if change.name is not None:
                room.name = change.name
            if change.kind is not None:
                room.kind = change.kind.value
            areas = before
            if change.areas is not None:
                areas = await self._checked(session, caller, change.areas, before)
                await self._rooms.put_areas(session, room, areas)
                await self._follow(session, caller, room, before=before, after=areas)
            await session.flush()
            staff = await self._rooms.staff_counts(session, caller.town)
            view = _view(room, areas, staff.get(room.id, 0))
        await self._revocations.flush(caller.town)
        return view

    async def close(self, caller: Caller, room_id: str) -> None:
        """The room is no more. CONFLICT `staff` while somebody works in it."""
        async with self._database.transaction(caller.rows) as session:
            await self._areas.alone(session, caller.town)
            room, _ = await self._managed(session, caller, room_id)
            if await self._rooms.lock_staff(session, room):
                raise conflict(
                    "还有人在这个监控室，先给他们换监控室",
                    "People still work in this room; move them first",
                    "staff",
                )
            room.closed_at = utc(self._clock)

    async def _managed(
        self, session: AsyncSession, caller: Caller, room_id: str
    ) -> tuple[Room, Sequence[str]]:
        """A room whose areas are all the caller's."""
        room = await self._rooms.lock(session, caller.town, room_id)
        areas = await self._rooms.areas_of(session, room) if room is not None else []
        mine = [_manages(caller, area) for area in areas]
        if room is None or not any(mine):
            raise _no_such_room()
        if not all(mine):
            raise forbidden(
                "这个监控室还管着别处，归上级管",
                "The room also watches areas that are not yours; ask the level above",
            )
        return room, areas

    async def _checked(
        self, session: AsyncSession, caller: Caller, wanted: Sequence[str], had: Sequence[str]
    ) -> Sequence[str]:
        areas = list(dict.fromkeys(wanted))
        valid = await self._areas.valid(session, caller.town, utc(self._clock))
        for area in areas:
            if not _manages(caller, area) or (area not in valid and area not in had):
                raise invalid("没有这个区划，或不归您管", "No such area of yours", "area")
        return areas

    async def _follow(
        self,
        session: AsyncSession,
        caller: Caller,
        room: Room,
        *,
        before: Sequence[str],
        after: Sequence[str],
    ) -> None:
        now = utc(self._clock)
        people = {person.id: person for person in await self._rooms.lock_staff(session, room)}
        async with beyond(session, caller.rows):
            # A role over a wider area may cover the room's new one already.
            rows = await self._rooms.roles_of(session, room.town, list(people))
        held = [
            Held(row.id, row.principal, RoleName(row.role), row.area)
            for row in rows
            if row.area is not None
        ]
        changes = follow(held, before, after, await lineage_of(session, room.town))
        for row in rows:
            if row.id in changes.ended:
                row.ended_at = now
                await self._revocations.revoke(
                    session, room.town, "principal", row.principal, "role_ended", spare_own=True
                )
        for principal, name, area in changes.given:
            self._accounts.assign(
                session, people[principal], Role(name, area=area), now, given_by=caller.principal
            )


def _manages(caller: Caller, area: str) -> bool:
    return caller.viewer.acts_in(area, RoleName.ADMINISTRATOR)


def _view(room: Room, areas: Sequence[str], staff: int) -> RoomView:
    return RoomView(
        id=room.id,
        name=room.name,
        kind=RoomKind(room.kind),
        area=areas[0],
        areas=list(areas),
        staff=staff,
    )
