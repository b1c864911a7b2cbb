"""Anti-aliased shapes painted into RGB arrays, float32 (backgrounds) or uint8 (moving things).

Coverage comes from signed distances: a pixel is covered by `0.5 - distance / softness`. A larger
softness gives a blurred edge, which is how shadows and haze are drawn. Points are (x, y) in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Target = NDArray[np.float32] | NDArray[np.uint8]
Colour = tuple[float, float, float]
Point = tuple[float, float]
Texture = NDArray[np.float32]


def polygon(
    target: Target,
    points: Sequence[Point],
    colour: Colour | Texture,
    alpha: float = 1.0,
    *,
    softness: float = 1.0,
) -> None:
    """A convex polygon. `colour` may be a picture of the target's size."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    box = _box(target, (min(xs), min(ys), max(xs), max(ys)), softness)
    if box is None:
        return
    y, x = _grid(box)
    area = sum(
        x0 * y1 - x1 * y0
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True)
    )
    side = 1.0 if area > 0 else -1.0
    distance = np.full((y.shape[0], x.shape[1]), -1e9, np.float32)
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        length = float(np.hypot(x1 - x0, y1 - y0))
        if length > 1e-6:
            edge = ((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) * (side / length)
            np.maximum(distance, edge, out=distance)
    _cover(target, box, distance, colour, alpha=alpha, softness=softness)


def ellipse(
    target: Target,
    centre: Point,
    radii: Point,
    colour: Colour | Texture,
    alpha: float = 1.0,
    *,
    softness: float = 1.0,
) -> None:
    """An axis-aligned ellipse."""
    (cx, cy), (rx, ry) = centre, radii
    if rx < 0.2 or ry < 0.2:
        return
    box = _box(target, (cx - rx, cy - ry, cx + rx, cy + ry), softness)
    if box is None:
        return
    y, x = _grid(box)
    radius = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
    distance = ((radius - 1) * min(rx, ry)).astype(np.float32)
    _cover(target, box, distance, colour, alpha=alpha, softness=softness)


def capsule(
    target: Target,
    start: Point,
    end: Point,
    width: float,
    colour: Colour,
    *,
    alpha: float = 1.0,
    softness: float = 1.0,
) -> None:
    """A line with round ends, `width` pixels thick."""
    (x0, y0), (x1, y1) = start, end
    half = width / 2
    bounds = (min(x0, x1) - half, min(y0, y1) - half, max(x0, x1) + half, max(y0, y1) + half)
    box = _box(target, bounds, softness)
    if box is None:
        return
    y, x = _grid(box)
    dx, dy = x1 - x0, y1 - y0
    along = np.clip(((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, 1e-6), 0, 1)
    distance = np.hypot(x - x0 - along * dx, y - y0 - along * dy).astype(np.float32) - half
    _cover(target, box, distance, colour, alpha=alpha, softness=softness)


def vertical_gradient(target: Texture, top: int, bottom: int, first: Colour, last: Colour) -> None:
    """Rows `top`…`bottom` from one colour to another."""
    mix = np.linspace(0, 1, bottom - top, dtype=np.float32)[:, None, None]
    low, high = np.array(first, np.float32), np.array(last, np.float32)
    target[top:bottom] = low + (high - low) * mix


def below_line(target: Texture, heights: NDArray[np.float32], colour: Colour | Texture) -> None:
    """Fill everything below a skyline; `heights` (W,) are y coordinates."""
    rows = np.arange(target.shape[0], dtype=np.float32)[:, None]
    cover = np.clip(rows - heights[None, :] + 0.5, 0, 1)[..., None]
    target += cover * (np.asarray(colour, np.float32) - target)


def _box(
    target: Target, bounds: tuple[float, float, float, float], softness: float
) -> tuple[int, int, int, int] | None:
    margin = softness + 1
    left, top = max(0, int(bounds[0] - margin)), max(0, int(bounds[1] - margin))
    right = min(target.shape[1], int(bounds[2] + margin) + 1)
    bottom = min(target.shape[0], int(bounds[3] + margin) + 1)
    return (left, top, right, bottom) if left < right and top < bottom else None


def _grid(box: tuple[int, int, int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    left, top, right, bottom = box
    return (
        np.arange(top, bottom, dtype=np.float32)[:, None],
        np.arange(left, right, dtype=np.float32)[None, :],
    )


def _cover(
    target: Target,
    box: tuple[int, int, int, int],
    distance: NDArray[np.float32],
    colour: Colour | Texture,
    *,
    alpha: float,
    softness: float,
) -> None:
    left, top, right, bottom = box
    cover = np.clip(0.5 - distance / softness, 0, 1)[..., None] * np.float32(alpha)
    paint = np.asarray(colour, np.float32)
    if paint.ndim == 3:
        paint = paint[top:bottom, left:right]
    region = target[top:bottom, left:right]
    region[...] = region + cover * (paint - region)
