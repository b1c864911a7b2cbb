"""Routes of monitor rooms."""

from typing import Annotated

from fastapi import FastAPI, Path
from huiyan_kit.errors import ErrorKind

from huiyan_registry.area.endpoints import Administrator
from huiyan_registry.problems import documented
from huiyan_registry.room.schemas import NewRoom, RoomChange, Rooms, RoomView
from huiyan_registry.room.service import RoomService

_CHANGES = (ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT, ErrorKind.INVALID)
_Room = Annotated[str, Path(max_length=64)]


def add_routes(app: FastAPI, rooms: RoomService) -> None:
    """GET and POST /api/v1/rooms, PATCH and DELETE /api/v1/rooms/{room}."""

    @app.get("/api/v1/rooms", responses=documented(ErrorKind.FORBIDDEN), tags=["room"])
    async def list_rooms(caller: Administrator) -> Rooms:
        """The monitor rooms of the caller's areas."""
        return await rooms.list(caller)

    @app.post("/api/v1/rooms", status_code=201, responses=documented(*_CHANGES), tags=["room"])
    async def open_room(caller: Administrator, body: NewRoom) -> RoomView:
        """Open a monitor room for one or more areas."""
        return await rooms.open(caller, body)

    @app.patch("/api/v1/rooms/{room}", responses=documented(*_CHANGES), tags=["room"])
    async def change_room(caller: Administrator, room: _Room, body: RoomChange) -> RoomView:
        """Change a room; when its areas change, its people's rights follow."""
        return await rooms.change(caller, room, body)

    @app.delete(
        "/api/v1/rooms/{room}", status_code=204, responses=documented(*_CHANGES), tags=["room"]
    )
    async def close_room(caller: Administrator, room: _Room) -> None:
        """Close a room in which nobody works."""
        await rooms.close(caller, room)
