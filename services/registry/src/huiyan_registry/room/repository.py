"""Reads and writes monitor rooms."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.tables import Room, RoomArea


class RoomRepository:
    """Queries about rooms; the caller owns the transaction."""

    async def open(self, session: AsyncSession, town: str) -> Sequence[Room]:
        """Every open room of the town, by name."""
        rows = await session.scalars(
            select(Room)
            .where(Room.town == town, Room.closed_at.is_(None))
            .order_by(Room.name, Room.id)
        )
        return rows.all()

    async def lock(self, session: AsyncSession, town: str, room: str) -> Room | None:
        """One open room, to be changed."""
        found: Room | None = await session.scalar(
            select(Room)
            .where(Room.town == town, Room.id == room, Room.closed_at.is_(None))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found

    async def further(self, session: AsyncSession, town: str) -> dict[str, list[str]]:
        """The further areas of every room of the town."""
        rows = await session.execute(
            select(RoomArea.room, RoomArea.area)
            .where(RoomArea.town == town)
            .order_by(RoomArea.area)
        )
        areas: dict[str, list[str]] = {}
        for room, area in rows:
            areas.setdefault(room, []).append(area)
        return areas

    async def areas_of(self, session: AsyncSession, room: Room) -> list[str]:
        """All areas of a room, the one where it stands first."""
        further = await session.scalars(
            select(RoomArea.area)
            .where(RoomArea.town == room.town, RoomArea.room == room.id)
            .order_by(RoomArea.area)
        )
        return [room.area, *further]

    async def put_areas(self, session: AsyncSession, room: Room, areas: Sequence[str]) -> None:
        """Make these the room's areas; it stands at the first."""
        room.area = areas[0]
        await session.execute(
            delete(RoomArea).where(RoomArea.town == room.town, RoomArea.room == room.id)
        )
        session.add_all(RoomArea(town=room.town, room=room.id, area=area) for area in areas[1:])
        await session.flush()

    async def staff_counts(self, session: AsyncSession, town: str) -> dict[str, int]:
        """How many people work in each room."""
        rows = await session.execute(
            select(Principal.room, func.count())
            .where(
                Principal.town == town,
                Principal.room.is_not(None),
                Principal.disabled_at.is_(None),
            )
            .group_by(Principal.room)
        )
        return {room: count for room, count in rows if room is not None}

    async def lock_staff(self, session: AsyncSession, room: Room) -> Sequence[Principal]:
        """The people of a room, to be changed; waits for grants that are being given to them."""
        rows = await session.scalars(
            select(Principal)
            .where(
                Principal.town == room.town,
                Principal.room == room.id,
                Principal.disabled_at.is_(None),
            )
            .order_by(Principal.id)
            .with_for_update()
        )
        return rows.all()

    async def roles_of(
        self, session: AsyncSession, town: str, people: Sequence[str]
    ) -> Sequence[RoleAssignment]:
        """Their running roles over areas."""
        rows = await session.scalars(
            select(RoleAssignment)
            .where(
                RoleAssignment.town == town,
                RoleAssignment.principal.in_(people),
                RoleAssignment.area.is_not(None),
                RoleAssignment.ended_at.is_(None),
            )
            .order_by(RoleAssignment.id)
        )
        return rows.all()
