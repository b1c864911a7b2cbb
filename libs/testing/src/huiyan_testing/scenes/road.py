"""A key road at a village's edge: traffic both ways, and one car that stops at the roadside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from huiyan_testing.scenes.figure import Clothing, walker
from huiyan_testing.scenes.paint import Colour
from huiyan_testing.scenes.roadside import paint_roadside
from huiyan_testing.scenes.scene import WIDTH, Picture
from huiyan_testing.scenes.vehicle import Car, draw_car
from huiyan_testing.scenes.view import View

_LANE_M = 1.8
_FAR_M, _NEAR_M = 150.0, 3.2
_COLOURS: tuple[Colour, ...] = (
    (226, 226, 222),
    (170, 172, 176),
    (38, 40, 46),
    (150, 32, 34),
    (44, 72, 128),
    (206, 190, 160),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A car's way through the picture between two phases of the loop."""

    car: Car
    begin: float
    end: float
    oncoming: bool

    def distance(self, phase: float) -> float | None:
        """Metres from the camera; None while the car is not there."""
        if not self.begin <= phase < self.end:
            return None
        part = (phase - self.begin) / (self.end - self.begin)
        part = 1 - part if self.oncoming else part
        return _NEAR_M + (_FAR_M - _NEAR_M) * part


class KeyRoad:
    """Vehicles keep right, so those driving away are in the lane to the right of the middle."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed * 211 + 5)
        self._view = View(215, 4.8, 900, WIDTH / 2 + float(random.uniform(-70, 70)))
        self._middle = float(random.uniform(-1.8, 0.6))  # of the road, metres from the axis
        self._ground = paint_roadside(self._view, self._middle, random)
        self._canvas = self._ground.copy()
        chosen = [_COLOURS[int(i)] for i in random.permutation(len(_COLOURS))]
        self._passages = (
            Passage(Car(chosen[0]), 0.0, 0.42, oncoming=True),
            Passage(Car(chosen[1], van=True), 0.45, 0.95, oncoming=True),
            Passage(Car(chosen[2]), 0.38, 0.8, oncoming=False),
        )
        self._stopping = Car(chosen[3])
        self._clothing = Clothing(chosen[4], (52, 54, 64), (206, 182, 120))
        self._offset = float(random.uniform(0, 1))

    def picture(self, phase: float) -> Picture:
        np.copyto(self._canvas, self._ground)
        phase = (phase + self._offset) % 1.0
        cars: list[tuple[float, float, Car, bool, bool]] = []
        for passage in self._passages:
            z = passage.distance(phase)
            if z is not None:
                lane = self._middle + (-_LANE_M if passage.oncoming else _LANE_M)
                cars.append((z, lane, passage.car, passage.oncoming, False))
        parked, braking = _stopping_distance(phase)
        if parked is not None:
            beside = self._middle + _LANE_M + 1.5 * float(np.clip((parked - 8) / 12, 0, 1))
            cars.append((parked, beside, self._stopping, False, braking))
        walker_z = 34 - 16 * phase
        walker_drawn = False
        for z, x, car, oncoming, brake in sorted(cars, key=lambda item: -item[0]):
            if z < walker_z and not walker_drawn:
                self._walker(walker_z, phase)
                walker_drawn = True
            draw_car(self._canvas, self._view, car, x, z, oncoming=oncoming, braking=brake)
        if not walker_drawn:
            self._walker(walker_z, phase)
        return self._canvas

    def _walker(self, z: float, phase: float) -> None:
        foot = self._view.point(self._middle - 4.6, 0, z)
        height = 1.68 * self._view.scale(z)
        walker(self._canvas, foot, height, phase * 16, self._clothing)


def _stopping_distance(phase: float) -> tuple[float | None, bool]:
    """The stopping car: comes in slowing down, stands at 21 m, drives off. Also: brake lights."""
    stand, arrive, leave = 21.0, 0.22, 0.86
    if phase < 0.04:
        return None, False
    if phase < arrive:
        part = (phase - 0.04) / (arrive - 0.04)
        return _NEAR_M + (stand - _NEAR_M) * (1 - (1 - part) ** 2), part > 0.35
    if phase < leave:
        return stand, phase < arrive + 0.1
    part = (phase - leave) / (1 - leave)
    return stand + (_FAR_M - stand) * part**2, False
