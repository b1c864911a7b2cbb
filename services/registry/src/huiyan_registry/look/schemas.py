"""What a household sees of looks at its cameras."""

from datetime import date, datetime
from typing import Literal

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
    approver: str | None = None


class NoticeCamera(BaseModel):
    """A camera of a notice."""

    id: str
    name: str


class Notice(BaseModel):
    """Something that opened a household's picture without its consent, or for a repair: a
    break-glass look with its two people, or a maintenance consent."""

    id: str
    kind: Literal["break_glass", "maintenance"]
    cameras: list[NoticeCamera]
    who: str
    role: RoleName | None
    approver: str | None
    purpose: str | None
    begun_at: datetime
    until: datetime
    ended_at: datetime | None


class DaySummary(BaseModel):
    """One day of China's calendar; `looks` and `seconds` are those from outside."""

    day: date
    household_viewers: int
    outside_viewers: int
    looks: int
    seconds: int


class Summary(BaseModel):
    """The newest days, oldest first."""

    days: list[DaySummary]


class Looks(BaseModel):
    """The looks of one day, newest first, and how many people they were."""

    household_viewers: int
    outside_viewers: int
    looks: list[Look]
    notices: list[Notice]
