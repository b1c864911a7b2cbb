"""A wooded hillside in the long-wave infrared, with a spot that grows hot.

Drawn as temperatures at 320×180, the size of common thermal sensors, coloured with an ironbow
palette and enlarged, so that it is as soft as the real thing.
"""

from __future__ import annotations

from math import pi, sin

import av
import numpy as np
from numpy.typing import NDArray

from huiyan_testing.scenes.noise import fractal_noise, grain, ridge
from huiyan_testing.scenes.osd import text_mask
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, Picture

_ROWS, _COLUMNS, _ZOOM = 180, 320, 4
_COLDEST_C, _HOTTEST_C = 2.0, 70.0
_IRONBOW = np.array(
    [
        (0, 0, 14),
        (38, 4, 92),
        (112, 10, 144),
        (182, 32, 118),
        (226, 84, 40),
        (246, 150, 14),
        (252, 212, 76),
        (255, 255, 236),
    ],
    np.float32,
)


def ironbow() -> NDArray[np.uint8]:
    """(256, 3) RGB, cold to hot."""
    stops = np.linspace(0, 255, len(_IRONBOW))
    channels = [np.interp(np.arange(256), stops, _IRONBOW[:, c]) for c in range(3)]
    return np.stack(channels, axis=1).astype(np.uint8)


class ThermalHillside:
    """The hot spot appears after a tenth of the loop, grows until nine tenths, then is put out."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed * 101 + 3)
        self._palette = ironbow()
        self._ground = _hillside(random)
        self._spot = (int(random.integers(90, 230)), int(random.integers(85, 125)))
        self._flicker = [fractal_noise(random, (_ROWS, _COLUMNS), 40, 2) for _ in range(5)]
        self._sensor = [grain(random, (_ROWS, _COLUMNS)) * 0.22 for _ in range(7)]
        self._y, self._x = np.mgrid[0:_ROWS, 0:_COLUMNS].astype(np.float32)
        self._walker_row = float(random.integers(150, 165))

    def picture(self, phase: float) -> Picture:
        celsius = self._ground + self._sensor[int(phase * 250) % len(self._sensor)]
        celsius = celsius + self._heat(phase) + self._walker(phase)
        span = (celsius - _COLDEST_C) / (_HOTTEST_C - _COLDEST_C)
        coloured = self._palette[np.clip(span * 255, 0, 255).astype(np.uint8)]
        frame = av.VideoFrame.from_ndarray(coloured, format="rgb24")
        large: Picture = (
            frame.reformat(WIDTH, HEIGHT, interpolation="BILINEAR").to_ndarray().astype(np.uint8)
        )
        self._overlay(
            large, float(celsius.max()), np.unravel_index(int(celsius.argmax()), celsius.shape)
        )
        return large

    def _heat(self, phase: float) -> NDArray[np.float32]:
        growth = float(np.clip((phase - 0.1) / 0.75, 0, 1) * np.clip((0.97 - phase) / 0.07, 0, 1))
        x, y = self._spot
        breath = 1 + 0.08 * sin(phase * 2 * pi * 17)
        radius = 1.2 + 8.5 * growth
        core = np.exp(-(((self._x - x) / (radius * 1.5)) ** 2 + ((self._y - y) / radius) ** 2))
        rise = np.clip(y - self._y, 0, None)
        plume = np.exp(-(((self._x - x - rise * 0.45) / (radius + rise * 0.3)) ** 2)) * np.exp(
            -rise / 26
        )
        plume *= self._y <= y
        ragged = 1 + 0.22 * self._flicker[int(phase * 60) % len(self._flicker)]
        heat = growth * (core * 54 * breath + plume * 7) * np.clip(ragged, 0.3, 1.6)
        return np.asarray(heat, np.float32)

    def _walker(self, phase: float) -> NDArray[np.float32]:
        """Somebody on the path at the foot of the hill, a few pixels tall."""
        x = 20 + phase * 280
        body = np.exp(-(((self._x - x) / 1.5) ** 2 + ((self._y - self._walker_row) / 4.0) ** 2))
        return np.asarray(body * 15, np.float32)

    def _overlay(self, picture: Picture, hottest: float, where: tuple[np.intp, ...]) -> None:
        left, top, bottom = WIDTH - 46, 130, HEIGHT - 130
        scale = np.linspace(255, 0, bottom - top).astype(np.uint8)
        picture[top - 2 : bottom + 2, left - 2 : left + 18] = 230
        picture[top:bottom, left : left + 16] = self._palette[scale][:, None]
        _write(picture, f"{_HOTTEST_C:.0f}°C", (left - 62, top - 26))
        _write(picture, f"{_COLDEST_C:.0f}°C", (left - 62, bottom + 10))
        y, x = int(where[0]) * _ZOOM, int(where[1]) * _ZOOM
        y, x = min(max(y, 110), HEIGHT - 60), min(max(x, 40), WIDTH - 200)
        picture[y - 1 : y + 1, x - 14 : x + 14] = 255
        picture[y - 14 : y + 14, x - 1 : x + 1] = 255
        _write(picture, f"{hottest:.1f}°C", (x + 56, y - 44))


def _hillside(random: np.random.Generator) -> NDArray[np.float32]:
    rows = np.arange(_ROWS, dtype=np.float32)[:, None]
    celsius = np.repeat(5.0 + rows * 0.02, _COLUMNS, axis=1).astype(np.float32)
    celsius += fractal_noise(random, (_ROWS, _COLUMNS), 4, 3) * 0.6
    for layer, (base, warm) in enumerate(((62, 15.0), (84, 19.0), (118, 23.0))):
        line = base - ridge(random, _COLUMNS, 3 + layer, 6) * 9
        trees = fractal_noise(random, (_ROWS, _COLUMNS), 34 + 14 * layer, 4)
        slope = (rows - base) * 0.03
        cover = np.clip(rows - line[None, :] + 0.5, 0, 1)
        celsius += cover * (warm + slope + trees * 2.6 - celsius)
    path = 157 + 4 * np.sin(np.arange(_COLUMNS) / 50)
    celsius += np.exp(-(((rows - path[None, :]) / 3.5) ** 2)).astype(np.float32) * 4
    return celsius.astype(np.float32)


def _write(picture: Picture, text: str, place: tuple[int, int]) -> None:
    mask = text_mask(text, 2)
    x, y = place
    below = picture[y + 2 : y + 2 + mask.shape[0], x + 2 : x + 2 + mask.shape[1]]
    below[mask[: below.shape[0], : below.shape[1]]] = 0
    area = picture[y : y + mask.shape[0], x : x + mask.shape[1]]
    area[mask[: area.shape[0], : area.shape[1]]] = 250
