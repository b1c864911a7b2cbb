"""A pan-tilt-zoom head: where it looks after what it was told (ONVIF PTZ specification)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_FULL_SPEED_PER_S = 0.5  # of the range -1…1, at velocity 1


@dataclass(frozen=True, slots=True)
class Vector:
    """Pan and tilt in -1…1, zoom in 0…1; as a velocity all in -1…1."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0

    def plus(self, other: Vector, factor: float = 1.0) -> Vector:
        """The sum, within the head's limits."""
        return Vector(
            _within(self.pan + factor * other.pan, -1.0),
            _within(self.tilt + factor * other.tilt, -1.0),
            _within(self.zoom + factor * other.zoom, 0.0),
        )


@dataclass(frozen=True, slots=True)
class Preset:
    """A remembered position."""

    token: str
    name: str
    position: Vector


class Head:
    """Moves by itself between calls; `moves` lists what it was told."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._position = Vector()
        self._velocity = Vector()
        self._since = monotonic()
        self._until = float("inf")
        self.presets: dict[str, Preset] = {"1": Preset("1", "大门 gate", Vector(0.2, 0.1, 0.0))}
        self.moves: list[str] = []

    @property
    def position(self) -> Vector:
        """Where it looks now."""
        seconds = max(0.0, min(self._monotonic(), self._until) - self._since)
        return self._position.plus(self._velocity, seconds * _FULL_SPEED_PER_S)

    @property
    def moving(self) -> bool:
        """True while a continuous move lasts."""
        return self._velocity != Vector() and self._monotonic() < self._until

    def move(self, velocity: Vector, for_s: float | None = None) -> None:
        """Move until stopped, or for a while."""
        self._settle("continuous", self.position)
        self._velocity = velocity
        self._until = self._since + for_s if for_s is not None else float("inf")

    def stop(self) -> None:
        """Stay."""
        self._settle("stop", self.position)

    def move_by(self, step: Vector) -> None:
        """At once: a simulated head has no inertia."""
        self._settle("relative", self.position.plus(step))

    def move_to(self, target: Vector) -> None:
        """At once."""
        self._settle("absolute", Vector().plus(target))

    def go_to(self, token: str) -> None:
        """Look where a preset looks. KeyError."""
        self._settle("preset", self.presets[token].position)

    def remember(self, name: str, token: str = "") -> str:
        """Keep the position as a preset; returns its token. KeyError for an unknown token."""
        if token:
            name = name or self.presets[token].name
        else:
            token = str(max((int(known) for known in self.presets), default=0) + 1)
        self.presets[token] = Preset(token, name or token, self.position)
        return token

    def forget(self, token: str) -> None:
        """Remove a preset. KeyError."""
        del self.presets[token]

    def _settle(self, word: str, position: Vector) -> None:
        self.moves.append(word)
        self._position, self._velocity = position, Vector()
        self._since, self._until = self._monotonic(), float("inf")


def _within(value: float, least: float) -> float:
    return max(least, min(1.0, value))
