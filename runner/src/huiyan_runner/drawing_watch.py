"""How far the demo cameras' pictures are drawn, as the simulator tells in its progress file."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of the cameras that have a picture, and how many there will be."""

    drawn: tuple[int, ...] = ()
    wanted: int = 0

    @property
    def complete(self) -> bool:
        """True when nothing is left to draw."""
        return self.wanted > 0 and len(self.drawn) >= self.wanted


class DrawingWatch:
    """Looks twice a second until all is drawn."""

    def __init__(self, file: Path, first: int, on_change: Callable[[Progress], None]) -> None:
        self._file = file
        self._first = first
        self._on_change = on_change
        self._first_drawn = asyncio.Event()

    async def run(self) -> None:
        """Return when everything is drawn."""
        seen = Progress()
        while not seen.complete:
            now = read_progress(self._file)
            if now != seen:
                seen = now
                self._on_change(seen)
            if self._first in seen.drawn:
                self._first_drawn.set()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def wait_first(self, most_s: float) -> None:
        """Return when the first camera has its picture, or after that time all the same."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._first_drawn.wait()


def read_progress(file: Path) -> Progress:
    """Nothing yet where there is no file."""
    try:
        told = json.loads(file.read_text("utf-8"))
        return Progress(tuple(told["drawn"]), int(told["wanted"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Progress()
