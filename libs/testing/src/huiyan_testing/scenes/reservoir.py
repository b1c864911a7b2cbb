"""A reservoir's flood-season point: a staff gauge at a pier, and water that rises along it.

The rising is drawn from two still pictures, one dry and one flooded: every frame takes from the
flooded one what lies below the water level, then adds ripples.
"""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from huiyan_testing.scenes.landscape import blank, finish, hills, house, sky, tree
from huiyan_testing.scenes.noise import fractal_noise
from huiyan_testing.scenes.osd import text_mask
from huiyan_testing.scenes.paint import Texture, capsule, polygon
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, Picture

_SHORE = 262  # row where the water meets the far bank
_GAUGE_TOP, _GAUGE_ROW_M = 170, 230.0  # pixels: top of the board, pixels per metre
_LOW, _HIGH = 600, 445  # rows of the water line at the gauge
_GAUGE_WIDTH = 74
_BANK_TOP, _BANK_LEFT, _BANK_SLOPE = 324, 620, 0.8
_OUTSIDE = -1e6


class Reservoir:
    """The level rises for the first four fifths of the loop and falls back in the rest."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed * 307 + 11)
        self._pier = int(random.integers(300, 520))
        flooded = blank()
        sky(flooded, random, _SHORE)
        hills(flooded, random, _SHORE + 2, 3, 62)
        for _ in range(3):
            width = float(random.uniform(44, 76))
            house(flooded, random, (float(random.uniform(560, 1050)), _SHORE - 1), width)
        for x in np.sort(random.uniform(0, WIDTH, 16)):
            tree(
                flooded,
                random,
                (float(x), _SHORE + 1),
                float(random.uniform(24, 52)),
                leaf=(70, 94, 52),
            )
        _water(flooded, random)
        dry = flooded.copy()
        self._bank_row = _bank(dry, random)
        _pier(dry, self._pier)
        _reflect_pier(flooded, self._pier)
        wet_bank = dry * np.array((0.42, 0.5, 0.48), np.float32) + np.array(
            (26, 38, 36), np.float32
        )
        wet = 0.55 * flooded + 0.45 * wet_bank
        flooded = np.where((self._bank_row > _OUTSIDE)[..., None], wet, flooded)
        self._dry = finish(dry, random, 2.0)
        self._flooded = np.clip(finish(flooded, random, 2.0), 24, 231)
        self._canvas = self._dry.copy()
        self._waves = _wave_phases()

    def picture(self, phase: float) -> Picture:
        line = _LOW + (_HIGH - _LOW) * _rise(phase)
        top = int(line)
        surface = self._canvas[_SHORE:]
        np.add(self._flooded[_SHORE:], self._ripples(phase), out=surface)
        pier = (slice(_SHORE, top), slice(self._pier - 26, self._pier + 109))
        self._canvas[pier] = self._dry[pier]
        self._canvas[top - 1 : top + 2, pier[1]] = (190, 202, 198)
        bank = (slice(_BANK_TOP, HEIGHT), slice(_BANK_LEFT, WIDTH))
        level = self._bank_row[bank]
        still = (level > _OUTSIDE) & (level <= line)
        np.copyto(self._canvas[bank], self._dry[bank], where=still[..., None])
        self._canvas[bank][np.abs(level - line) < 3] = (196, 206, 200)
        return self._canvas

    def _ripples(self, phase: float) -> NDArray[np.uint8]:
        """Brightness to add to the water, (rows, WIDTH, 1); negative values wrap around."""
        moving = np.zeros(self._waves[0][0].shape, np.float32)
        for wave, cycles in self._waves:
            moving += np.sin(wave + np.float32(2 * pi * cycles * phase))
        coarse = (moving * 6).astype(np.int8).view(np.uint8)
        return np.repeat(np.repeat(coarse, 2, axis=0), 4, axis=1)[..., None]


def _rise(phase: float) -> float:
    """0 … 1: up during four fifths of the loop, then down."""
    if phase < 0.8:
        return sin(phase / 0.8 * pi / 2) ** 2
    return 0.5 + 0.5 * cos((phase - 0.8) / 0.2 * pi)


def _water(target: Texture, random: np.random.Generator) -> None:
    """Mirror of hills and sky, darker and greener towards the viewer."""
    depth = HEIGHT - _SHORE
    source = np.clip(_SHORE - 1 - (np.arange(depth) * 0.52).astype(int), 0, _SHORE - 1)
    mirrored = target[source].copy()
    streaks = fractal_noise(random, (depth, 80), 6, 3)
    streaks = np.repeat(streaks, WIDTH // 80, axis=1)[..., None]
    deep = np.array((70, 96, 92), np.float32)
    mix = np.linspace(0.35, 0.78, depth, dtype=np.float32)[:, None, None]
    target[_SHORE:] = mirrored * (1 - mix) + deep * mix + streaks * 3
    target[_SHORE : _SHORE + 3] *= 0.7


def _bank(target: Texture, random: np.random.Generator) -> NDArray[np.float32]:
    """Concrete slope in the lower right, its foot in the water. Returns for every pixel the gauge
    row whose level reaches it (below _OUTSIDE where there is no slope)."""
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    columns = np.arange(WIDTH, dtype=np.float32)[None, :]
    depth = rows - (_BANK_TOP + 6 + (WIDTH - columns) * 0.62)  # pixels above the foot
    inside = np.clip(depth * 0.5 + 0.5, 0, 1)[..., None]
    stain = fractal_noise(random, (HEIGHT, WIDTH), 14, 5)
    joints = ((columns - rows * 0.7) % 118 < 2.5) | ((rows + columns * 0.62) % 84 < 2.0)
    slab = np.array((172, 170, 160), np.float32) + (stain * 9 - joints * 34.0)[..., None]
    reached = (_LOW - _HIGH) * _BANK_SLOPE
    slab *= (1 - 0.26 * np.clip((reached + 8 - depth + stain * 4) / 10, 0, 1))[..., None]
    target += inside * (slab - target)
    level = _LOW - depth / _BANK_SLOPE
    return np.where(depth > 0, level, 2 * _OUTSIDE).astype(np.float32)


def _pier(target: Texture, left: int) -> None:
    """The concrete pier with the gauge board: red graduations every 10 cm, a figure each metre."""
    polygon(
        target,
        [(left - 26, 150), (left + 108, 150), (left + 108, HEIGHT), (left - 26, HEIGHT)],
        (150, 150, 144),
    )
    polygon(
        target,
        [(left + 84, 150), (left + 108, 150), (left + 108, HEIGHT), (left + 84, HEIGHT)],
        (112, 114, 110),
        1,
        softness=3,
    )
    polygon(
        target,
        [(left - 40, 132), (left + 122, 132), (left + 122, 156), (left - 40, 156)],
        (176, 176, 168),
    )
    capsule(target, (left - 36, 132), (left - 36, 96), 4, (90, 110, 126))
    capsule(target, (left + 118, 132), (left + 118, 96), 4, (90, 110, 126))
    capsule(target, (left - 36, 98), (left + 118, 98), 4, (90, 110, 126))
    right = left + _GAUGE_WIDTH
    polygon(
        target,
        [(left, _GAUGE_TOP), (right, _GAUGE_TOP), (right, HEIGHT), (left, HEIGHT)],
        (238, 238, 232),
    )
    step = _GAUGE_ROW_M / 20
    for index in range(int((HEIGHT - _GAUGE_TOP) / step)):
        top = _GAUGE_TOP + index * step
        metre, part = divmod(index, 20)
        colour = (196, 34, 30) if metre % 2 == 0 else (36, 40, 52)
        start = left if (index // 10) % 2 == 0 else left + _GAUGE_WIDTH / 2
        if part % 2 == 0:
            polygon(
                target,
                [
                    (start, top),
                    (start + _GAUGE_WIDTH / 2, top),
                    (start + _GAUGE_WIDTH / 2, top + step),
                    (start, top + step),
                ],
                colour,
            )
        spine = start if start == left else right - 9
        polygon(
            target,
            [(spine, top), (spine + 9, top), (spine + 9, top + step), (spine, top + step)],
            colour,
        )
        if part == 10:
            _figure(target, 9 - metre - 1, left + 10, int(top) - 100)
    polygon(
        target,
        [(right - 6, _GAUGE_TOP), (right, _GAUGE_TOP), (right, HEIGHT), (right - 6, HEIGHT)],
        (120, 120, 116),
        0.35,
        softness=6,
    )


def _figure(target: Texture, number: int, x: int, y: int) -> None:
    mask = text_mask(str(number), 5)
    if y > 0:
        area = target[y : y + mask.shape[0], x + 30 : x + 30 + mask.shape[1]]
        area[mask[: area.shape[0], : area.shape[1]]] = (36, 40, 52)


def _reflect_pier(target: Texture, left: int) -> None:
    """What is seen of the pier in the water around it."""
    polygon(
        target,
        [(left - 24, 300), (left + 106, 300), (left + 96, HEIGHT), (left - 14, HEIGHT)],
        (104, 120, 114),
        0.6,
        softness=14,
    )
    polygon(
        target,
        [
            (left + 4, 300),
            (left + _GAUGE_WIDTH - 4, 300),
            (left + _GAUGE_WIDTH - 12, HEIGHT),
            (left + 12, HEIGHT),
        ],
        (150, 164, 156),
        0.5,
        softness=16,
    )


def _wave_phases() -> list[tuple[NDArray[np.float32], int]]:
    """Phase maps of three trains of waves, finer towards the far bank, and their cycles a loop."""
    rows = np.arange(0, HEIGHT - _SHORE, 2, dtype=np.float32)[:, None] + 6
    columns = np.arange(0, WIDTH, 4, dtype=np.float32)[None, :]
    far = 9000.0 / rows
    bend = (columns - WIDTH / 2) / (rows + 60)
    return [
        (far * 0.9 + bend * 2.0, 14),
        (far * 1.7 - bend * 4.4, 22),
        (far * 0.45 + bend * 9.0, 9),
    ]
