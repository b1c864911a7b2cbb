"""What grant routes take and give."""

from datetime import datetime
from typing import Annotated, Literal

from huiyan_kit.grants import MOST_VIEWS, GrantKind
from pydantic import BaseModel, Field

from huiyan_registry.decision import Reason
from huiyan_registry.grant.purpose import PurposeCode

Stream = Literal["main", "sub"]


class AskedView(BaseModel):
    """A camera to look at."""

    camera: str = Field(min_length=1, max_length=64)
    streams: Annotated[list[Stream], Field(min_length=1, max_length=2)] = ["main", "sub"]


Views = Annotated[list[AskedView], Field(min_length=1, max_length=MOST_VIEWS)]


class Purpose(BaseModel):
    """Why; `text` is needed for `other`."""

    code: PurposeCode
    text: str = Field(default="", max_length=200)


class NewGrant(BaseModel):
    """Leave to look. Staff say a purpose, household members need none."""

    kind: GrantKind
    purpose: Purpose | None = None
    views: Views


class MoreViews(BaseModel):
    """Cameras to add to a running grant."""

    views: Views


class RelayUrls(BaseModel):
    """Where to bring the grant."""

    whep: str
    channel: str
    media: str
    snapshot: str


class IceServer(BaseModel):
    """RTCIceServer (W3C WebRTC), with short-lived TURN credentials."""

    urls: list[str]
    username: str | None = None
    credential: str | None = Field(default=None, repr=False)


class GrantedCamera(BaseModel):
    """A camera that the token covers."""

    camera: str
    streams: list[str]
    actions: list[str]


class RefusedCamera(BaseModel):
    """A camera that it does not, why, and who can change it."""

    camera: str
    reason: Reason
    hint: str
    hint_en: str


class GrantView(BaseModel):
    """A grant and its newest token."""

    id: str
    kind: GrantKind
    token: str = Field(repr=False)
    expires_at: datetime
    renew_after_s: int
    relay: RelayUrls
    ice_servers: list[IceServer]
    views: list[GrantedCamera]
    refused: list[RefusedCamera]
