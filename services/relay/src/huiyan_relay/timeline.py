"""Outgoing RTP timestamps that follow the wall clock across sources, replays and outages."""

import secrets
from collections.abc import Callable, Sequence

from huiyan_media.timestamps import VIDEO_CLOCK, Rebase

# Units of a cached GOP lie this close together, so that a player shows the newest at once
# instead of playing the past.
BURST_STEP_TICKS = 90


class Timeline:
    """One SSRC's timestamps (u32, 90 kHz for video, random start), always growing.

    Within one source distances are kept (`Rebase`). After a switch the next timestamp is as far
    from the last one as the wall clock says, so a player neither waits nor believes to be late.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        first: int | None = None,
        clock_rate: int = VIDEO_CLOCK,
    ) -> None:
        self._clock_rate = clock_rate
        self._monotonic = monotonic
        self._out = secrets.randbits(31) if first is None else first
        self._at: float | None = None
        self._rebase: Rebase | None = None

    @property
    def last(self) -> int | None:
        """The newest outgoing timestamp; None before the first."""
        return None if self._at is None else self._out & 0xFFFFFFFF

    def switch(self) -> None:
        """The next unit comes from another source."""
        self._rebase = None

    def live(self, timestamp: int) -> int:
        """The outgoing timestamp of the next unit of the same source."""
        if self._rebase is None:
            self._rebase = Rebase(first=self._out + max(1, self._elapsed_ticks()))
        mapped = self._rebase.map(timestamp)
        self._out = self._rebase.unwrapped
        self._at = self._monotonic()
        return mapped

    def burst(self, timestamps: Sequence[int]) -> list[int]:
        """Outgoing timestamps of a cached GOP, close together and ending at this moment."""
        count = len(timestamps)
        end = self._out + max(count, self._elapsed_ticks())
        step = min(BURST_STEP_TICKS, (end - self._out) // count)
        self._rebase = Rebase(first=end)
        self._rebase.map(timestamps[-1])
        self._out = end
        self._at = self._monotonic()
        return [(end - (count - 1 - index) * step) & 0xFFFFFFFF for index in range(count)]

    def _elapsed_ticks(self) -> int:
        if self._at is None:
            return self._clock_rate // 25
        return round((self._monotonic() - self._at) * self._clock_rate)
