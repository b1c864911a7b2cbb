"""What a track really delivers: frames a second, kbit a second, GOP length, by arrival."""

_WINDOW_NS = 2_000_000_000


class TrackRates:
    """Measured over windows of 2 s; zero until the first one is full."""

    def __init__(self) -> None:
        self.fps = 0.0
        self.kbps = 0
        self.gop_ms = 0
        self._begin_ns: int | None = None
        self._units = 0
        self._bytes = 0
        self._keyframe_ns: int | None = None

    def add(self, arrival_ns: int, size: int, *, keyframe: bool) -> None:
        """Count one unit."""
        if keyframe:
            if self._keyframe_ns is not None:
                self.gop_ms = max(0, (arrival_ns - self._keyframe_ns) // 1_000_000)
            self._keyframe_ns = arrival_ns
        if self._begin_ns is None or arrival_ns < self._begin_ns:
            self._begin_ns, self._units, self._bytes = arrival_ns, 0, 0
        passed_ns = arrival_ns - self._begin_ns
        if passed_ns >= _WINDOW_NS:
            self.fps = round(self._units * 1e9 / passed_ns, 1)
            self.kbps = round(self._bytes * 8e6 / passed_ns)
            self._begin_ns, self._units, self._bytes = arrival_ns, 0, 0
        self._units += 1
        self._bytes += size
