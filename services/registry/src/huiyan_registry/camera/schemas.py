"""What camera routes take and give. URLs and logins go in and never come out."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from huiyan_registry.camera.datum import Datum
from huiyan_registry.camera.life import LifeState
from huiyan_registry.camera.placement import LegalClass, Placement, SiteKind
from huiyan_registry.camera.purpose import CameraPurpose, RetentionClass
from huiyan_registry.decision import Reason
from huiyan_registry.presence.schemas import PresenceView

Name = Annotated[str, Field(min_length=1, max_length=60)]
Url = Annotated[str, Field(min_length=1, max_length=2048)]
AreaCode = Annotated[str, Field(pattern=r"^[0-9]{12}([0-9]{3})?$")]
Secret = Annotated[str, Field(max_length=200)]
GbId = Annotated[str, Field(pattern=r"^[0-9]{20}$")]


class May(BaseModel):
    """Whether the caller may look, and if not, why and who can change it."""

    live: bool
    reason: Reason | None = None
    hint: str | None = None
    hint_en: str | None = None


class PurposeOf(BaseModel):
    """What a camera is for; `text` says it in words and is needed for `other`."""

    code: CameraPurpose
    text: str = Field(default="", max_length=200)


class Location(BaseModel):
    """Degrees. Given in `datum`; told in WGS-84, and then `datum` is how it was given."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    datum: Datum = Datum.WGS84


class SignageView(BaseModel):
    """The sign at a public place; `notice_url` is what its QR code holds."""

    posted_on: date | None
    photo: bool
    notice_url: str


class MaskPoint(BaseModel):
    """A fraction of the picture: x to the right, y down."""

    x: float = Field(ge=0, le=1, allow_inf_nan=False)
    y: float = Field(ge=0, le=1, allow_inf_nan=False)


class NewMask(BaseModel):
    """Everything that is to be hidden; no polygon takes the mask away."""

    polygons: list[list[MaskPoint]] = Field(max_length=64)


class MaskView(NewMask):
    """`applied` once every picture that leaves the household has it burned in."""

    applied: bool


class NewState(BaseModel):
    """The next state of a camera's life."""

    state: LifeState
    reason: str = Field(default="", max_length=200)


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
    life: LifeState
    allowed_next: list[LifeState]
    number: int
    gb_id: str | None = None
    purpose: PurposeOf
    retention_class: RetentionClass
    location: Location | None
    signage: SignageView | None
    mask: MaskView | None
    off_until: datetime | None = None
    presence: PresenceView
    viewers: int
    may: May


class StateChange(BaseModel):
    """One step of a camera's life."""

    at: datetime
    who: str
    before: LifeState
    after: LifeState
    reason: str


class CameraDetail(CameraView):
    """One camera. `placement` and `history` (newest first) are for the staff of its area."""

    placement: Placement | None = None
    history: list[StateChange] | None = None


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
    gb_id: GbId | None = None
    purpose: PurposeOf | None = None
    retention_class: RetentionClass | None = None
    location: Location | None = None
    max_rtsp_sessions: int = Field(default=0, ge=0, le=64)
    uplink_kbps: int = Field(default=0, ge=0, le=1_000_000)


class CameraChange(BaseModel):
    """What may be changed; what is absent stays."""

    name: Name | None = None
    area: AreaCode | None = None
    site_kind: SiteKind | None = None
    placement: Placement | None = Field(
        default=None, description="Attested by who says so: he has seen where it hangs."
    )
    main_url: Url | None = Field(default=None, repr=False)
    sub_url: Url | None = Field(default=None, repr=False)
    user: Secret | None = Field(default=None, repr=False)
    password: Secret | None = Field(default=None, repr=False)
    gb_id: GbId | None = None
    purpose: PurposeOf | None = None
    retention_class: RetentionClass | None = None


class SwitchOff(BaseModel):
    """Until when the picture stays off; absent: until the owner turns it on."""

    until: datetime | None = None
