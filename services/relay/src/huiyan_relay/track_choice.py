"""Which track of a camera is served to a viewer who asked for a stream: a pure rule."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from huiyan.ingest.v1.camera_pb2 import CameraRow, Presence, TrackInfo

STREAMS = ("main", "sub")


@dataclass(frozen=True, slots=True)
class TrackChoice:
    """`track` to demand; without one, `cause` says why none can be shown over WebRTC."""

    track: str | None
    cause: str = ""


def choose_track(
    row: CameraRow,
    presence: Presence | None,
    stream: str,
    granted: Sequence[str],
    h265: Collection[str] = (),
) -> TrackChoice:
    """`stream` if browsers can show it, else the other granted one (no H.265 over WebRTC,
    B-frames only if there is nothing better). Unknown codecs are tried; `h265` are tracks that
    turned out to be H.265."""
    existing = [each for each in STREAMS if each != "sub" or row.sub_url]
    order = [stream, *(each for each in STREAMS if each != stream)]
    usable = [each for each in order if each in existing and each in granted]
    if not usable:
        return TrackChoice(None, "no_stream")
    known = {info.track: info for info in presence.tracks} if presence else {}
    shown = [each for each in usable if each not in h265 and not _is_h265(known.get(each))]
    if not shown:
        return TrackChoice(None, "h265_only")
    smooth = [each for each in shown if not _has_b_frames(known.get(each))]
    return TrackChoice((smooth or shown)[0])


def _is_h265(info: TrackInfo | None) -> bool:
    return info is not None and info.codec == "h265"


def _has_b_frames(info: TrackInfo | None) -> bool:
    return info is not None and info.b_frames
