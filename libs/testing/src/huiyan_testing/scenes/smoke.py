"""Harvested fields where somebody burns straw: a plume of smoke rises and drifts."""

from __future__ import annotations

from math import pi, sin

import numpy as np
from numpy.typing import NDArray

from huiyan_testing.scenes.figure import Clothing, walker
from huiyan_testing.scenes.landscape import blank, finish, hills, house, sky, tree
from huiyan_testing.scenes.noise import fractal_noise, grain
from huiyan_testing.scenes.paint import Texture, ellipse
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, Picture
from huiyan_testing.scenes.view import View, sample

_ZOOM = 4
_ROWS, _COLUMNS = HEIGHT // _ZOOM, WIDTH // _ZOOM
_PUFFS = 64


class StrawSmoke:
    """Every puff lives for one loop, so that the plume has no seam."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed * 401 + 7)
        self._view = View(232, 6.0, 900)
        self._fire = (float(random.uniform(-9, 6)), float(random.uniform(26, 38)))
        self._ground = self._paint(random)
        self._canvas = self._ground.copy()
        self._birth = (np.arange(_PUFFS) / _PUFFS + random.uniform(0, 0.01, _PUFFS)).tolist()
        self._sway = random.uniform(-1, 1, (_PUFFS, 3)).tolist()
        self._drift = float(random.choice((-1, 1)) * random.uniform(0.25, 0.5))
        self._ragged = 1 + 0.3 * fractal_noise(random, (_ROWS * 2, _COLUMNS), 26, 4)
        self._clothing = Clothing((64, 92, 122), (58, 58, 60), (208, 186, 126))

    def picture(self, phase: float) -> Picture:
        np.copyto(self._canvas, self._ground)
        x, z = self._fire
        foot = self._view.point(x + 3.2 + 0.5 * sin(phase * 2 * pi), 0, z)
        walker(self._canvas, foot, 1.66 * self._view.scale(z), phase * 4, self._clothing, facing=-1)
        self._flames(phase)
        self._smoke(phase)
        return self._canvas

    def _flames(self, phase: float) -> None:
        x, z = self._fire
        size = self._view.scale(z)
        glow = self._view.point(x, 0.15, z)
        ellipse(
            self._canvas, glow, (1.3 * size, 0.3 * size), (255, 140, 50), 0.3, softness=0.5 * size
        )
        for index in range(9):
            beat = 0.55 + 0.45 * sin(2 * pi * (phase * (23 + 5 * index) + index * 0.37))
            place = x - 0.9 + 0.22 * index + 0.1 * sin(index * 5.1)
            at = self._view.point(place, 0.05 + 0.14 * beat, z)
            tongue = (0.1 * size, (0.1 + 0.16 * beat * (1.3 - abs(index - 4) / 4)) * size)
            ellipse(
                self._canvas, at, tongue, (250, 120 + 90 * beat, 48), 0.75, softness=0.12 * size
            )

    def _smoke(self, phase: float) -> None:
        density = self._density(phase)
        rows = np.flatnonzero(density.max(axis=1) > 0.01)
        columns = np.flatnonzero(density.max(axis=0) > 0.01)
        if not rows.size:
            return
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        left, right = int(columns[0]), int(columns[-1]) + 1
        shift = int((1 - phase) * _ROWS) % _ROWS
        ragged = np.roll(self._ragged[:_ROWS], shift - _ROWS, axis=0)
        cover = 1 - np.exp(-density[top:bottom, left:right] * ragged[top:bottom, left:right])
        large = _enlarge(cover.astype(np.float32))[..., None]
        light = np.linspace(196, 168, large.shape[0], dtype=np.float32)[:, None, None]
        tone = light * np.array((1.0, 1.01, 1.02), np.float32)
        area = self._canvas[top * _ZOOM : bottom * _ZOOM, left * _ZOOM : right * _ZOOM]
        area[...] = area + large * (tone - area)

    def _density(self, phase: float) -> NDArray[np.float32]:
        """Optical depth at a quarter of the resolution."""
        density = np.zeros((_ROWS, _COLUMNS), np.float32)
        source = self._view.point(self._fire[0], 0.4, self._fire[1])
        scale = self._view.scale(self._fire[1]) / 28
        for birth, (sway, turn, lift) in zip(self._birth, self._sway, strict=True):
            age = (phase - birth) % 1.0
            rise = (age**0.8) * 330 * scale * (1 + 0.12 * lift)
            x = (
                source[0]
                + self._drift * rise * (0.6 + age)
                + sway * 26 * age
                + 14 * sin(6 * age + turn * 3) * age
            )
            y = source[1] - rise
            radius = (7 + 84 * age) * scale
            strength = 1.0 * min(age / 0.03, 1.0) * (1 - age) ** 1.4 / (0.4 + 3.0 * age)
            _add_puff(density, (x / _ZOOM, y / _ZOOM), radius / _ZOOM, strength)
        return density

    def _paint(self, random: np.random.Generator) -> Picture:
        target = blank()
        horizon = int(self._view.horizon)
        sky(target, random, horizon + 4)
        hills(target, random, horizon + 4, 4, 48)
        first = horizon + 3
        x, z = self._view.ground(first)
        x, z = x + random.uniform(0, 400), z + random.uniform(0, 9)
        target[first:] = _fields(random, x, z)
        for _ in range(7):
            width = float(random.uniform(46, 96))
            house(target, random, (float(random.uniform(20, 1180)), horizon + width * 0.14), width)
        for _ in range(16):
            distance = float(random.uniform(75, 190))
            foot = self._view.point(float(random.uniform(-100, 100)), 0, distance)
            tree(
                target,
                random,
                foot,
                float(random.uniform(4, 7)) * self._view.scale(distance),
                leaf=(78, 98, 52),
            )
        for _ in range(18):
            _straw_pile(target, self._view, random)
        x_fire, z_fire = self._fire
        size = self._view.scale(z_fire)
        ellipse(
            target,
            self._view.point(x_fire, 0, z_fire),
            (2.6 * size, 0.5 * size),
            (46, 42, 36),
            0.85,
            softness=0.7 * size,
        )
        return finish(target, random, 2.5)


def _fields(random: np.random.Generator, x: NDArray[np.float32], z: NDArray[np.float32]) -> Texture:
    tile, fine = fractal_noise(random, (1024, 1024), 20, 5), grain(random, (1024, 1024))
    rough = sample(tile, x, z, 22)
    speck = sample(fine, x, z, 36) * np.clip(20 / z, 0, 1)
    depth = np.floor(z / 17 + 0.25 * np.sin(x / 23))
    parcel = np.floor((x + depth * 7.3) / 24)
    pick = np.sin(depth * 12.9898 + parcel * 78.233) * 43758.5453
    pick = pick - np.floor(pick)
    stubble = np.array((178, 158, 98), np.float32)
    soil = np.array((124, 102, 76), np.float32)
    green = np.array((92, 116, 60), np.float32)
    choice = pick[..., None]
    colour = np.where(choice < 0.5, stubble, np.where(choice < 0.72, soil, green))
    rows = np.sin((x + 0.12 * z) * 2 * np.pi / 0.55) * np.clip(16 / z, 0, 1)
    field = colour + (rough * 9 + speck * 9 + rows * 14)[..., None]
    along = np.abs((z / 17 + 0.25 * np.sin(x / 23)) % 1 - 0.5) > 0.478
    across = np.abs((x + depth * 7.3) / 24 % 1 - 0.5) > 0.484
    ridge_cover = ((along | across) * 0.8)[..., None]
    field += ridge_cover * (np.array((98, 108, 62), np.float32) + rough[..., None] * 8 - field)
    haze = np.clip((z - 40) / 420, 0, 0.65)[..., None]
    return np.asarray(field + haze * (np.array((196, 204, 202)) - field), np.float32)


def _straw_pile(target: Texture, view: View, random: np.random.Generator) -> None:
    z = float(random.uniform(15, 60))
    x, size = float(random.uniform(-0.75, 0.75)) * z, view.scale(z)
    at = view.point(x, 0, z)
    ellipse(
        target,
        (at[0] + 0.3 * size, at[1]),
        (0.8 * size, 0.16 * size),
        (40, 36, 28),
        0.4,
        softness=0.3 * size,
    )
    for level in range(5):
        wide, height = 0.62 - 0.12 * level, 0.1 + 0.2 * level
        tone = 0.8 + 0.07 * level
        centre = (at[0] - 0.03 * level * size, at[1] - height * size)
        ellipse(
            target,
            centre,
            (wide * size, 0.2 * size),
            (204 * tone, 178 * tone, 108 * tone),
            0.95,
            softness=0.12 * size,
        )


def _add_puff(
    density: NDArray[np.float32], centre: tuple[float, float], radius: float, strength: float
) -> None:
    x, y = centre
    reach = radius * 2
    left, right = max(0, int(x - reach)), min(_COLUMNS, int(x + reach) + 1)
    top, bottom = max(0, int(y - reach)), min(_ROWS, int(y + reach) + 1)
    if left >= right or top >= bottom:
        return
    across = np.exp(-(((np.arange(left, right) - x) / radius) ** 2))
    down = np.exp(-(((np.arange(top, bottom) - y) / radius) ** 2))
    density[top:bottom, left:right] += (strength * np.outer(down, across)).astype(np.float32)


def _enlarge(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Four times larger, linearly interpolated."""
    for axis in (0, 1):
        following = np.roll(field, -1, axis)
        steps = [field + (following - field) * np.float32(part / _ZOOM) for part in range(_ZOOM)]
        shape = list(field.shape)
        shape[axis] *= _ZOOM
        field = np.stack(steps, axis + 1).reshape(shape)
    return field
