"""Far things that several scenes share: sky, hills, trees, houses."""

from __future__ import annotations

import numpy as np

from huiyan_testing.scenes.noise import fractal_noise, grain, ridge
from huiyan_testing.scenes.paint import (
    Colour,
    Texture,
    below_line,
    capsule,
    ellipse,
    polygon,
    vertical_gradient,
)
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, Picture


def blank() -> Texture:
    return np.zeros((HEIGHT, WIDTH, 3), np.float32)


def sky(target: Texture, random: np.random.Generator, horizon: int) -> None:
    """A hazy sky with thin clouds down to `horizon`."""
    vertical_gradient(target, 0, horizon, (150, 182, 212), (222, 227, 226))
    clouds = fractal_noise(random, (horizon, WIDTH), 5, 5) - 0.3
    cover = np.clip(clouds * 0.45, 0, 0.7)[..., None]
    target[:horizon] += cover * (np.array((240, 240, 238), np.float32) - target[:horizon])


def hills(
    target: Texture, random: np.random.Generator, base: float, layers: int = 3, rise: float = 26
) -> None:
    """Wooded ridges, the farther the bluer, standing on row `base`."""
    near, far = np.array((86, 106, 72), np.float32), np.array((160, 178, 186), np.float32)
    texture = fractal_noise(random, (HEIGHT, WIDTH), 60, 4)[..., None]
    for layer in range(layers):
        nearness = (layer + 1) / layers
        colour = far + (near - far) * nearness
        lift = rise * (1.8 - 1.3 * nearness)
        line = base - lift - ridge(random, WIDTH, 3 + 3 * layer, 6) * rise * 0.45
        below_line(target, line.astype(np.float32), colour + texture * 7 * nearness)


def tree(
    target: Texture,
    random: np.random.Generator,
    foot: tuple[float, float],
    height: float,
    *,
    leaf: Colour = (74, 100, 48),
    whitewashed: bool = False,
) -> None:
    """A broad-leaved tree; `foot` is where the trunk meets the ground, `height` in pixels."""
    x, y = foot
    trunk = max(1.5, height * 0.055)
    ellipse(
        target,
        (x + height * 0.12, y),
        (height * 0.34, height * 0.07),
        (30, 34, 26),
        0.35,
        softness=8,
    )
    capsule(target, (x, y), (x, y - height * 0.55), trunk, (82, 68, 54))
    capsule(
        target,
        (x + trunk * 0.25, y),
        (x + trunk * 0.25, y - height * 0.5),
        trunk * 0.4,
        (60, 49, 40),
    )
    if whitewashed:
        capsule(target, (x, y - trunk / 2), (x, y - height * 0.13), trunk, (214, 212, 202))
    base = np.array(leaf, np.float32)
    count = int(np.clip(height * 1.1, 40, 420))
    for index in range(count):
        angle, radius = random.uniform(0, 2 * np.pi), np.sqrt(random.uniform(0, 1))
        dx, dy = np.cos(angle) * radius * 0.33, np.sin(angle) * radius * 0.30
        light = 0.62 + 0.5 * index / count - dy * 0.9 - dx * 0.25
        shade = base * light + random.normal(0, 5, 3)
        size = height * random.uniform(0.018, 0.05) * (1.0 if height > 90 else 1.7)
        ellipse(
            target,
            (x + dx * height, y - height * 0.70 + dy * height),
            (size * 1.25, size),
            (float(shade[0]), float(shade[1]), float(shade[2])),
            0.9,
            softness=max(1.0, size * 0.7),
        )


def house(
    target: Texture, random: np.random.Generator, foot: tuple[float, float], width: float
) -> None:
    """A white farmhouse with a dark tiled roof, seen from afar; `foot` is the lower left corner."""
    x, y = foot
    wall, roof = width * 0.36, width * 0.2
    tone = random.uniform(0.88, 1.0)
    polygon(
        target,
        [(x, y - wall), (x + width, y - wall), (x + width, y), (x, y)],
        (224 * tone, 220 * tone, 208 * tone),
    )
    polygon(
        target,
        [(x, y - wall * 0.16), (x + width, y - wall * 0.16), (x + width, y), (x, y)],
        (150, 146, 138),
    )
    eave = width * 0.06
    polygon(
        target,
        [
            (x - eave, y - wall),
            (x + width * 0.12, y - wall - roof),
            (x + width * 0.88, y - wall - roof),
            (x + width + eave, y - wall),
        ],
        (84, 84, 88),
    )
    polygon(
        target,
        [
            (x - eave, y - wall),
            (x + width + eave, y - wall),
            (x + width, y - wall * 0.9),
            (x, y - wall * 0.9),
        ],
        (60, 58, 58),
        0.5,
    )
    for part in (0.18, 0.45, 0.74):
        door = part == 0.45
        left, top = x + width * part, y - wall * (0.62 if door else 0.66)
        bottom = y if door else y - wall * 0.32
        colour = (120, 52, 42) if door else (70, 84, 96)
        polygon(
            target,
            [
                (left, top),
                (left + width * 0.11, top),
                (left + width * 0.11, bottom),
                (left, bottom),
            ],
            colour,
        )


def finish(target: Texture, random: np.random.Generator, strength: float = 3.0) -> Picture:
    """Lens fall-off and fine texture, then 8 bits."""
    y = np.linspace(-1, 1, HEIGHT, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :]
    falloff = 1.03 - 0.13 * (x * x + y * y)
    lit = target * falloff[..., None] + grain(random, (HEIGHT, WIDTH))[..., None] * strength
    return np.clip(lit, 0, 255).astype(np.uint8)
