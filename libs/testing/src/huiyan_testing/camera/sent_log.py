"""What a camera has sent: the simulator's own record, to be compared with what arrived."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from huiyan_testing.camera.route import StreamKey


class SentUnit(NamedTuple):
    """One access unit put on the wire. `size` counts interleaved bytes for one client, audio
    included; `clients` how many connections got it."""

    key: StreamKey
    counter: int
    sent_ns: int  # wall time, as in the stamp
    keyframe: bool
    size: int
    clients: int


class SentLog:
    """A bounded ring of SentUnit: the newest `capacity`; older ones are dropped and counted."""

    def __init__(self, capacity: int = 3000) -> None:
        self._ring: deque[SentUnit] = deque(maxlen=capacity)
        self.total = 0

    def add(self, unit: SentUnit) -> None:
        self._ring.append(unit)
        self.total += 1

    def units(self, key: StreamKey | None = None) -> list[SentUnit]:
        """Oldest first; of one stream when a key is given."""
        return [unit for unit in self._ring if key is None or unit.key == key]

    @property
    def dropped(self) -> int:
        return self.total - len(self._ring)

    def __len__(self) -> int:
        return len(self._ring)
