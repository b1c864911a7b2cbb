"""The least of places that a town needs: county, town, a village, a group, a room, a home."""

from datetime import datetime

from huiyan_kit.ids import new_id
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.area.codes import Level, level_of, parent_of
from huiyan_registry.area.tables import Area, Household, Room
from huiyan_registry.bootstrap.schemas import NewTown

# GB/T 10114: 001 to 199 are communities, 201 to 399 villages.
_FIRST_VILLAGE, _FIRST_GROUP = "201", "001"
_HOME = "我家"


class Places:
    """Makes what is missing in the running transaction; changes nothing that is there."""

    def __init__(self, session: AsyncSession, wanted: NewTown, now: datetime) -> None:
        self._session = session
        self._wanted = wanted
        self._town = wanted.town
        self._now = now

    async def areas(self) -> str:
        """County, town, and a village with a group where the town has none; the group's code."""
        county = parent_of(self._town)
        assert county is not None  # a town lies in a county
        await self._area(county, self._wanted.county_name)
        await self._area(self._town, self._wanted.town_name)
        village = await self._first(Level.VILLAGE)
        if village is None:
            village = self._town[:9] + _FIRST_VILLAGE
            await self._area(village, self._wanted.village_name)
        group = await self._first(Level.GROUP)
        if group is None:
            group = village + _FIRST_GROUP
            await self._area(group, "")
        return group

    async def room(self) -> str:
        """The id of the town's monitor room."""
        found: str | None = await self._session.scalar(
            select(Room.id)
            .where(Room.town == self._town, Room.area == self._town)
            .order_by(Room.id)
            .limit(1)
        )
        if found is not None:
            return found
        name = f"{self._wanted.town_name or self._town} 监控室"
        room = Room(town=self._town, id=new_id("room"), area=self._town, name=name)
        self._session.add(room)
        await self._session.flush()
        return room.id

    async def household(self, group: str) -> str:
        """The id of the town's first household. It has no owner until somebody spends the first
        link to it: whoever installs must not be the owner of somebody's home."""
        found: str | None = await self._session.scalar(
            select(Household.id)
            .where(Household.town == self._town)
            .order_by(Household.created_at, Household.id)
            .limit(1)
        )
        if found is not None:
            return found
        home = Household(
            town=self._town, id=new_id("hh"), group=group, name=_HOME, created_at=self._now
        )
        self._session.add(home)
        await self._session.flush()
        return home.id

    async def _area(self, code: str, name: str) -> None:
        if await self._session.get(Area, (self._town, code)) is not None:
            return
        self._session.add(
            Area(
                town=self._town,
                code=code,
                level=level_of(code).value,
                name=name or code,
                parent=parent_of(code),
                valid_from=self._now,
            )
        )
        await self._session.flush()

    async def _first(self, level: Level) -> str | None:
        found: str | None = await self._session.scalar(
            select(Area.code)
            .where(Area.town == self._town, Area.level == level.value, Area.valid_to.is_(None))
            .order_by(Area.code)
            .limit(1)
        )
        return found
