"""What room routes take and give."""

from typing import Annotated

from pydantic import BaseModel, Field

from huiyan_registry.area.schemas import AreaCode, AreaName
from huiyan_registry.area.tables import RoomKind

RoomAreas = Annotated[list[AreaCode], Field(min_length=1, max_length=64)]


class RoomView(BaseModel):
    """A monitor room; `area` is where it stands, the first of `areas`."""

    id: str
    name: str
    kind: RoomKind
    area: str
    areas: list[str]
    staff: int


class Rooms(BaseModel):
    """The rooms of the caller's areas."""

    items: list[RoomView]


class NewRoom(BaseModel):
    """A room to open; it stands at the first of its areas."""

    name: AreaName
    kind: RoomKind
    areas: RoomAreas


class RoomChange(BaseModel):
    """What may be changed; what is absent stays."""

    name: AreaName | None = None
    kind: RoomKind | None = None
    areas: RoomAreas | None = None
