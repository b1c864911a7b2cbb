"""Names and sizes of the streams a camera offers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FRAMES_PER_SECOND = 25


class VideoVariant(StrEnum):
    """How a stream is coded: H.264 Main without B-frames, the same at a constant rate, H.264 High
    with B-frames, or H.265 Main."""

    H264 = "h264"
    B_FRAMES = "bframes"
    H265 = "h265"
    CONSTANT_RATE = "cbr"  # what cameras are set to at the factory: `Rendition.constant_kbps`


class TrackName(StrEnum):
    MAIN = "main"
    SUB = "sub"


@dataclass(frozen=True, slots=True)
class Rendition:
    """Size in pixels, GOP in frames, rates in kbit/s."""

    width: int
    height: int
    gop: int
    quality: int  # x264 CRF
    max_kbps: int
    constant_kbps: int


RENDITIONS = {
    TrackName.MAIN: Rendition(1280, 720, gop=50, quality=26, max_kbps=1900, constant_kbps=2000),
    TrackName.SUB: Rendition(640, 360, gop=25, quality=25, max_kbps=650, constant_kbps=600),
}
