"""Changes, fanned out to the pages: a bounded queue per client, and who is too slow is let go.

A client that was let go opens the stream again and reads the list anew, so nothing is lost.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge

_QUEUE = 512


class ChangeKind(StrEnum):
    """What changed about a camera."""

    PRESENCE = "presence"
    CAMERA = "camera"
    GONE = "gone"
    VIEWERS = "viewers"
    # For the members of one household: a look from outside begins; something was opened.
    LOOK = "look"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Change:
    """One change; its content is read when it is told, so the newest state goes out. What a
    household is told of brings its content (JSON) along."""

    kind: ChangeKind
    town: str
    camera: str
    household: str = ""
    content: str = ""


class Client:
    """One page's queue. A change that waits already is not queued twice."""

    def __init__(self, town: str) -> None:
        self.town = town
        self.too_slow = asyncio.Event()
        self._queue: asyncio.Queue[Change] = asyncio.Queue(_QUEUE)
        self._waiting: set[Change] = set()

    def offer(self, change: Change) -> bool:
        """Queue it; False when the client is too slow."""
        if change in self._waiting:
            return True
        try:
            self._queue.put_nowait(change)
        except asyncio.QueueFull:
            self.too_slow.set()
            return False
        self._waiting.add(change)
        return True

    async def next(self, timeout_s: float) -> Change | None:
        """The next change, or None after `timeout_s`."""
        try:
            change = await asyncio.wait_for(self._queue.get(), timeout_s)
        except TimeoutError:
            return None
        self._waiting.discard(change)
        return change


class EventHub:
    """Everybody who listens in this process."""

    def __init__(self, metrics: CollectorRegistry | None = None) -> None:
        self._clients: set[Client] = set()
        self._count = Gauge("huiyan_registry_event_clients", "Open event streams", registry=metrics)
        self._let_go = Counter(
            "huiyan_registry_event_clients_let_go",
            "Event streams closed because the client was too slow",
            registry=metrics,
        )

    @contextmanager
    def listen(self, town: str) -> Iterator[Client]:
        """A client of one town, for as long as the block runs."""
        client = Client(town)
        self._clients.add(client)
        self._count.set(len(self._clients))
        try:
            yield client
        finally:
            self._clients.discard(client)
            self._count.set(len(self._clients))

    def tell(self, kind: ChangeKind, town: str, camera: str) -> None:
        """Tell every client of the town."""
        self._offer(Change(kind, town, camera))

    def tell_household(self, kind: ChangeKind, town: str, household: str, content: str) -> None:
        """Tell the members of one household (the stream of each client chooses)."""
        self._offer(Change(kind, town, "", household, content))

    def _offer(self, change: Change) -> None:
        for client in list(self._clients):
            if client.town == change.town and not client.offer(change):
                self._clients.discard(client)
                self._let_go.inc()
