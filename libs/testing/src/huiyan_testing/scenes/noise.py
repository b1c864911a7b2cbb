"""Smooth random textures for ground, leaves, hills and clouds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smooth_noise(random: np.random.Generator, shape: tuple[int, int], cells: float) -> Field:
    """Noise of about unit deviation whose blobs are `shape[1] / cells` pixels wide."""
    height, width = shape
    rows, columns = max(2, round(cells * height / width)), max(2, round(cells))
    grid = random.standard_normal((rows + 3, columns + 3)).astype(np.float32)
    field = _spline(height, rows) @ grid @ _spline(width, columns).T
    return (field * 2).astype(np.float32)


def fractal_noise(
    random: np.random.Generator, shape: tuple[int, int], cells: float, octaves: int = 4
) -> Field:
    """Sum of octaves, each twice as fine and half as strong."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        total += smooth_noise(random, shape, cells * 2**octave) * np.float32(0.5**octave)
    return total


def grain(random: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Independent pixels, unit deviation."""
    return random.standard_normal(shape).astype(np.float32)


def ridge(random: np.random.Generator, width: int, cells: float, octaves: int = 5) -> Field:
    """A skyline: (width,) heights of about unit deviation."""
    skyline: Field = fractal_noise(random, (2, width), cells, octaves)[0]
    return skyline


def _spline(size: int, cells: int) -> Field:
    """(size, cells + 3) weights of a cubic B-spline."""
    position = np.linspace(0, cells, size, endpoint=False)
    index = position.astype(int)
    t = (position - index)[:, None]
    weights = np.hstack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    )
    matrix = np.zeros((size, cells + 3), np.float32)
    matrix[np.arange(size)[:, None], index[:, None] + np.arange(4)] = weights / 6
    return matrix
