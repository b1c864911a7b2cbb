"""A bucket kept in memory: changes by callback, also of keys that vanished unseen."""

import asyncio
from collections.abc import Callable

from huiyan_kit.bus.api import KeyValue, KvEvent, KvKind

OnChange = Callable[[str, bytes | None], None]


class KvMirror:
    """Follows `pattern` of one bucket. `on_change(key, value or None)` runs in the event loop.

    Values stay readable during an outage: whoever must not believe them too long asks the bus
    how long it has been silent. Who only wants to be told sets `keep` to False, and `values`
    stays empty.
    """

    def __init__(
        self,
        bucket: KeyValue,
        on_change: OnChange | None = None,
        pattern: str = ">",
        *,
        keep: bool = True,
    ) -> None:
        self._bucket = bucket
        self._on_change = on_change
        self._pattern = pattern
        self._keep = keep
        # What was told since the last RESET, until SYNCED.
        self._told: set[str] | None = set()
        self._synced_once = asyncio.Event()
        self.values: dict[str, bytes] = {}
        self.revisions: dict[str, int] = {}

    async def run(self) -> None:
        """Follow until cancelled."""
        async for event in self._bucket.watch(self._pattern):
            self.apply(event)

    async def wait_synced(self) -> None:
        """Return once the whole bucket has been read."""
        await self._synced_once.wait()

    @property
    def synced(self) -> bool:
        """True once the whole bucket has been read."""
        return self._synced_once.is_set()

    def apply(self, event: KvEvent) -> None:
        """Take one event of the watch."""
        if event.kind is KvKind.RESET:
            self._told = set()
        elif event.kind is KvKind.PUT:
            if self._told is not None:
                self._told.add(event.key)
            # After a RESET everything is told again: only a new revision is a change.
            if self.revisions.get(event.key) != event.revision:
                if self._keep:
                    self.values[event.key] = event.value
                self.revisions[event.key] = event.revision
                self._notify(event.key, event.value)
        elif event.kind is KvKind.DELETE:
            self._drop(event.key)
        elif self._told is not None:
            for key in [key for key in self.revisions if key not in self._told]:
                self._drop(key)
            self._told = None
            self._synced_once.set()

    def _drop(self, key: str) -> None:
        self.values.pop(key, None)
        if self.revisions.pop(key, None) is not None:
            self._notify(key, None)

    def _notify(self, key: str, value: bytes | None) -> None:
        if self._on_change is not None:
            self._on_change(key, value)
