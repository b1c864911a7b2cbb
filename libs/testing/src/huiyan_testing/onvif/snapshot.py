"""The picture behind a snapshot address."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np


@lru_cache
def draw_snapshot(width: int, height: int) -> bytes:
    """A JPEG: a grey ramp from left to right."""
    ramp = np.linspace(16, 235, width, dtype=np.uint8)
    pixels = np.repeat(np.tile(ramp, (height, 1))[:, :, None], 3, axis=2)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuvj420p")
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    written = io.BytesIO()
    for packet in (*encoder.encode(frame), *encoder.encode(None)):
        written.write(bytes(packet))
    return written.getvalue()
