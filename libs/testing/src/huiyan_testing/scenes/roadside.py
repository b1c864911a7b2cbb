"""The still part of the road scene: asphalt, fields, trees with whitewashed trunks, houses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from huiyan_testing.scenes.landscape import blank, finish, hills, house, sky, tree
from huiyan_testing.scenes.noise import fractal_noise, grain
from huiyan_testing.scenes.paint import Texture, capsule, polygon
from huiyan_testing.scenes.scene import WIDTH, Picture
from huiyan_testing.scenes.view import View, sample

HALF_ROAD_M = 3.7
_SHOULDER_M = 2.2


def paint_roadside(view: View, middle: float, random: np.random.Generator) -> Picture:
    """`middle`: the road's axis, metres right of the camera's."""
    target = blank()
    horizon = int(view.horizon)
    sky(target, random, horizon + 4)
    hills(target, random, horizon + 4, 3, 34)
    first = horizon + 3
    x, z = view.ground(first)
    target[first:] = _ground(random, x - middle, z)
    for _ in range(6):
        width = random.uniform(46, 100)
        place = random.choice((random.uniform(20, 420), random.uniform(800, 1180)))
        house(target, random, (float(place), horizon + width * 0.16), float(width))
    _shade_of_trees(target, view, middle, random)
    for z_tree in (150.0, 100.0, 72.0, 54.0, 42.0, 33.0, 26.0, 20.0):
        for side in (-1, 1):
            lateral = middle + side * (HALF_ROAD_M + 3.6) + random.uniform(-0.5, 0.5)
            foot = view.point(lateral, 0, z_tree * random.uniform(0.96, 1.04))
            size = random.uniform(4.6, 6.2) * view.scale(z_tree)
            if -200 < foot[0] < WIDTH + 200:
                tree(target, random, foot, float(size), leaf=(84, 108, 52), whitewashed=True)
    _poles(target, view, middle)
    return finish(target, random, 2.5)


def _ground(random: np.random.Generator, x: NDArray[np.float32], z: NDArray[np.float32]) -> Texture:
    """Colours of the ground; `x` metres from the road's middle. Detail fades with distance."""
    tile = fractal_noise(random, (1024, 1024), 24, 5)
    fine = grain(random, (1024, 1024))
    near = np.clip(18 / z, 0, 1)
    rough, speck = sample(tile, x, z, 24), sample(fine, x, z, 40) * near
    rows = np.sin(x * 2 * np.pi / 1.1) * np.clip(30 / z, 0, 1)
    strip = np.sin(np.floor(z / 26) * 12.9 + np.sign(x) * 4.1)
    field = np.stack([104 + 30 * strip, 118 + 8 * strip, 58 + 0 * strip], axis=-1)
    field += (rough * 9 + rows * 13 + speck * 7)[..., None]
    verge = np.array((112, 116, 74), np.float32) + (rough * 11 + speck * 9)[..., None]
    gravel = np.array((158, 150, 134), np.float32) + (rough * 6 + speck * 10)[..., None]
    wear = 6 * np.cos((np.abs(x) - 1.8) * np.pi / 0.9) * (np.abs(np.abs(x) - 1.8) < 1.4)
    asphalt = np.array((112, 112, 114), np.float32) + (rough * 4 + speck * 6 + wear)[..., None]
    reach = np.abs(x) + rough * 0.12
    blur = np.maximum(z * 0.004, 0.03)
    ground: Texture = field.astype(np.float32)
    for limit, layer in ((7.0, verge), (HALF_ROAD_M + _SHOULDER_M, gravel), (HALF_ROAD_M, asphalt)):
        cover = np.clip((limit - reach) / blur + 0.5, 0, 1)[..., None]
        ground += cover * (layer - ground)
    paint = np.clip((0.07 - np.abs(np.abs(x) - HALF_ROAD_M + 0.25)) / blur + 0.5, 0, 1)
    dash = (np.abs(x) < 0.075) * (z % 10 < 6)
    mark = np.clip((paint + dash) * (0.8 + 0.15 * rough), 0, 0.9)[..., None]
    ground += mark * (np.array((226, 222, 206), np.float32) - ground)
    haze = np.clip((z - 60) / 500, 0, 0.6)[..., None]
    return (ground + haze * (np.array((196, 204, 202), np.float32) - ground)).astype(np.float32)


def _shade_of_trees(
    target: Texture, view: View, middle: float, random: np.random.Generator
) -> None:
    """Soft shadows across the right lane, as of an afternoon sun."""
    for z in (20.0, 26.0, 33.0, 42.0, 54.0):
        left, right = middle + HALF_ROAD_M - 1.6, middle + HALF_ROAD_M + 5
        depth = float(random.uniform(2.2, 3.2))
        outline = [
            view.point(left, 0, z - depth / 2),
            view.point(right, 0, z - depth),
            view.point(right, 0, z + depth),
            view.point(left, 0, z + depth / 2),
        ]
        polygon(target, outline, (34, 38, 40), 0.42, softness=0.9 * view.scale(z))


def _poles(target: Texture, view: View, middle: float) -> None:
    """Concrete poles on the left with two wires."""
    tops: list[tuple[float, float]] = []
    for z in (24.0, 48.0, 84.0, 140.0):
        x = middle - HALF_ROAD_M - 6.4
        foot, top = view.point(x, 0, z), view.point(x, 7.2, z)
        if foot[0] > -60:
            capsule(target, foot, top, max(1.5, 0.24 * view.scale(z)), (168, 164, 156))
            arm = 0.8 * view.scale(z)
            height = top[1] + 0.4 * view.scale(z)
            capsule(
                target,
                (top[0] - arm, height),
                (top[0] + arm, height),
                max(1.0, 0.09 * view.scale(z)),
                (90, 84, 78),
            )
        tops.append((top[0], top[1] + 0.4 * view.scale(z)))
    for (x0, y0), (x1, y1) in pairwise(tops):
        for lateral in (-0.6, 0.6):
            capsule(
                target,
                (x0 + lateral * 20, y0),
                (x1 + lateral * 8, y1),
                1.1,
                (60, 62, 64),
                alpha=0.8,
            )
