"""Counts the complete access units and the losses of one RTP stream."""

from __future__ import annotations

from huiyan_media.rtp import Unwrapper

_KEPT_SEQUENCES = 4096


class UnitCounter:
    """Counts complete access units of one RTP stream from its packets in any order.

    A unit is complete when every packet between two marker packets has come.
    """

    def __init__(self) -> None:
        self.units = 0
        self.bytes = 0
        self.packets = 0
        self._unwrapper = Unwrapper(16)
        self._seen: set[int] = set()
        self._markers: set[int] = set()
        self._counted: set[int] = set()
        self._lowest: int | None = None
        self._highest = 0
        self._forgotten_lost = 0

    @property
    def lost(self) -> int:
        """Packets between the first and the newest that never came."""
        if self._lowest is None:
            return 0
        return self._forgotten_lost + self._highest - self._lowest + 1 - len(self._seen)

    def add(self, sequence: int, marker: bool, size: int) -> int:
        """Take a packet; return how many units it completes (0 to 2)."""
        number = self._unwrapper.unwrap(sequence)
        if self._lowest is None:
            self._lowest = self._highest = number
        if number < self._lowest or number in self._seen:
            return 0
        self._highest = max(self._highest, number)
        self._seen.add(number)
        self.packets += 1
        self.bytes += size
        if marker:
            self._markers.add(number)
        completed = self._complete_around(number)
        self.units += completed
        if len(self._seen) > 2 * _KEPT_SEQUENCES:
            self._forget()
        return completed

    def _complete_around(self, number: int) -> int:
        end = number
        while end not in self._markers:
            end += 1
            if end not in self._seen:
                return 0
        start = end
        while start - 1 in self._seen and start - 1 not in self._markers:
            start -= 1
        whole = start - 1 in self._markers or start == self._lowest
        if not whole or end in self._counted:
            return 0
        self._counted.add(end)
        following = end + 1
        return 1 + (self._complete_around(following) if following in self._seen else 0)

    def _forget(self) -> None:
        assert self._lowest is not None
        limit = self._highest - _KEPT_SEQUENCES
        old = {number for number in self._seen if number < limit}
        self._forgotten_lost += limit - self._lowest - len(old)
        self._lowest = limit
        self._seen -= old
        # the last marker before the limit tells where the next unit begins
        self._markers = {number for number in self._markers if number >= limit - 1}
        self._counted = {number for number in self._counted if number >= limit}
