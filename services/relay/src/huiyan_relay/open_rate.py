"""How often one principal may open sessions: each costs a negotiation (5 ms, a wall up to 170)."""

from collections.abc import Callable

BURST = 40.0
PER_S = 2.0
_REMEMBERED = 4096


class OpenRate:
    """A token bucket for each principal; full buckets are forgotten."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._left: dict[str, tuple[float, float]] = {}

    def allow(self, principal: str) -> bool:
        """Take one token; False when there is none."""
        now = self._monotonic()
        left = self._now_left(principal, now)
        if left < 1:
            return False
        if len(self._left) >= _REMEMBERED:
            known = list(self._left)
            self._left = {
                each: self._left[each] for each in known if self._now_left(each, now) < BURST
            }
        self._left[principal] = (left - 1, now)
        return True

    def _now_left(self, principal: str, now: float) -> float:
        left, at = self._left.get(principal, (BURST, now))
        return min(BURST, left + (now - at) * PER_S)
