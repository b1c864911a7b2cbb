"""Liveness is the event loop's heartbeat and nothing else; readiness says "may take new work"."""

import asyncio
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Histogram

_BEAT_S = 0.25
_DEAD_AFTER_S = 10.0


class Health:
    """What the probes of one process answer."""

    def __init__(self, metrics: CollectorRegistry | None = None) -> None:
        self._last_beat = time.monotonic()
        self._checks: dict[str, Callable[[], bool]] = {}
        self.started = False
        self.draining = False
        self._lag = Histogram(
            "huiyan_event_loop_lag_seconds",
            "How late the event loop ran its heartbeat",
            buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
            registry=metrics,
        )

    def add_readiness(self, name: str, check: Callable[[], bool]) -> None:
        """Ready only while every check is true."""
        self._checks[name] = check

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(_BEAT_S)
            self._last_beat = time.monotonic()
            self._lag.observe(max(0.0, self._last_beat - before - _BEAT_S))

    @property
    def live(self) -> bool:
        """True while the event loop turns; never false for a lost bus or database."""
        return time.monotonic() - self._last_beat < _DEAD_AFTER_S

    def readiness(self) -> dict[str, bool]:
        """Each check by name, and whether we have started and do not drain."""
        return {name: check() for name, check in self._checks.items()} | {
            "accepting": self.started and not self.draining
        }

    @property
    def ready(self) -> bool:
        """True when new work may be sent here."""
        return all(self.readiness().values())
