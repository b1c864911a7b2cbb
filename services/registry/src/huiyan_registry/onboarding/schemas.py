"""What onboarding takes and gives. Logins go in and never come out."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from huiyan_registry.onboarding.remarks import Remark

Secret = Annotated[str, Field(max_length=200, repr=False)]


class Search(BaseModel):
    """How long to look for devices, seconds."""

    seconds: float = Field(default=3.0, ge=1.0, le=8.0)


class Found(BaseModel):
    """A device that answered. `xaddr` is what it advertises; only address and port are used."""

    address: str
    port: int
    name: str
    model: str
    xaddr: str


class Discovered(BaseModel):
    """Everything that answered, by address."""

    found: list[Found]


class ProbeAsked(BaseModel):
    """Which device to ask, and as whom. TLS at port 443."""

    address: str = Field(min_length=1, max_length=253)
    port: int = Field(default=80, ge=1, le=65535)
    user: Secret
    password: Secret


class Device(BaseModel):
    """What the device calls itself."""

    maker: str
    model: str
    firmware: str
    serial: str


class Profile(BaseModel):
    """A stream that the device offers. `gop` in frames; null: the device does not tell."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float
    kbps: int
    gop: int | None
    main_url: str


class Suggested(BaseModel):
    """Tokens of the profiles to use."""

    main: str
    sub: str | None


class Probed(BaseModel):
    """What the device told. `clock_offset_ms`: its clock minus ours, ± 0.5 s."""

    device: Device
    clock_offset_ms: int | None
    service: Literal["media2", "media"]
    profiles: list[Profile]
    suggested: Suggested
    ptz: bool
    events: bool
    warnings: list[Remark]


class CheckAsked(BaseModel):
    """The draft to look at."""

    camera: str = Field(min_length=1, max_length=64)


class LiveCheck(BaseModel):
    """The test picture (base64 JPEG) and what was measured while it came; null: not measured."""

    picture: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    gop_ms: int | None = None
    b_frames: bool | None = None
    clock_offset_ms: int | None = None
    problems: list[Remark] = []
