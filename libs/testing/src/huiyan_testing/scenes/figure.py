"""Moving figures: a walking person and a pecking hen, painted into 8-bit pictures."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

from huiyan_testing.scenes.paint import Colour, Target, capsule, ellipse, polygon

_SKIN: Colour = (196, 152, 122)
_HAIR: Colour = (38, 34, 34)


@dataclass(frozen=True, slots=True)
class Clothing:
    top: Colour
    trousers: Colour
    hat: Colour | None = None


def walker(
    target: Target,
    foot: tuple[float, float],
    height: float,
    stride: float,
    clothing: Clothing,
    *,
    facing: float = 1.0,
) -> None:
    """A person; `foot` between the feet, `height` in pixels, `stride` in steps (phase of the gait),
    `facing` 1 to the right, -1 to the left."""
    x, y = foot
    unit = height / 8
    swing = sin(stride * 2 * pi)
    bob = abs(cos(stride * 2 * pi)) * unit * 0.12
    hip, shoulder = y - unit * 3.9 - bob, y - unit * 6.5 - bob
    dark = _scaled(clothing.trousers, 0.78)
    ellipse(
        target,
        (x + unit * 1.1, y),
        (unit * 2.1, unit * 0.42),
        (22, 24, 24),
        0.38,
        softness=unit * 0.9,
    )
    for side, colour in ((-1, dark), (1, clothing.trousers)):
        reach = swing * side * unit * 1.15
        knee = (x + reach * 0.45 + facing * unit * 0.16, y - unit * 2 - bob)
        ankle = (x + reach, y - unit * 0.25 - max(0.0, -swing * side) * unit * 0.35)
        capsule(target, (x, hip), knee, unit * 1.0, colour)
        capsule(target, knee, ankle, unit * 0.78, colour)
        capsule(
            target,
            ankle,
            (ankle[0] + facing * unit * 0.5, ankle[1] + unit * 0.1),
            unit * 0.5,
            (40, 36, 34),
        )
    back_hand = (x - swing * unit * 0.9, hip + unit * 0.2)
    capsule(target, (x, shoulder + unit * 0.4), back_hand, unit * 0.6, _scaled(clothing.top, 0.7))
    polygon(
        target,
        [
            (x - unit * 0.95, shoulder + unit * 0.1),
            (x + unit * 0.95, shoulder + unit * 0.1),
            (x + unit * 0.8, hip + unit * 0.35),
            (x - unit * 0.8, hip + unit * 0.35),
        ],
        clothing.top,
        softness=max(1.0, unit * 0.3),
    )
    polygon(
        target,
        [
            (x - unit * 0.95, shoulder + unit * 0.1),
            (x - unit * 0.3, shoulder + unit * 0.1),
            (x - unit * 0.35, hip + unit * 0.35),
            (x - unit * 0.8, hip + unit * 0.35),
        ],
        _scaled(clothing.top, 0.8),
        0.8,
        softness=max(1.0, unit * 0.4),
    )
    front_hand = (x + swing * unit * 0.9 + facing * unit * 0.2, hip + unit * 0.25)
    capsule(
        target,
        (x + unit * 0.1, shoulder + unit * 0.5),
        front_hand,
        unit * 0.58,
        _scaled(clothing.top, 0.92),
    )
    ellipse(target, front_hand, (unit * 0.28, unit * 0.3), _SKIN)
    head = (x + facing * unit * 0.12, shoulder - unit * 0.72)
    capsule(target, (x, shoulder), head, unit * 0.5, _scaled(_SKIN, 0.85))
    ellipse(target, head, (unit * 0.52, unit * 0.64), _SKIN)
    ellipse(
        target,
        (head[0] - facing * unit * 0.12, head[1] - unit * 0.25),
        (unit * 0.55, unit * 0.5),
        _HAIR,
    )
    if clothing.hat is not None:
        ellipse(target, (head[0], head[1] - unit * 0.35), (unit * 1.15, unit * 0.26), clothing.hat)
        ellipse(target, (head[0], head[1] - unit * 0.55), (unit * 0.55, unit * 0.4), clothing.hat)


def hen(
    target: Target,
    foot: tuple[float, float],
    size: float,
    pecking: float,
    colour: Colour,
    *,
    facing: float = 1.0,
) -> None:
    """A hen of `size` pixels length; `pecking` 0 head up … 1 beak on the ground."""
    x, y = foot
    body = (x, y - size * 0.42)
    ellipse(
        target,
        (x + size * 0.1, y),
        (size * 0.5, size * 0.1),
        (22, 22, 20),
        0.4,
        softness=size * 0.2,
    )
    for leg in (-0.08, 0.1):
        capsule(
            target,
            (x + leg * size, y - size * 0.2),
            (x + leg * size, y),
            size * 0.05,
            (196, 150, 60),
        )
    ellipse(target, body, (size * 0.36, size * 0.25), colour)
    ellipse(
        target,
        (x - facing * size * 0.1, body[1] - size * 0.02),
        (size * 0.2, size * 0.14),
        _scaled(colour, 0.78),
    )
    polygon(
        target,
        [
            (x - facing * size * 0.2, body[1] - size * 0.1),
            (x - facing * size * 0.52, body[1] - size * 0.38),
            (x - facing * size * 0.34, body[1] + size * 0.1),
        ],
        _scaled(colour, 0.6),
    )
    head = (
        x + facing * size * (0.38 + 0.08 * pecking),
        body[1] - size * 0.36 + pecking * size * 0.62,
    )
    capsule(target, (x + facing * size * 0.25, body[1] - size * 0.06), head, size * 0.17, colour)
    ellipse(target, head, (size * 0.11, size * 0.1), colour)
    ellipse(target, (head[0], head[1] - size * 0.1), (size * 0.08, size * 0.05), (196, 36, 30))
    capsule(
        target,
        head,
        (head[0] + facing * size * 0.16, head[1] + size * 0.04),
        size * 0.05,
        (214, 160, 60),
    )


def _scaled(colour: Colour, factor: float) -> Colour:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)
