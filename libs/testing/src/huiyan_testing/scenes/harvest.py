"""What hangs and dries in a farmyard in autumn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from huiyan_testing.scenes.paint import Colour, Texture, capsule, ellipse
from huiyan_testing.scenes.view import View


def corn_strings(
    target: Texture, view: View, x: float, places: Sequence[float], top: float
) -> None:
    """Bundles of maize cobs hung below the eave at distances `places`, from height `top`."""
    for z in places:
        size = view.scale(z)
        for row in range(9):
            for side in (-1, 0, 1):
                at = view.point(x, top - 0.12 * row - 0.03 * abs(side), z)
                shift = side * 0.075 * size
                tone = 0.84 + 0.08 * ((row * 5 + side * 3) % 4)
                colour: Colour = (226 * tone, 172 * tone, 58 * tone)
                end = (at[0] + shift * 1.5, at[1] + 0.13 * size)
                capsule(target, (at[0] + shift, at[1]), end, max(1.5, 0.07 * size), colour)


def pepper_strings(
    target: Texture, view: View, x: float, places: Sequence[float], top: float
) -> None:
    """Strings of red peppers."""
    for z in places:
        size = view.scale(z)
        for row in range(20):
            at = view.point(x, top - 0.055 * row, z)
            lean = (0.09 if row % 2 else -0.09) * size
            tone = 0.8 + 0.1 * (row * 7 % 4)
            colour: Colour = (196 * tone, 34 * tone, 26 * tone)
            end = (at[0] + lean, at[1] + 0.07 * size)
            capsule(target, at, end, max(1.2, 0.035 * size), colour)


def tray(
    target: Texture,
    view: View,
    place: tuple[float, float],
    random: np.random.Generator,
    *,
    peppers: bool,
) -> None:
    """A round bamboo tray on the ground with peppers or maize kernels."""
    x, z = place
    centre, size = view.point(x, 0.05, z), view.scale(z)
    across, deep = 0.72 * size, 0.72 * size * view.height / z
    ellipse(target, (centre[0] + 7, centre[1] + 6), (across, deep), (44, 42, 40), 0.45, softness=9)
    ellipse(target, centre, (across, deep), (150, 118, 70))
    ellipse(target, centre, (across * 0.96, deep * 0.95), (206, 176, 118))
    ellipse(target, (centre[0], centre[1] + 2), (across * 0.88, deep * 0.86), (176, 142, 90))
    base = (190, 36, 28) if peppers else (230, 176, 56)
    for _ in range(420):
        angle, radius = random.uniform(0, 2 * np.pi), np.sqrt(random.uniform(0, 1)) * 0.84
        at = (
            centre[0] + float(np.cos(angle) * radius * across),
            centre[1] + float(np.sin(angle) * radius * deep),
        )
        tone = float(random.uniform(0.7, 1.15))
        colour: Colour = (min(255.0, base[0] * tone), base[1] * tone, base[2] * tone)
        if peppers:
            lean = float(random.uniform(-1, 1))
            end = (at[0] + 0.06 * size * lean, at[1] + 0.025 * size * (1 - abs(lean)))
            capsule(target, at, end, max(1.4, 0.022 * size), colour)
        else:
            ellipse(target, at, (2.2, 1.7), colour)
