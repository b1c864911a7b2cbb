"""The state of one simulated ONVIF camera, as tests set and read it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from huiyan_testing.onvif.events import EventBoard
from huiyan_testing.onvif.head import Head
from huiyan_testing.scenes.rendition import (
    FRAMES_PER_SECOND,
    RENDITIONS,
    TrackName,
    VideoVariant,
)

StreamUrl = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Profile:
    """A media profile; `gop` in frames, `kbps` in kbit/s."""

    token: str
    name: str
    track: TrackName
    encoding: str
    h264_profile: str
    width: int
    height: int
    fps: int
    kbps: int
    gop: int


@dataclass(slots=True)
class OnvifDevice:
    """Facts and state. `stream_url(track)` names the RTSP stream of a track.

    `clock_offset_s`: camera clock minus true time. `media` and `media2`: which services exist.
    `other_host` (`host[:port]`) stands in every address that the camera advertises of its services,
    `other_stream_host` in its stream addresses.
    """

    stream_url: StreamUrl
    maker: str = "Huiyan Simulator"
    model: str = "HY-SIM-1"
    firmware: str = "1.0.3"
    serial: str = "SIM0001"
    clock_offset_s: float = 0.0
    media: bool = True
    media2: bool = True
    ptz: bool = True
    main_variant: VideoVariant = VideoVariant.H264
    gop: dict[TrackName, int] = field(default_factory=dict)
    other_host: str = ""
    other_stream_host: str = ""
    head: Head = field(default_factory=Head)
    events: EventBoard = field(default_factory=EventBoard)

    def now(self) -> datetime:
        """The camera's clock, UTC."""
        return datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=self.clock_offset_s)

    def profiles(self) -> list[Profile]:
        """Main and sub stream."""
        made = []
        for track, rendition in RENDITIONS.items():
            variant = self.main_variant if track is TrackName.MAIN else VideoVariant.H264
            made.append(
                Profile(
                    token=f"profile_{track}",
                    name=f"{track}Stream",
                    track=track,
                    encoding="H265" if variant is VideoVariant.H265 else "H264",
                    h264_profile="High" if variant is VideoVariant.B_FRAMES else "Main",
                    width=rendition.width,
                    height=rendition.height,
                    fps=FRAMES_PER_SECOND,
                    kbps=rendition.constant_kbps,
                    gop=self.gop.get(track, rendition.gop),
                )
            )
        return made
