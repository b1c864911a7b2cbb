"""URL paths of the farm: `/<option>/…/cam/<number>/<main|sub>[/trackID=<n>]`.

Options, in any order: `auth`, `fault/<kind>` (see fault.py), `h265`, `bframes`, `cbr`, `pcma`,
`pcmu`, `aac`. Without an audio option there is no audio track; without a video option it is H.264
Main profile without B-frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from huiyan_testing.camera.errors import RouteError
from huiyan_testing.camera.fault import Fault, parse_fault
from huiyan_testing.scenes.rendition import TrackName, VideoVariant

MAX_CAMERA_NUMBER = 65_535


class AudioCodec(StrEnum):
    PCMA = "pcma"
    PCMU = "pcmu"
    AAC = "aac"


_TRACKS = frozenset(track.value for track in TrackName)
_VARIANTS = frozenset(variant.value for variant in VideoVariant)
_AUDIO = frozenset(codec.value for codec in AudioCodec)


@dataclass(frozen=True, slots=True)
class StreamKey:
    """Everything that decides the bytes of a stream; sessions with equal keys share them."""

    camera: int
    track: TrackName
    variant: VideoVariant = VideoVariant.H264
    audio: AudioCodec | None = None


@dataclass(frozen=True, slots=True)
class Route:
    key: StreamKey
    fault: Fault | None = None
    auth: bool = False
    media_index: int | None = None  # of a SETUP URL: 0 video, 1 audio


def parse_route(path: str) -> Route:
    """Raises RouteError."""
    segments = path.strip("/").split("/")
    media_index = _media_index(segments)
    if media_index is not None:
        segments.pop()
    if len(segments) < 3 or segments[-3] != "cam":
        raise RouteError("path does not end in cam/<number>/<main|sub>")
    number, track = segments[-2:]
    if not (number.isascii() and number.isdigit() and len(number) <= 5):
        raise RouteError("camera number is not a number")
    if not 1 <= int(number) <= MAX_CAMERA_NUMBER:
        raise RouteError("camera number out of range")
    if track not in _TRACKS:
        raise RouteError("no such track")
    variant, audio, fault, auth = VideoVariant.H264, None, None, False
    options = iter(segments[:-3])
    for option in options:
        if option == "auth":
            auth = True
        elif option == "fault":
            fault = parse_fault(next(options, ""))
        elif option in _VARIANTS:
            variant = VideoVariant(option)
        elif option in _AUDIO:
            audio = AudioCodec(option)
        else:
            raise RouteError("unknown option")
    key = StreamKey(int(number), TrackName(track), variant, audio)
    return Route(key, fault, auth, media_index)


def build_path(number: int, track: str, *options: str) -> str:
    """The inverse of `parse_route`; raises RouteError when the result would not parse."""
    path = "/" + "/".join((*options, "cam", str(number), track))
    parse_route(path)
    return path


def _media_index(segments: list[str]) -> int | None:
    name, equals, value = segments[-1].partition("=")
    if name != "trackID" or not equals:
        return None
    if value not in ("0", "1"):
        raise RouteError("no such media")
    return int(value)
