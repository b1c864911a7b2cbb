"""Puts media frames on the bus, in order, without ever making a camera wait."""

import asyncio
import logging
from collections import deque

from huiyan_kit.bus.api import Bus
from huiyan_media import media_frame
from huiyan_media.access_unit import AccessUnit
from huiyan_media.errors import MediaFrameError

from huiyan_ingest.metrics import IngestMetrics

log = logging.getLogger(__name__)
MAX_QUEUED_BYTES = 16 * 1024 * 1024


class Publisher:
    """Drop policy: over 16 MiB waiting the newest unit is dropped and counted; readers see the
    gap in au_seq and wait for a keyframe."""

    def __init__(
        self, bus: Bus, metrics: IngestMetrics, max_queued_bytes: int = MAX_QUEUED_BYTES
    ) -> None:
        self._bus = bus
        self._metrics = metrics
        self._max = max_queued_bytes
        self._queue: deque[tuple[str, str, AccessUnit]] = deque()
        self._queued = 0
        self._filled = asyncio.Event()

    def offer(self, subject: str, kind: str, unit: AccessUnit) -> None:
        """Queue one unit; `kind` (`media` or `keys`) is for the metrics."""
        if self._queued + len(unit.payload) > self._max:
            self._metrics.dropped_units.labels("publisher").inc()
            return
        self._queued += len(unit.payload)
        self._queue.append((subject, kind, unit))
        self._filled.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                subject, kind, unit = self._queue.popleft()
                self._queued -= len(unit.payload)
                await self._publish(subject, kind, unit)

    async def _publish(self, subject: str, kind: str, unit: AccessUnit) -> None:
        try:
            messages = media_frame.encode(unit)
        except MediaFrameError:
            self._metrics.dropped_units.labels("too_large").inc()
            return
        for message in messages:
            await self._bus.publish(subject, message)
            self._metrics.published_bytes.labels(kind).inc(len(message))
