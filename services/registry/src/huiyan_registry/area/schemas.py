"""What area routes take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from huiyan_registry.area.codes import Level
from huiyan_registry.area.tables import RoomKind

AreaCode = Annotated[str, Field(pattern=r"^[0-9]{12}([0-9]{3})?$")]
AreaName = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]
GbId = Annotated[str, Field(pattern=r"^[0-9]{20}$")]


class AreaView(BaseModel):
    """An area within the caller's scope; figures hold what lies below."""

    code: str
    level: Level
    name: str
    children: list["AreaView"]
    cameras: int
    online: int
    households: int
    households_covered: int


class AreaCounts(BaseModel):
    """What stands in an area and below; a covered household has at least one active camera."""

    cameras: int
    online: int
    households: int
    households_covered: int


class Alias(BaseModel):
    """What another scheme calls an area."""

    scheme: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    code: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")


class Aliases(BaseModel):
    """All aliases of an area: what is not listed goes."""

    items: list[Alias] = Field(max_length=32)


class Officer(BaseModel):
    """The grid officer of a cell."""

    principal: str
    name: str


class RoomOfArea(BaseModel):
    """A monitor room that watches the area."""

    id: str
    name: str
    kind: RoomKind


class AreaDetail(BaseModel):
    """One area. `valid_to` and `successor` say when it merged, and into which."""

    code: str
    level: Level
    name: str
    parent: str | None
    valid_from: datetime
    valid_to: datetime | None
    successor: str | None
    gb_id: str | None
    aliases: list[Alias]
    officers: list[Officer]
    rooms: list[RoomOfArea]
    counts: AreaCounts


class NewArea(BaseModel):
    """An area to add; the level must be that of the code."""

    code: AreaCode
    level: Level
    name: AreaName


class AreaChange(BaseModel):
    """What may be changed; what is absent stays, `gb_id: null` takes it away."""

    name: AreaName | None = None
    gb_id: GbId | None = None


class Merge(BaseModel):
    """The area that takes over."""

    into: AreaCode
