"""Real coded video and audio, made once by PyAV."""

from fractions import Fraction
from typing import NamedTuple

import av
import pytest


class CodedVideo(NamedTuple):
    """Annex B access units in decoding order."""

    units: list[bytes]
    keyframes: list[bool]
    width: int
    height: int


def encode_video(encoder: str, options: dict[str, str], frames: int = 12) -> CodedVideo:
    width, height = 320, 240
    context = av.CodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.options = options
    packets = []
    for number in range(frames):
        frame = av.VideoFrame(width, height, "yuv420p")
        for index, plane in enumerate(frame.planes):
            row = bytes((x * 3 + number * 9 + index * 40) & 0xFF for x in range(plane.line_size))
            plane.update(row * plane.height)
        frame.pts = number
        packets += context.encode(frame)
    packets += context.encode(None)
    return CodedVideo(
        [bytes(packet) for packet in packets],
        [bool(packet.is_keyframe) for packet in packets],
        width,
        height,
    )


@pytest.fixture(scope="session")
def h264_video() -> CodedVideo:
    return encode_video(
        "libx264", {"preset": "ultrafast", "g": "6", "x264-params": "bframes=0:threads=1"}
    )


@pytest.fixture(scope="session")
def h264_b_frames() -> CodedVideo:
    return encode_video(
        "libx264",
        {"preset": "medium", "g": "12", "x264-params": "bframes=2:b-adapt=0:scenecut=0:threads=1"},
    )


@pytest.fixture(scope="session")
def h265_video() -> CodedVideo:
    return encode_video(
        "libx265",
        {
            "preset": "ultrafast",
            "g": "6",
            "x265-params": "bframes=0:keyint=6:pools=1:frame-threads=1:log-level=none",
        },
    )


@pytest.fixture(scope="session")
def h265_b_frames() -> CodedVideo:
    return encode_video(
        "libx265",
        {
            "preset": "ultrafast",
            "x265-params": "bframes=2:b-adapt=0:scenecut=0:pools=1:frame-threads=1:log-level=none",
        },
    )
