"""A timeline without jumps for one run of one track."""

_MAX_FORWARD_S = 10
_REORDER_S = 1
_NS = 1_000_000_000


class Timeline:
    """Maps source timestamps to u32 RTP ticks.

    libavformat does not know the first timestamp, and moves all of them when the first RTCP
    sender report comes, sometimes backwards. A step back (of more than a second where pictures may
    be reordered) or far ahead is replaced by the time that passed on our clock.
    """

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._max_forward = _MAX_FORWARD_S * clock_rate
        self._reorder = _REORDER_S * clock_rate
        self._shift: int | None = None
        self._last = 0
        self._last_arrival_ns: int | None = None
        self.jumps = 0

    def map(self, timestamp: int | None, arrival_ns: int, *, reorders: bool = False) -> int:
        """The RTP timestamp of a unit; `timestamp` None means not known."""
        if self._last_arrival_ns is None:
            passed = 0
        else:
            passed = max(1, (arrival_ns - self._last_arrival_ns) * self._rate // _NS)
        if timestamp is None:
            mapped = self._last + passed
        else:
            if self._shift is None:
                self._shift = self._last + passed - timestamp
            mapped = timestamp + self._shift
            step = mapped - self._last
            lowest = -self._reorder if reorders else (0 if self._last_arrival_ns is None else 1)
            if not lowest <= step <= self._max_forward + passed:
                self.jumps += 1
                self._shift += self._last + passed - mapped
                mapped = self._last + passed
        self._last = mapped
        self._last_arrival_ns = arrival_ns
        return mapped & 0xFFFFFFFF
