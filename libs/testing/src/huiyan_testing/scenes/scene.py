"""What a scene is: a loop of RGB pictures, and the kinds there are."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 720
Picture = NDArray[np.uint8]  # (HEIGHT, WIDTH, 3), RGB


class SceneKind(StrEnum):
    COURTYARD = "courtyard"
    ROAD = "road"
    RESERVOIR = "reservoir"
    THERMAL = "thermal"
    SMOKE = "smoke"
    PEDESTRIANS = "pedestrians"


class Scene(Protocol):
    """A loop: after the last picture comes the first one again."""

    def picture(self, phase: float) -> Picture:
        """The picture at `phase` (0 ≤ phase < 1) of the loop; valid until the next call."""
