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

BEAT_S = 0.03  # each beat wakes a sleeping core, which costs up to 0.2 ms


class Handoff:
    """One for each process. `put`, `wake` and `post` may be called from any thread,
    the rest in the loop."""

    def __init__(self, metrics: IngestMetrics, beat_s: float = BEAT_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[Callable[[Any], None], Any, int]] = deque()
        self.put = self._queue.append
        """Takes (deliver, item, arrival in ns UTC or 0): `deliver(item)` at the next beat. Media
        tell their arrival, so that the time they wait is measured."""
        self._latency = metrics.handoff_seconds
        self._beat = beat_s
        self._woken = False
        self._readers = 0
        self._has_readers = asyncio.Event()

    def open(self) -> None:
        """A reader thread begins: there are beats from now on."""
        self._readers += 1
        self._has_readers.set()

    def close(self) -> None:
        """A reader has posted its last."""
        self._readers -= 1
        if not self._readers:
            self._has_readers.clear()

    def post(self, deliver: Callable[[Any], None], item: object) -> None:
        """Have `deliver(item)` called in the loop at once, in the order of posting."""
        self.put((deliver, item, 0))
        self.wake()

    def wake(self) -> None:
        """Do not wait for the beat."""
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:
                return  # the loop has ended: nobody waits for this any more

    async def run(self) -> None:
        """Drain at each beat while there are readers, until cancelled."""
        while True:
            await self._has_readers.wait()
            await asyncio.sleep(self._beat)
            if self._queue:
                self._drain()

    def _drain(self) -> None:
        self._woken = False
        queue = self._queue
        # The first waited longest: it stands for the whole batch.
        if queue and (arrival_ns := queue[0][2]):
            self._latency.observe(max(0, time.time_ns() - arrival_ns) / 1e9)
        for _ in range(len(queue)):
            deliver, item, _ = queue.popleft()
            deliver(item)
