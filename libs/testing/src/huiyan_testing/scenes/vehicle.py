"""A car as a few projected boxes, painted back to front."""

from __future__ import annotations

from dataclasses import dataclass

from huiyan_testing.scenes.paint import Colour, Point, Target, ellipse, polygon
from huiyan_testing.scenes.view import View

_GLASS: Colour = (48, 58, 68)
_TYRE: Colour = (26, 26, 28)


@dataclass(frozen=True, slots=True)
class Car:
    """Sizes in metres. `van` has a tall, long cabin."""

    colour: Colour
    van: bool = False

    @property
    def length(self) -> float:
        return 4.4

    @property
    def width(self) -> float:
        return 1.78


def draw_car(
    target: Target,
    view: View,
    car: Car,
    x: float,
    z: float,
    *,
    oncoming: bool,
    braking: bool = False,
) -> None:
    """`x` is the car's centre, `z` its end nearest to the camera. Nothing is drawn behind z < 3."""
    if z < 3:
        return
    half, far = car.width / 2, z + car.length
    left, right = x - half, x + half
    belt, roof = (0.95, 1.95) if car.van else (0.88, 1.46)
    shine, shade = _scaled(car.colour, 1.12), _scaled(car.colour, 0.66)
    _shadow(target, view, (left, right, z, far))
    visible = left if x > 0 else right  # the flank turned to the camera's axis
    for wheel in (z + 0.75, far - 0.8):
        centre = view.point(visible, 0.33, wheel)
        size = view.scale(wheel)
        ellipse(
            target,
            centre,
            (
                max(0.12 * size, abs(view.point(visible, 0, wheel + 0.33)[0] - centre[0])),
                0.33 * size,
            ),
            _TYRE,
        )
    _face(
        target,
        view,
        [(visible, 0.3, z), (visible, 0.3, far), (visible, belt, far), (visible, belt, z)],
        shade,
    )
    bonnet = 0.25 if car.van else (1.15 if oncoming else 0.75)
    tail = 0.1 if car.van else (0.6 if oncoming else 1.1)
    front, back = z + bonnet, far - tail
    inset = 0.12
    top_left, top_right = left + inset, right - inset
    rake = 0.15 if car.van else 0.55
    _face(
        target,
        view,
        [(left, belt, z), (right, belt, z), (right, belt, far), (left, belt, far)],
        shine,
    )
    side_top = top_left if visible == left else top_right
    _face(
        target,
        view,
        [
            (visible, belt, front),
            (visible, belt, back),
            (side_top, roof, back - rake),
            (side_top, roof, front + rake),
        ],
        _scaled(_GLASS, 0.8),
    )
    _face(
        target,
        view,
        [
            (top_left, roof, front + rake),
            (top_right, roof, front + rake),
            (top_right, roof, back - rake),
            (top_left, roof, back - rake),
        ],
        shine,
    )
    _face(
        target,
        view,
        [
            (left + 0.05, belt, front),
            (right - 0.05, belt, front),
            (top_right, roof, front + rake),
            (top_left, roof, front + rake),
        ],
        car.colour,
    )
    _face(
        target,
        view,
        [
            (left + 0.14, belt + 0.04, front),
            (right - 0.14, belt + 0.04, front),
            (top_right - 0.08, roof - 0.07, front + rake * 0.9),
            (top_left + 0.08, roof - 0.07, front + rake * 0.9),
        ],
        _GLASS,
    )
    _face(
        target,
        view,
        [
            (left + 0.2, belt + 0.1, front),
            (x - 0.2, belt + 0.1, front),
            (x - 0.05, roof - 0.1, front + rake * 0.85),
            (left + 0.28, roof - 0.1, front + rake * 0.85),
        ],
        (150, 170, 184),
        0.22,
    )
    _near_end(target, view, (left, right, z, belt), car.colour, oncoming=oncoming, braking=braking)


def _near_end(
    target: Target,
    view: View,
    extent: tuple[float, float, float, float],
    colour: Colour,
    *,
    oncoming: bool,
    braking: bool,
) -> None:
    left, right, z, belt = extent
    middle = (left + right) / 2
    for tyre in (left + 0.04, right - 0.26):
        _face(
            target,
            view,
            [
                (tyre, 0.0, z + 0.3),
                (tyre + 0.22, 0.0, z + 0.3),
                (tyre + 0.22, 0.4, z + 0.3),
                (tyre, 0.4, z + 0.3),
            ],
            _TYRE,
        )
    _face(
        target,
        view,
        [(left, 0.28, z), (right, 0.28, z), (right, belt, z), (left, belt, z)],
        _scaled(colour, 0.86),
    )
    _face(
        target,
        view,
        [(left, 0.28, z), (right, 0.28, z), (right, 0.45, z), (left, 0.45, z)],
        (44, 44, 46),
        0.9,
    )
    lamp: Colour = (244, 244, 226) if oncoming else ((255, 48, 34) if braking else (150, 26, 24))
    for edge, inner in ((left + 0.06, left + 0.42), (right - 0.06, right - 0.42)):
        _face(
            target,
            view,
            [(edge, 0.64, z), (inner, 0.66, z), (inner, 0.77, z), (edge, 0.82, z)],
            lamp,
        )
        if braking:
            ellipse(
                target,
                view.point((edge + inner) / 2, 0.72, z),
                (0.35 * view.scale(z), 0.25 * view.scale(z)),
                (255, 60, 40),
                0.35,
                softness=0.5 * view.scale(z),
            )
    if oncoming:
        _face(
            target,
            view,
            [
                (left + 0.5, 0.58, z),
                (right - 0.5, 0.58, z),
                (right - 0.5, 0.76, z),
                (left + 0.5, 0.76, z),
            ],
            (36, 38, 40),
        )
    _face(
        target,
        view,
        [
            (middle - 0.22, 0.46, z),
            (middle + 0.22, 0.46, z),
            (middle + 0.22, 0.58, z),
            (middle - 0.22, 0.58, z),
        ],
        (30, 84, 190),
    )


def _shadow(target: Target, view: View, extent: tuple[float, float, float, float]) -> None:
    left, right, z, far = extent
    outline = [
        view.point(left - 0.2, 0, z - 0.15),
        view.point(right + 0.7, 0, z - 0.15),
        view.point(right + 0.7, 0, far),
        view.point(left - 0.1, 0, far),
    ]
    polygon(target, outline, (18, 20, 24), 0.55, softness=max(1.0, 0.35 * view.scale(z)))


def _face(
    target: Target,
    view: View,
    corners: list[tuple[float, float, float]],
    colour: Colour,
    alpha: float = 1.0,
) -> None:
    outline: list[Point] = [view.point(*corner) for corner in corners]
    polygon(target, outline, colour, alpha)


def _scaled(colour: Colour, factor: float) -> Colour:
    return (
        min(255.0, colour[0] * factor),
        min(255.0, colour[1] * factor),
        min(255.0, colour[2] * factor),
    )
