"""When a viewer's link is too weak for what we send: a pure state machine over loss reports.

Rules: at least three receiver reports in a row, over at least two seconds (RFC 3550 6.4: about
one a second, browsers send more, each of few packets) with more than 10 % loss move one step
down: first to the sub stream, then to keyframes only (the picture stays true, it only moves less
often). 20 s with at most 2 % loss move one step up; each relapse within 30 s of a step up doubles
that calm time, to at most 320 s. Reports within 3 s of a change count for nothing: they tell of
the stream before it.
"""

from enum import IntEnum

HIGH_LOSS = 0.10
LOW_LOSS = 0.02
_REPORTS_DOWN = 3
_REPORTS_SPAN_S = 2.0
_CALM_S = 20.0
_MOST_CALM_S = 320.0
_RELAPSE_S = 30.0
_SETTLE_S = 3.0


class Level(IntEnum):
    """How much a viewer gets."""

    FULL = 0
    SUB = 1
    KEYFRAMES = 2


class LinkQuality:
    """Feed it reports; `level` is what to send. `steps` are the levels this viewer can have."""

    def __init__(self, steps: tuple[Level, ...]) -> None:
        self.steps = steps
        self._at = 0
        self._bad = 0
        self._bad_since = 0.0
        self._calm_since: float | None = None
        self._calm_s = _CALM_S
        self._changed_at = float("-inf")
        self._up_at = float("-inf")

    @property
    def level(self) -> Level:
        """What to send now."""
        return self.steps[self._at]

    def report(self, loss: float, now: float) -> bool:
        """Take a loss fraction 0..1 at monotonic `now`; True when `level` has changed."""
        if now - self._changed_at < _SETTLE_S:
            return False
        if loss > LOW_LOSS:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        if self._bad == 0:
            self._bad_since = now
        self._bad = self._bad + 1 if loss > HIGH_LOSS else 0
        lasting = self._bad >= _REPORTS_DOWN and now - self._bad_since >= _REPORTS_SPAN_S
        if lasting and self._at + 1 < len(self.steps):
            if now - self._up_at < _RELAPSE_S:
                self._calm_s = min(self._calm_s * 2, _MOST_CALM_S)
            return self._move(1, now)
        if self._at > 0 and self._calm_since is not None and now - self._calm_since >= self._calm_s:
            self._up_at = now
            return self._move(-1, now)
        return False

    def _move(self, by: int, now: float) -> bool:
        self._at += by
        self._bad = 0
        self._calm_since = None
        self._changed_at = now
        return True
