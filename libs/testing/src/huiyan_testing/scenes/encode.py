"""Encoder settings of a camera's streams, and the muxing into cached files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av

from huiyan_testing.scenes.rendition import (
    FRAMES_PER_SECOND,
    RENDITIONS,
    Rendition,
    TrackName,
    VideoVariant,
)

_CODECS = {
    VideoVariant.H264: "libx264",
    VideoVariant.CONSTANT_RATE: "libx264",
    VideoVariant.B_FRAMES: "libx264",
    VideoVariant.H265: "libx265",
}


class ClipWriter:
    """Encodes pictures of one rendition into an MP4 file; `close` finishes it."""

    def __init__(self, path: Path, track: TrackName, variant: VideoVariant) -> None:
        rendition = RENDITIONS[track]
        self._container = av.open(str(path), "w", format="mp4")
        stream = self._container.add_stream(_CODECS[variant], rate=FRAMES_PER_SECOND)
        assert isinstance(stream, av.VideoStream)
        self._stream = stream
        self._stream.width = rendition.width
        self._stream.height = rendition.height
        self._stream.pix_fmt = "yuv420p"
        self._stream.gop_size = rendition.gop
        self._stream.codec_context.thread_count = 1
        self._stream.options = dict(_options(rendition, variant))
        self._next = 0

    def write(self, frame: av.VideoFrame) -> None:
        frame.pts = self._next
        frame.time_base = Fraction(1, FRAMES_PER_SECOND)
        frame.pict_type = av.video.frame.PictureType.NONE
        self._next += 1
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()


def _options(rendition: Rendition, variant: VideoVariant) -> dict[str, str]:
    limits = f"vbv-maxrate={rendition.max_kbps}:vbv-bufsize={rendition.max_kbps}"
    gop = f"keyint={rendition.gop}:min-keyint={rendition.gop}:scenecut=0:open-gop=0"
    if variant is VideoVariant.H265:
        return {
            "preset": "ultrafast",
            "crf": str(rendition.quality + 2),
            "x265-params": f"log-level=none:bframes=0:repeat-headers=1:{gop}:{limits}:pools=1",
        }
    if variant is VideoVariant.CONSTANT_RATE:
        rate = rendition.constant_kbps
        hrd = f"bitrate={rate}:vbv-maxrate={rate}:vbv-bufsize={rate}"
        return {
            "preset": "superfast",
            "profile": "main",
            "bf": "0",
            "x264-params": f"{gop}:{hrd}:rc-lookahead=0:sync-lookahead=0:b-adapt=0:mbtree=0",
        }
    with_b = variant is VideoVariant.B_FRAMES
    return {
        "preset": "superfast",
        "profile": "high" if with_b else "main",
        "crf": str(rendition.quality),
        "bf": "2" if with_b else "0",
        "x264-params": f"{gop}:{limits}:rc-lookahead=0:sync-lookahead=0:b-adapt=0:mbtree=0",
    }
