"""The area tree."""

from pydantic import BaseModel

from huiyan_registry.area.codes import Level


class AreaView(BaseModel):
    """An area within the caller's scope; figures hold what lies below."""

    code: str
    level: Level
    name: str
    children: list["AreaView"]
    cameras: int
    online: int
