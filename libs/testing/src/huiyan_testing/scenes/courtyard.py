"""A farmhouse courtyard: gate, drying corn and peppers, hens, somebody crossing the yard."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin

import numpy as np

from huiyan_testing.scenes.farmhouse import YardPlan, paint_yard
from huiyan_testing.scenes.figure import Clothing, hen, walker
from huiyan_testing.scenes.paint import Colour
from huiyan_testing.scenes.scene import WIDTH, Picture
from huiyan_testing.scenes.view import View

_FEATHERS: tuple[Colour, ...] = ((150, 84, 44), (206, 196, 178), (62, 52, 50), (178, 112, 58))
_TOPS: tuple[Colour, ...] = ((140, 48, 56), (70, 92, 120), (86, 110, 84), (176, 150, 110))


@dataclass(frozen=True, slots=True)
class Hen:
    home: tuple[float, float]  # world x and z, metres
    colour: Colour
    rhythm: int  # pecks in a loop


class Courtyard:
    """A person comes in by the gate, walks to the house and goes back within a loop."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed * 503 + 1)
        self._view = View(150, 3.4, 760, WIDTH / 2)
        plan = YardPlan.draw_lots(random)
        self._gate_x = plan.gate_x
        self._ground = paint_yard(self._view, plan, random)
        self._canvas = self._ground.copy()
        self._hens = tuple(
            Hen(
                (float(random.uniform(-2.4, 3.4)), float(random.uniform(6.2, 9.5))),
                _FEATHERS[int(random.integers(len(_FEATHERS)))],
                int(random.integers(9, 16)),
            )
            for _ in range(int(random.integers(3, 6)))
        )
        hat: Colour | None = (206, 182, 122) if random.random() < 0.5 else None
        top = _TOPS[int(random.integers(len(_TOPS)))]
        self._clothing = Clothing(top, (56, 58, 68), hat)
        self._offset = float(random.uniform(0, 1))

    def picture(self, phase: float) -> Picture:
        np.copyto(self._canvas, self._ground)
        x, z, facing, walking = self._person((phase + self._offset) % 1.0)
        drawn = False
        for bird in sorted(self._hens, key=lambda item: -item.home[1]):
            if not drawn and bird.home[1] < z:
                self._walker(x, z, facing, walking)
                drawn = True
            self._hen(bird, phase)
        if not drawn:
            self._walker(x, z, facing, walking)
        return self._canvas

    def _person(self, phase: float) -> tuple[float, float, float, float]:
        """World x, z, facing and gait: from the gate to the house, a pause, and back."""
        gate, door = (self._gate_x, 13.4), (-3.1, 8.4)
        if phase < 0.4:
            part, facing, gait = phase / 0.4, -1.0, phase * 20
        elif phase < 0.55:
            part, facing, gait = 1.0, -1.0, 8.0
        else:
            part, facing, gait = 1 - (phase - 0.55) / 0.45, 1.0, phase * 20
        return (
            gate[0] + (door[0] - gate[0]) * part,
            gate[1] + (door[1] - gate[1]) * part,
            facing,
            gait,
        )

    def _walker(self, x: float, z: float, facing: float, gait: float) -> None:
        foot = self._view.point(x, 0, z)
        walker(self._canvas, foot, 1.64 * self._view.scale(z), gait, self._clothing, facing=facing)

    def _hen(self, bird: Hen, phase: float) -> None:
        turn = 2 * pi * phase
        x = bird.home[0] + 0.45 * sin(turn + bird.rhythm)
        z = bird.home[1] + 0.3 * sin(turn * 2 + bird.rhythm)
        pecking = max(0.0, sin(turn * bird.rhythm)) ** 0.5 if sin(turn * 3) > -0.3 else 0.0
        facing = 1.0 if sin(turn + bird.rhythm + pi / 2) > 0 else -1.0
        size = 0.46 * self._view.scale(z)
        hen(self._canvas, self._view.point(x, 0, z), size, pecking, bird.colour, facing=facing)
