"""Presence as the pages get it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

State = Literal[
    "off",
    "connecting",
    "online",
    "stalled",
    "unreachable",
    "unauthorised",
    "not_found",
    "refused",
    "unsupported",
    "garbage",
]


class TrackView(BaseModel):
    """One track of a camera."""

    track: str
    codec: str
    width: int
    height: int
    fps: float
    b_frames: bool


class PresenceView(BaseModel):
    """What is observed of a camera; times UTC."""

    state: State
    since: datetime | None = None
    observed_at: datetime | None = None
    cause: str | None = None
    tracks: list[TrackView] = []
    last_frame_at: datetime | None = None
