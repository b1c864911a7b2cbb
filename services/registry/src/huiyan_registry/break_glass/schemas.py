"""What break-glass routes take and give."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from huiyan_registry.account.roles import RoleName
from huiyan_registry.grant.purpose import PurposeCode

MOST_CAMERAS = 16


class State(StrEnum):
    """Waiting for the second person; open; over (ended, run out, or never approved in time)."""

    PENDING = "pending"
    OPEN = "open"
    OVER = "over"


class NewBreakGlass(BaseModel):
    """Which cameras, why (a purpose, and what happened in words), for how many minutes."""

    cameras: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]],
        Field(min_length=1, max_length=MOST_CAMERAS),
    ]
    purpose: PurposeCode
    text: str = Field(min_length=4, max_length=200)
    minutes: int = Field(ge=1, le=60)


class BreakGlassPerson(BaseModel):
    """One of the two people."""

    principal: str
    name: str
    role: RoleName


class BreakGlassView(BaseModel):
    """A request and what became of it."""

    id: str
    state: State
    cameras: list[str]
    purpose: PurposeCode
    text: str
    minutes: int
    asker: BreakGlassPerson
    approver: BreakGlassPerson | None
    asked_at: datetime
    approved_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None


class BreakGlassList(BaseModel):
    """Newest first, of the last 30 days."""

    items: list[BreakGlassView]
