"""One continuous outgoing timeline from sources that change, as on a wall tile."""

from huiyan_media.rtp import u32_difference

VIDEO_CLOCK = 90_000
DEFAULT_GAP_TICKS = VIDEO_CLOCK // 25
DEFAULT_MAX_JUMP_TICKS = 10 * VIDEO_CLOCK


class Rebase:
    """Maps source timestamps (u32, wrapping) onto an outgoing timeline that only goes forward.

    Within one source distances are kept. At `switch()`, at a step back and at a jump of more than
    `max_jump_ticks` the next timestamp lies `gap_ticks` after the last one. A repeated timestamp
    becomes one tick more. For units in decoding order without reordering (no B-frames).
    """

    def __init__(
        self,
        gap_ticks: int = DEFAULT_GAP_TICKS,
        max_jump_ticks: int = DEFAULT_MAX_JUMP_TICKS,
        first: int = 0,
    ) -> None:
        if gap_ticks < 1 or max_jump_ticks < 1:
            raise ValueError("the gap and the largest jump are at least one tick")
        self._gap = gap_ticks
        self._max_jump = max_jump_ticks
        self._out = first
        self._source: int | None = None
        self._is_first = True
        self.jumps = 0

    def switch(self) -> None:
        """The next timestamp comes from another source."""
        self._source = None

    def map(self, rtp_timestamp: int) -> int:
        """The outgoing u32 timestamp."""
        if self._source is None:
            step = 0 if self._is_first else self._gap
            self._is_first = False
        else:
            step = u32_difference(rtp_timestamp, self._source)
            if step == 0:
                step = 1
            elif step < 0 or step > self._max_jump:
                step = self._gap
                self.jumps += 1
        self._source = rtp_timestamp
        self._out += step
        return self._out & 0xFFFFFFFF

    @property
    def unwrapped(self) -> int:
        """The last outgoing timestamp without wrapping, for decode times in fMP4."""
        return self._out
