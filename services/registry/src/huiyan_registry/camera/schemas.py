"""What camera routes take and give. URLs and logins go in and never come out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from huiyan_registry.camera.placement import LegalClass, Placement, SiteKind
from huiyan_registry.decision import Reason
from huiyan_registry.presence.schemas import PresenceView

Name = Annotated[str, Field(min_length=1, max_length=60)]
Url = Annotated[str, Field(min_length=1, max_length=2048)]
AreaCode = Annotated[str, Field(pattern=r"^[0-9]{12}([0-9]{3})?$")]
Secret = Annotated[str, Field(max_length=200)]


class May(BaseModel):
    """Whether the caller may look, and if not, why and who can change it."""

    live: bool
    reason: Reason | None = None
    hint: str | None = None
    hint_en: str | None = None


class CameraView(BaseModel):
    """A camera as the caller may know it."""

    id: str
    name: str
    area: str
    area_name: str
    group_name: str | None
    household: str | None
    legal_class: LegalClass
    site_kind: SiteKind
    state: str
    number: int
    gb_id: str | None = None
    off_until: datetime | None = None
    presence: PresenceView
    viewers: int
    may: May


class CameraPage(BaseModel):
    """A page of cameras in display order; `next` goes into `after`."""

    items: list[CameraView]
    next: str | None


class NewCamera(BaseModel):
    """A camera to add."""

    name: Name
    area: AreaCode
    household: str | None = Field(default=None, max_length=64)
    legal_class: LegalClass
    site_kind: SiteKind
    placement: Placement
    main_url: Url = Field(repr=False)
    sub_url: Url | None = Field(default=None, repr=False)
    user: Secret | None = Field(default=None, repr=False)
    password: Secret | None = Field(default=None, repr=False)
    gb_id: str | None = Field(default=None, pattern=r"^[0-9]{20}$")
    max_rtsp_sessions: int = Field(default=0, ge=0, le=64)
    uplink_kbps: int = Field(default=0, ge=0, le=1_000_000)


class CameraChange(BaseModel):
    """What may be changed; what is absent stays."""

    name: Name | None = None
    area: AreaCode | None = None
    main_url: Url | None = Field(default=None, repr=False)
    sub_url: Url | None = Field(default=None, repr=False)
    user: Secret | None = Field(default=None, repr=False)
    password: Secret | None = Field(default=None, repr=False)


class SwitchOff(BaseModel):
    """Until when the picture stays off; absent: until the owner turns it on."""

    until: datetime | None = None
