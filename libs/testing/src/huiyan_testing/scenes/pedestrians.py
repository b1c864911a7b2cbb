"""People crossing a square: real footage (clips/NOTICE.md), scaled to our picture size."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import av
import numpy as np

from huiyan_testing.scenes.scene import HEIGHT, WIDTH, Picture

FOOTAGE = Path(__file__).parent.parent / "clips" / "pedestrians.mp4"
_FOOTAGE_FRAMES = 200
_FRAMES_PER_LOOP = 100  # 10 s at 10 frames a second


class Pedestrians:
    """`seed` chooses which ten seconds of the footage are shown."""

    def __init__(self, seed: int, footage: Path = FOOTAGE) -> None:
        begin = seed * 23 % (_FOOTAGE_FRAMES - _FRAMES_PER_LOOP + 1)
        with av.open(str(footage)) as container:
            decoded = container.decode(video=0)
            self._frames = list(islice(decoded, begin, begin + _FRAMES_PER_LOOP))

    def picture(self, phase: float) -> Picture:
        frame = self._frames[int(phase * len(self._frames))]
        large = frame.reformat(WIDTH, HEIGHT, "rgb24", interpolation="BICUBIC")
        return large.to_ndarray().astype(np.uint8, copy=False)
