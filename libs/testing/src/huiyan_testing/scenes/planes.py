"""yuv420p frames as numpy planes and back."""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def split_planes(frame: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    """Y (H, W), U and V (H/2, W/2) of a yuv420p frame."""
    height, width = frame.height, frame.width
    flat: Plane = frame.to_ndarray().reshape(-1).astype(np.uint8, copy=False)
    luma_size, chroma_size = height * width, height * width // 4
    half = (height // 2, width // 2)
    return (
        flat[:luma_size].reshape(height, width),
        flat[luma_size : luma_size + chroma_size].reshape(half),
        flat[luma_size + chroma_size :].reshape(half),
    )


def join_planes(planes: Sequence[Plane]) -> av.VideoFrame:
    """The inverse of `split_planes`; width must be divisible by 4."""
    height, width = planes[0].shape
    packed = np.concatenate([np.ascontiguousarray(plane).reshape(-1) for plane in planes])
    return av.VideoFrame.from_ndarray(packed.reshape(height * 3 // 2, width), format="yuv420p")
