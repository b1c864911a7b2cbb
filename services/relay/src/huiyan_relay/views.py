"""Tells the registry of looks: `view.started` and `view.ended`, for the access register."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field

from huiyan.relay.v1.view_pb2 import ViewEnded, ViewStarted
from huiyan_kit import subjects
from huiyan_kit.backoff import Backoff
from huiyan_kit.bus.api import Bus
from huiyan_kit.errors import HuiyanError
from huiyan_kit.grants import Grant
from huiyan_kit.ids import new_id

from huiyan_relay.access import EndReason
from huiyan_relay.metrics import RelayMetrics

log = logging.getLogger(__name__)
MOST_WAITING = 10_000


@dataclass(slots=True)
class View:
    """One look at one stream of one camera under one grant; times UTC ns."""

    grant: Grant
    camera: str
    stream: str
    first_at_ns: int
    event_prefix: str = field(default_factory=lambda: new_id("viw"))


@dataclass(frozen=True, slots=True)
class _Event:
    subject: str
    event: str
    payload: bytes


class ViewLog:
    """Publishes in the background, in order, until the bus has confirmed it.

    Drop policy: 10,000 events wait; then the oldest is dropped and counted.
    """

    def __init__(self, bus: Bus, relay: str, metrics: RelayMetrics) -> None:
        self._bus = bus
        self._relay = relay
        self._metrics = metrics
        self._waiting: deque[_Event] = deque()
        self._something = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def started(self, view: View) -> None:
        """The first unit has left."""
        event = ViewStarted(
            event=f"{view.event_prefix}-s",
            town=view.grant.iss,
            grant=view.grant.jti,
            principal=view.grant.sub,
            camera=view.camera,
            stream=view.stream,
            first_frame_at_ns=view.first_at_ns,
            relay=self._relay,
        )
        subject = subjects.view_started(view.grant.iss)
        self._put(_Event(subject, event.event, event.SerializeToString()))

    def ended(self, view: View, last_at_ns: int, frames: int, reason: EndReason) -> None:
        """Nothing more will leave."""
        event = ViewEnded(
            event=f"{view.event_prefix}-e",
            town=view.grant.iss,
            grant=view.grant.jti,
            principal=view.grant.sub,
            camera=view.camera,
            stream=view.stream,
            first_frame_at_ns=view.first_at_ns,
            last_frame_at_ns=last_at_ns,
            frames=frames,
            relay=self._relay,
            reason=reason.value,
        )
        subject = subjects.view_ended(view.grant.iss)
        self._put(_Event(subject, event.event, event.SerializeToString()))

    def _put(self, event: _Event) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._metrics.view_events.labels("dropped").inc()
        self._waiting.append(event)
        self._empty.clear()
        self._something.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        backoff = Backoff(0.2, 5.0)
        while True:
            await self._something.wait()
            while self._waiting:
                event = self._waiting[0]
                try:
                    await self._bus.publish_event(
                        event.subject, event.payload, event_id=event.event
                    )
                except HuiyanError:
                    await asyncio.sleep(backoff.next_s())
                    continue
                backoff.reset()
                self._metrics.view_events.labels("stored").inc()
                if self._waiting and self._waiting[0] is event:
                    self._waiting.popleft()
            self._something.clear()
            self._empty.set()

    async def flush(self, timeout_s: float) -> None:
        """Wait until everything is stored, at most so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            log.warning("view events were not stored", extra={"events": len(self._waiting)})
