"""What makes two cameras in front of like scenes look different: lens side, light, sensor."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from huiyan_testing.scenes.planes import Plane, split_planes
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, SceneKind

_GRAIN_SIGMA = 1.1
_GRAIN_ROOM = 96  # pixels by which the grain moves from frame to frame
# figures must not be mirrored, and vehicles keep right
_ONE_SIDED = frozenset((SceneKind.RESERVOIR, SceneKind.THERMAL, SceneKind.ROAD))


@dataclass(frozen=True, slots=True)
class Grade:
    """Colour and geometry of one camera. Planes are yuv420p: Y (H, W), U and V (H/2, W/2)."""

    mirrored: bool
    luma_curve: NDArray[np.uint8]  # (256,)
    blue_curve: NDArray[np.uint8]
    red_curve: NDArray[np.uint8]
    grain: NDArray[np.uint8]  # larger than a picture; negative values wrap around

    @staticmethod
    def for_camera(number: int, kind: SceneKind) -> Grade:
        random = np.random.default_rng(number * 7919 + 17)
        thermal = kind is SceneKind.THERMAL
        gamma = 1.0 if thermal else float(random.uniform(0.9, 1.12))
        blue, red = (0, 0) if thermal else random.integers(-3, 4, 2).tolist()
        levels = np.arange(256)
        # 4 levels of room on both sides, so that adding the grain cannot wrap
        tone = np.clip((levels / 255.0) ** gamma * 255.0, 4, 251)
        grain = random.normal(0.0, _GRAIN_SIGMA, (HEIGHT + _GRAIN_ROOM, WIDTH + _GRAIN_ROOM))
        return Grade(
            mirrored=number % 2 == 0 and kind not in _ONE_SIDED,
            luma_curve=tone.astype(np.uint8),
            blue_curve=np.clip(levels + blue, 0, 255).astype(np.uint8),
            red_curve=np.clip(levels + red, 0, 255).astype(np.uint8),
            grain=np.clip(np.rint(grain), -4, 4).astype(np.int8).view(np.uint8),
        )

    def apply(self, frame: av.VideoFrame, index: int) -> tuple[Plane, Plane, Plane]:
        luma, blue, red = split_planes(frame)
        if self.mirrored:
            luma, blue, red = luma[:, ::-1], blue[:, ::-1], red[:, ::-1]
        down, across = index * 37 % _GRAIN_ROOM, index * 53 % _GRAIN_ROOM
        toned = _through(self.luma_curve, luma)
        toned = toned + self.grain[down : down + HEIGHT, across : across + WIDTH]
        return toned, _through(self.blue_curve, blue), _through(self.red_curve, red)


def _through(curve: NDArray[np.uint8], plane: Plane) -> Plane:
    """Look every pixel up in the curve; `bytes.translate` does it faster than numpy indexing."""
    mapped = plane.tobytes().translate(curve.tobytes())
    return np.frombuffer(mapped, np.uint8).reshape(plane.shape)
