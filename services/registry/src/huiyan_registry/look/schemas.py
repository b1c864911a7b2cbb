"""What a household sees of looks at its cameras."""

from datetime import datetime

from pydantic import BaseModel

from huiyan_registry.account.roles import RoleName


class Look(BaseModel):
    """Who looked at which camera, as what, from where, why, when and how long."""

    who: str
    role: RoleName
    place: str
    purpose: str | None
    camera: str
    camera_name: str
    started_at: datetime
    seconds: int | None
    own: bool


class Looks(BaseModel):
    """The looks of one day, newest first, and how many people they were."""

    household_viewers: int
    outside_viewers: int
    looks: list[Look]
