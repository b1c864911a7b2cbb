"""From reader threads to the event loop with few wake-ups.

A wake-up of the loop is a system call and a thread switch; one for each packet of 40 cameras
would cost more than the packets. So one queue serves all sources: an urgent item wakes the loop
once until the queue has been drained, the others wait for the next beat or urgent item.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from huiyan_ingest.metrics import IngestMetrics
from huiyan_ingest.source import RawUnit

BEAT_S = 0.02
MAX_PENDING_BYTES = 8 * 1024 * 1024


class Handoff:
    """One for each process. `post` may be called from any thread, the rest in the loop."""

    def __init__(self, metrics: IngestMetrics, beat_s: float = BEAT_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._latency = metrics.handoff_seconds
        self._beat = beat_s
        self._woken = False

    def post(self, deliver: Callable[[Any], None], item: object, *, urgent: bool) -> None:
        """Have `deliver(item)` called in the loop, in the order of posting."""
        self._queue.append((deliver, item))
        if urgent and not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:
                return  # the loop has ended: nobody waits for this any more

    async def run(self) -> None:
        """Drain at each beat until cancelled."""
        while True:
            await asyncio.sleep(self._beat)
            if self._queue:
                self._drain()

    def _drain(self) -> None:
        self._woken = False
        queue = self._queue
        # The first waited longest: it stands for the whole batch.
        first = queue[0][1] if queue else None
        if first.__class__ is RawUnit:
            self._latency.observe(max(0, time.time_ns() - first.arrival_ns) / 1e9)
        for _ in range(len(queue)):
            deliver, item = queue.popleft()
            deliver(item)
