"""Spreads bursts of cached pictures over time, so that they do not drown in a queue on the way."""

import asyncio
from collections import deque
from typing import Protocol

_TICK_S = 0.005


class Backlogged(Protocol):
    """Somebody with units that wait."""

    def send_next(self) -> int:
        """Send one unit; return its bytes, or -1 when nothing waits any more."""


class Pacer:
    """One for each session: its tiles share the viewer's link. Takes turns unit by unit.

    Only backlogs pass here; live units of tiles without a backlog leave at once.
    """

    def __init__(self, bits_per_s: int) -> None:
        self._bytes_per_tick = bits_per_s / 8 * _TICK_S
        self._credit = self._bytes_per_tick * 4
        self._waiting: deque[Backlogged] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def drain(self, source: Backlogged) -> None:
        """Begin to empty this backlog, at once as far as the credit goes."""
        if source not in self._waiting:
            self._waiting.append(source)
        if self._timer is None:
            self._run()

    def close(self) -> None:
        """Stop; what waits is not sent."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        while self._waiting and self._credit > 0:
            source = self._waiting.popleft()
            sent = source.send_next()
            if sent >= 0:
                self._credit -= sent
                self._waiting.append(source)
        if self._waiting or self._credit < 0:
            self._timer = asyncio.get_running_loop().call_later(_TICK_S, self._refill)

    def _refill(self) -> None:
        self._credit = min(self._credit + self._bytes_per_tick, self._bytes_per_tick * 4)
        self._run()
