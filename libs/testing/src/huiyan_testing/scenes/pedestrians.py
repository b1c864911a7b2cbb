"""People crossing a square: real footage (clips/NOTICE.md), scaled to our picture size."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from huiyan_testing.scenes.scene import HEIGHT, WIDTH, Picture

FOOTAGE = Path(__file__).parent.parent / "clips" / "pedestrians.mp4"
_SOURCE_FRAMES_PER_LOOP = 100  # 10 s at 10 frames a second


class Pedestrians:
    """`seed` chooses which ten seconds of the footage are shown."""

    def __init__(self, seed: int, footage: Path = FOOTAGE) -> None:
        with av.open(str(footage)) as container:
            available: list[Picture] = [
                frame.reformat(WIDTH, HEIGHT, "rgb24", interpolation="BICUBIC")
                .to_ndarray()
                .astype(np.uint8, copy=False)
                for frame in _decoded(container, seed)
            ]
        self._pictures = available

    def picture(self, phase: float) -> Picture:
        return self._pictures[int(phase * len(self._pictures))]


def _decoded(container: av.container.InputContainer, seed: int) -> list[av.VideoFrame]:
    frames = list(container.decode(video=0))
    begin = seed * 23 % max(1, len(frames) - _SOURCE_FRAMES_PER_LOOP + 1)
    return frames[begin : begin + _SOURCE_FRAMES_PER_LOOP]
