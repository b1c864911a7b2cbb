"""Time comes from an injected clock, so that tests need not wait."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """UTC for records, monotonic for intervals; never mixed."""

    def utc_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Seconds, only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait on this clock."""


class SystemClock:
    """The machine's own clock."""

    def utc_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
