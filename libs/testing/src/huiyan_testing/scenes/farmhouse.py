"""The still part of a courtyard scene: house front on the left, back wall with gate, yard, tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from huiyan_testing.scenes.harvest import corn_strings, pepper_strings, tray
from huiyan_testing.scenes.landscape import blank, finish, hills, sky, tree
from huiyan_testing.scenes.noise import fractal_noise, grain
from huiyan_testing.scenes.paint import Colour, Point, Texture, capsule, ellipse, polygon
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, Picture
from huiyan_testing.scenes.view import View, sample

_WALL_Z, _WALL_TOP = 14.0, 2.3  # metres: the back wall's distance and height
_HOUSE_X, _EAVE_Y = -4.3, 3.0  # metres: the house front's plane and its eave
_GATE_HALF, _GATE_TOP = 1.45, 3.0
_DOORS: tuple[Colour, ...] = ((136, 38, 36), (92, 44, 34), (46, 78, 96), (120, 62, 36))


@dataclass(frozen=True, slots=True)
class YardPlan:
    """What differs from yard to yard; positions in metres."""

    gate_x: float
    door: Colour
    brick: bool
    tree_x: float
    trays: int
    tint: float

    @staticmethod
    def draw_lots(random: np.random.Generator) -> YardPlan:
        return YardPlan(
            gate_x=float(random.uniform(-0.5, 3.6)),
            door=_DOORS[int(random.integers(len(_DOORS)))],
            brick=bool(random.random() < 0.5),
            tree_x=float(random.uniform(5.2, 6.6)),
            trays=int(random.integers(2, 5)),
            tint=float(random.uniform(-1, 1)),
        )


def paint_yard(view: View, plan: YardPlan, random: np.random.Generator) -> Picture:
    target = blank()
    sky(target, random, 160)
    hills(target, random, 186, 3, 40)
    tree(target, random, view.point(-1.5, 0, 21), 5.4 * view.scale(21), leaf=(78, 104, 56))
    tree(target, random, view.point(8.5, 0, 22), 6.5 * view.scale(22), leaf=(70, 98, 54))
    _ground(target, view, plan, random)
    _back_wall(target, view, plan, random)
    _gate(target, view, plan)
    _house(target, view, random)
    _wood_pile(target, view, random)
    _yard_things(target, view, plan, random)
    tree(
        target, random, view.point(plan.tree_x, 0, 11.0), 5.6 * view.scale(11.0), leaf=(86, 106, 50)
    )
    _fruit(target, view.point(plan.tree_x, 3.9, 11.0), 1.6 * view.scale(11.0), random)
    return finish(target, random, 2.5)


def _ground(target: Texture, view: View, plan: YardPlan, random: np.random.Generator) -> None:
    first = int(view.point(0, 0, 40)[1])
    x, z = view.ground(first)
    tile, fine = fractal_noise(random, (1024, 1024), 14, 6), grain(random, (1024, 1024))
    rough, speck = sample(tile, x, z, 60), sample(fine, x, z, 110) * np.clip(9 / z, 0, 1)
    concrete = np.array((176 + 5 * plan.tint, 170, 158 - 6 * plan.tint), np.float32)
    field = concrete + (rough * 7 + speck * 5)[..., None]
    width = np.maximum(0.02, z * 0.0022)
    joints = (np.abs((x + 1.1) % 3.0 - 1.5) < width) | (np.abs(z % 3.2 - 1.6) < width * 1.6)
    field -= joints[..., None] * 30.0
    damp = np.clip(fractal_noise(random, x.shape, 5, 4) - 0.7, 0, 1)[..., None]
    field *= 1 - 0.16 * damp
    dapple = fractal_noise(random, x.shape, 26, 3)
    near_tree = np.exp(-(((x - plan.tree_x + 1.6) / 3.0) ** 2) - ((z - 9.6) / 3.0) ** 2)
    field *= (1 - 0.42 * np.clip(near_tree * 1.7 * (0.75 + 0.5 * dapple), 0, 1))[..., None]
    wall_shade = np.clip((z - _WALL_Z + 1.6) / 0.5, 0, 1) * 0.3
    house_shade = np.clip((_HOUSE_X + 1.5 - x) / 0.35, 0, 1) * 0.38
    field *= (1 - np.maximum(wall_shade, house_shade))[..., None]
    target[first:] = field


def _back_wall(target: Texture, view: View, plan: YardPlan, random: np.random.Generator) -> None:
    left, top = view.point(-9, _WALL_TOP, _WALL_Z)
    right, foot = view.point(12, 0, _WALL_Z)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    stain = fractal_noise(random, (HEIGHT, WIDTH), 22, 5)
    if plan.brick:
        row = np.floor(rows / 6.5)
        shift = (row % 2) * 10
        mortar = (rows % 6.5 < 1.1) | ((columns + shift) % 20 < 1.2)
        each = np.sin(row * 37.7 + np.floor((columns + shift) / 20) * 91.3) * 7
        wall = np.array((148, 120, 104), np.float32) + (each + stain * 8)[..., None]
        wall = np.where(mortar[..., None], np.array((172, 164, 152), np.float32), wall)
    else:
        wall = np.array((216, 210, 196), np.float32) + (stain * 8)[..., None]
        grey = np.clip((rows - (foot - 30)) / 2, 0, 1)[..., None]
        wall += grey * (np.array((142, 140, 134), np.float32) + stain[..., None] * 6 - wall)
    drip = np.clip(1 - (rows - top) / 26, 0, 1) * np.clip(0.5 + stain * 0.5, 0, 1)
    wall *= (1 - 0.3 * drip)[..., None]
    wall *= (1 - 0.25 * np.clip((rows - foot + 10) / 10, 0, 1))[..., None]
    polygon(
        target, [(left, top), (right, top), (right, foot), (left, foot)], wall.astype(np.float32)
    )
    _tiles(target, (max(left, -20), top - 11), (min(right, WIDTH + 20), top + 3), 9)


def _tiles(target: Texture, corner: Point, opposite: Point, pitch: float) -> None:
    """A run of dark roof tiles between two corners, seen from below the ridge."""
    (left, top), (right, bottom) = corner, opposite
    polygon(target, [(left, top), (right, top), (right, bottom), (left, bottom)], (78, 78, 80))
    for step in range(int((right - left) / pitch)):
        x = left + (step + 0.5) * pitch
        capsule(target, (x, top + 1), (x, bottom - 2), pitch * 0.5, (98, 98, 100))
        ellipse(target, (x, bottom - 1), (pitch * 0.34, 3), (58, 58, 60))
    capsule(target, (left, top), (right, top), 4, (56, 56, 58))


def _gate(target: Texture, view: View, plan: YardPlan) -> None:
    x0, x1 = plan.gate_x - _GATE_HALF, plan.gate_x + _GATE_HALF
    z = _WALL_Z - 0.3

    def panel(left: float, bottom: float, right: float, top: float, colour: Colour) -> None:
        a, b = view.point(left, top, z), view.point(right, bottom, z)
        polygon(target, [a, (b[0], a[1]), b, (a[0], b[1])], colour)

    panel(x0 - 0.45, 0, x1 + 0.45, _GATE_TOP, (192, 184, 170))
    panel(x0 + 0.05, 0, x1 - 0.05, 2.35, (40, 32, 30))
    shade: Colour = (plan.door[0] * 0.82, plan.door[1] * 0.82, plan.door[2] * 0.82)
    panel(x0 + 0.1, 0.06, plan.gate_x - 0.03, 2.3, plan.door)
    panel(plan.gate_x + 0.03, 0.06, x1 - 0.1, 2.3, shade)
    for row in range(4):
        for column in (-0.95, -0.62, -0.3, 0.3, 0.62, 0.95):
            at = view.point(plan.gate_x + column, 0.5 + row * 0.5, z)
            ellipse(target, at, (2.0, 2.0), (196, 160, 80))
    for side in (x0 - 0.22, x1 + 0.22):  # spring couplets and the strip above the door
        panel(side - 0.15, 0.55, side + 0.15, 2.35, (188, 40, 34))
        for row in range(5):
            at = view.point(side, 0.75 + row * 0.34, z)
            ellipse(target, at, (2.2, 2.6), (226, 184, 92), 0.9)
    panel(plan.gate_x - 0.75, 2.45, plan.gate_x + 0.75, 2.75, (188, 40, 34))
    for column in range(4):
        at = view.point(plan.gate_x - 0.5 + column * 0.33, 2.6, z)
        ellipse(target, at, (3.0, 3.0), (226, 184, 92), 0.9)
    left, top = view.point(x0 - 0.9, _GATE_TOP + 0.5, z)
    right, bottom = view.point(x1 + 0.9, _GATE_TOP - 0.05, z)
    polygon(
        target, [(left + 14, top), (right - 14, top), (right, bottom), (left, bottom)], (74, 74, 76)
    )
    _tiles(target, (left + 8, top + 4), (right - 8, bottom), 8)
    polygon(
        target,
        [(left, bottom), (right, bottom), (right - 6, bottom + 7), (left + 6, bottom + 7)],
        (50, 46, 44),
        0.55,
        softness=4,
    )


def _house(target: Texture, view: View, random: np.random.Generator) -> None:
    """The front on the left runs towards the back wall; its eave throws a shadow."""
    near, far = 2.6, _WALL_Z
    stain = fractal_noise(random, (HEIGHT, WIDTH), 12, 5)[..., None]
    wall = np.array((222, 216, 202), np.float32) + stain * 6
    _flank(target, view, (near, 0.0, far, _EAVE_Y), wall.astype(np.float32))
    _flank(
        target,
        view,
        (near, 0.0, far, 0.55),
        (np.array((148, 144, 138), np.float32) + stain * 6).astype(np.float32),
    )
    for begin, end, bottom, top, colour in (
        (8.1, 9.5, 0.0, 2.15, (96, 54, 40)),
        (5.6, 6.9, 0.95, 2.05, (70, 86, 98)),
        (10.6, 11.9, 0.95, 2.05, (70, 86, 98)),
    ):
        _flank(target, view, (begin - 0.1, bottom - 0.06, end + 0.1, top + 0.08), (132, 92, 62))
        _flank(target, view, (begin, bottom, end, top), colour)
        middle = (begin + end) / 2
        _flank(target, view, (middle - 0.03, bottom, middle + 0.03, top), (132, 92, 62))
        if bottom:
            for bar in (0.25, 0.5, 0.75):
                height = bottom + (top - bottom) * bar
                _flank(target, view, (begin, height - 0.02, end, height + 0.02), (132, 92, 62))
    for edge in (7.95, 9.65):
        _flank(target, view, (edge - 0.12, 0.5, edge + 0.12, 2.1), (184, 42, 36))
    _flank(
        target, view, (near, _EAVE_Y - 0.75, far, _EAVE_Y), (60, 52, 44), alpha=0.35, softness=18
    )
    corn_strings(target, view, _HOUSE_X + 0.06, (7.0, 7.5), 2.75)
    pepper_strings(target, view, _HOUSE_X + 0.06, (9.95, 10.25, 10.5), 2.7)
    corn_strings(target, view, _HOUSE_X + 0.06, (12.4, 12.9), 2.75)
    eave = [
        view.point(_HOUSE_X + 0.75, _EAVE_Y - 0.05, near),
        view.point(_HOUSE_X + 0.75, _EAVE_Y - 0.05, far),
        view.point(_HOUSE_X - 0.6, _EAVE_Y + 0.55, far),
        view.point(_HOUSE_X - 0.6, _EAVE_Y + 0.55, near),
    ]
    polygon(target, eave, (72, 72, 76))
    for z in np.arange(2.7, far, 0.28):
        begin_at = view.point(_HOUSE_X + 0.75, _EAVE_Y - 0.05, float(z))
        end_at = view.point(_HOUSE_X - 0.6, _EAVE_Y + 0.55, float(z))
        capsule(target, begin_at, end_at, max(1.0, 0.1 * view.scale(float(z))), (94, 94, 98))


def _flank(
    target: Texture,
    view: View,
    extent: tuple[float, float, float, float],
    colour: Colour | Texture,
    *,
    alpha: float = 1.0,
    softness: float = 1.0,
) -> None:
    """A rectangle on the house front: (near z, bottom y, far z, top y)."""
    near, bottom, far, top = extent
    corners = ((bottom, near), (bottom, far), (top, far), (top, near))
    polygon(
        target, [view.point(_HOUSE_X, y, z) for y, z in corners], colour, alpha, softness=softness
    )


def _wood_pile(target: Texture, view: View, random: np.random.Generator) -> None:
    """Split logs stacked against the back wall."""
    for row in range(5):
        for column in range(13 - row):
            x = 8.0 + column * 0.2 + row * 0.1 - 0.6
            at = view.point(x, 0.12 + row * 0.19, _WALL_Z - 0.6)
            size = 0.1 * view.scale(_WALL_Z)
            tone = float(random.uniform(0.8, 1.1))
            ellipse(target, at, (size, size), (96 * tone, 70 * tone, 50 * tone))
            ellipse(target, at, (size * 0.7, size * 0.7), (190 * tone, 154 * tone, 110 * tone))


def _yard_things(target: Texture, view: View, plan: YardPlan, random: np.random.Generator) -> None:
    places = [(0.4, 6.6), (2.5, 7.4), (-1.0, 8.2), (2.0, 9.6)]
    for index in range(plan.trays):
        x, z = places[index]
        place = (x + float(random.uniform(-0.4, 0.4)), z + float(random.uniform(-0.3, 0.3)))
        tray(target, view, place, random, peppers=index % 2 == 0)
    x, z = 4.3, 7.6  # a blue basin and a low stool beside it
    at, size = view.point(x, 0.12, z), view.scale(z)
    ellipse(
        target,
        (at[0] + 8, at[1] + 0.16 * size),
        (0.5 * size, 0.16 * size),
        (40, 40, 40),
        0.4,
        softness=12,
    )
    ellipse(target, (at[0], at[1] + 0.08 * size), (0.38 * size, 0.16 * size), (44, 96, 156))
    ellipse(target, at, (0.42 * size, 0.17 * size), (74, 136, 196))
    ellipse(target, at, (0.36 * size, 0.135 * size), (128, 160, 172))
    for leg in (-0.16, 0.16):
        capsule(
            target,
            view.point(5.2 + leg, 0.3, 8.0),
            view.point(5.2 + leg * 1.3, 0, 8.0),
            5,
            (112, 78, 48),
        )
    capsule(target, view.point(5.0, 0.32, 8.0), view.point(5.4, 0.32, 8.0), 8, (150, 108, 68))


def _fruit(target: Texture, centre: Point, spread: float, random: np.random.Generator) -> None:
    for _ in range(34):
        angle, radius = random.uniform(0, 2 * np.pi), np.sqrt(random.uniform(0, 1)) * spread
        at = (
            centre[0] + float(np.cos(angle) * radius),
            centre[1] + float(np.sin(angle) * radius * 0.8),
        )
        ellipse(target, at, (4.2, 4.0), (222, 116, 34))
        ellipse(target, (at[0] - 1.2, at[1] - 1.4), (1.4, 1.2), (248, 178, 96), 0.8)
