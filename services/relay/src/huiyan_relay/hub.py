"""All feeds of the process: one for each track that somebody watches."""

import asyncio
import logging
import time
from collections.abc import Callable

from huiyan_kit.bus.api import Bus

from huiyan_relay.feed import FeedKey, Listener, TrackFeed
from huiyan_relay.metrics import RelayMetrics

log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.1


class Hub:
    """Opens a feed for its first listener and closes it some seconds after the last one."""

    def __init__(
        self,
        bus: Bus,
        worker: str,
        metrics: RelayMetrics,
        *,
        linger_s: float = 3.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus = bus
        self._worker = worker
        self._metrics = metrics
        self._linger_s = linger_s
        self._monotonic = monotonic
        self._feeds: dict[FeedKey, tuple[TrackFeed, asyncio.Task[None]]] = {}

    def __len__(self) -> int:
        return len(self._feeds)

    def feeds(self) -> list[TrackFeed]:
        """The open feeds."""
        return [feed for feed, _ in self._feeds.values()]

    def join(self, key: FeedKey, listener: Listener) -> TrackFeed:
        """Add a listener; what is already cached it takes from `feed.cached()`."""
        held = self._feeds.get(key)
        if held is None:
            feed = TrackFeed(key, self._bus, self._worker, self._metrics, self._monotonic)
            task = asyncio.create_task(feed.run(), name="feed")
            task.add_done_callback(_log_failure)
            self._feeds[key] = (feed, task)
            self._metrics.feeds.set(len(self._feeds))
        else:
            feed = held[0]
        feed.listeners.add(listener)
        return feed

    def leave(self, feed: TrackFeed, listener: Listener) -> None:
        """Remove a listener."""
        feed.listeners.discard(listener)
        if not feed.listeners:
            asyncio.get_running_loop().call_later(self._linger_s, self._close_idle, feed)

    def _close_idle(self, feed: TrackFeed) -> None:
        held = self._feeds.get(feed.key)
        if held is not None and held[0] is feed and not feed.listeners:
            del self._feeds[feed.key]
            self._metrics.feeds.set(len(self._feeds))
            held[1].cancel()

    async def watch_bus(self) -> None:
        """Wake every feed when the bus comes back; runs until cancelled."""
        was_silent = False
        while True:
            silent = self._bus.silent_for_s > 0
            if was_silent and not silent:
                for feed in self.feeds():
                    feed.bus_is_back()
            was_silent = silent
            await asyncio.sleep(_LOOK_EVERY_S)

    async def close(self) -> None:
        """Close all feeds."""
        tasks = [task for _, task in self._feeds.values()]
        self._feeds.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a feed failed", exc_info=error)
