"""What a camera notices, and who pulls it (ONVIF Core specification, real-time pull-point)."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

_MOST_WAITING = 100
_MOST_SUBSCRIPTIONS = 8


@dataclass(frozen=True, slots=True)
class MotionEvent:
    """Motion began or ended, at the camera's time."""

    moving: bool
    at: datetime


@dataclass(slots=True)
class PullPoint:
    """One subscription: what waits for it (the oldest goes when it is full)."""

    number: int
    until: datetime
    waiting: deque[MotionEvent] = field(default_factory=lambda: deque(maxlen=_MOST_WAITING))
    something: asyncio.Event = field(default_factory=asyncio.Event)

    async def pull(self, most: int, timeout_s: float) -> Sequence[MotionEvent]:
        """What waits, or what comes within the time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.something.wait()
        except TimeoutError:
            return []
        taken = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
        if not self.waiting:
            self.something.clear()
        return taken


class EventBoard:
    """Every pull point of a camera."""

    def __init__(self) -> None:
        self.pull_points: dict[int, PullPoint] = {}
        self._numbers = itertools.count(1)

    def subscribe(self, until: datetime, now: datetime) -> PullPoint:
        """A new pull point; OverflowError when the camera has no more."""
        self.expire(now)
        if len(self.pull_points) >= _MOST_SUBSCRIPTIONS:
            raise OverflowError("too many pull points")
        point = PullPoint(next(self._numbers), until)
        self.pull_points[point.number] = point
        return point

    def expire(self, now: datetime) -> None:
        """Forget pull points that nobody renewed."""
        for number, point in list(self.pull_points.items()):
            if point.until < now:
                del self.pull_points[number]

    def tell(self, event: MotionEvent) -> None:
        """Give an event to every pull point."""
        for point in self.pull_points.values():
            point.waiting.append(event)
            point.something.set()
