"""A level camera over flat ground: world metres to pixels and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from huiyan_testing.scenes.paint import Point
from huiyan_testing.scenes.scene import HEIGHT, WIDTH


@dataclass(frozen=True, slots=True)
class View:
    """`horizon` and `centre` in pixels, `height` of the camera in metres, `focal` in pixels.

    World axes: x to the right, y up from the ground, z away from the camera, in metres.
    """

    horizon: float
    height: float
    focal: float = 900.0
    centre: float = WIDTH / 2

    def point(self, x: float, y: float, z: float) -> Point:
        """Pixel (x, y) of a world point with z > 0."""
        return (
            self.centre + self.focal * x / z,
            self.horizon + self.focal * (self.height - y) / z,
        )

    def scale(self, z: float) -> float:
        """Pixels per metre at distance z."""
        return self.focal / z

    def ground(self, first_row: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """World x and z of every ground pixel from `first_row` down, each (HEIGHT - first_row, W).

        `first_row` must lie below the horizon.
        """
        rows = np.arange(first_row, HEIGHT, dtype=np.float32)[:, None]
        columns = np.arange(WIDTH, dtype=np.float32)[None, :]
        z = self.focal * self.height / (rows - self.horizon)
        x = (columns - self.centre) * z / self.focal
        return x.astype(np.float32), np.broadcast_to(z, x.shape).astype(np.float32)


def sample(
    tile: NDArray[np.float32], x: NDArray[np.float32], z: NDArray[np.float32], per_metre: float
) -> NDArray[np.float32]:
    """Look up a tile at world positions, nearest pixel; it repeats mirrored, so without seams."""
    return tile[_folded(z * per_metre, tile.shape[0]), _folded(x * per_metre, tile.shape[1])]


def _folded(position: NDArray[np.float32], size: int) -> NDArray[np.int64]:
    turn = np.floor(position).astype(np.int64) % (2 * size)
    return np.minimum(turn, 2 * size - 1 - turn)
