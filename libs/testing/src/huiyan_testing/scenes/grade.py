"""What makes two cameras in front of like scenes look different: lens side, light, sensor."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from huiyan_testing.scenes.planes import Plane, split_planes
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, SceneKind

_GRAIN_SIGMA = 1.1


@dataclass(frozen=True, slots=True)
class Grade:
    """Colour and geometry of one camera. Planes are yuv420p: Y (H, W), U and V (H/2, W/2)."""

    mirrored: bool
    tone: NDArray[np.uint8]  # (256,) luma curve
    blue_shift: int  # added to U
    red_shift: int  # added to V
    grain: NDArray[np.int8]  # (H, W), rolled from frame to frame

    @staticmethod
    def for_camera(number: int, kind: SceneKind) -> Grade:
        random = np.random.default_rng(number * 7919 + 17)
        thermal = kind is SceneKind.THERMAL
        gamma = 1.0 if thermal else float(random.uniform(0.9, 1.12))
        levels = (np.arange(256) / 255.0) ** gamma * 255.0
        shift = (0, 0) if thermal else tuple(int(v) for v in random.integers(-3, 4, 2))
        grain = random.normal(0.0, _GRAIN_SIGMA, (HEIGHT, WIDTH))
        return Grade(
            mirrored=number % 2 == 0 and kind is not SceneKind.RESERVOIR,
            tone=np.clip(levels, 0, 255).astype(np.uint8),
            blue_shift=shift[0],
            red_shift=shift[1],
            grain=np.clip(np.rint(grain), -4, 4).astype(np.int8),
        )

    def apply(self, frame: av.VideoFrame, index: int) -> tuple[Plane, Plane, Plane]:
        luma, blue, red = split_planes(frame)
        if self.mirrored:
            luma, blue, red = luma[:, ::-1], blue[:, ::-1], red[:, ::-1]
        curve = self.tone[luma]
        rows, columns = index * 131 % HEIGHT, index * 277 % WIDTH
        grain = np.roll(self.grain, (rows, columns), (0, 1))
        # 16…235 keeps 4 levels of room on both sides, so that uint8 cannot wrap
        noisy = np.clip(curve, 4, 251) + grain.view(np.uint8)
        return noisy, _shifted(blue, self.blue_shift), _shifted(red, self.red_shift)


def _shifted(plane: Plane, amount: int) -> Plane:
    return (np.clip(plane, 8, 247) + np.uint8(amount % 256)).astype(np.uint8)
