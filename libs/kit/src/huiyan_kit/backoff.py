"""Waiting times between attempts: exponential with full jitter, so that a crowd spreads out."""

import random


class Backoff:
    """`first_s`, doubling up to `most_s`; each wait is drawn from the upper half of that range."""

    def __init__(
        self, first_s: float = 0.5, most_s: float = 30.0, *, seed: int | None = None
    ) -> None:
        self._first = first_s
        self._most = most_s
        self._random = random.Random(seed)  # noqa: S311 - jitter is no secret
        self.attempts = 0

    def next_s(self) -> float:
        """Seconds to wait before the next attempt."""
        ceiling = min(self._most, self._first * 2.0 ** min(self.attempts, 30))
        self.attempts += 1
        return ceiling * (0.5 + self._random.random() / 2)

    def reset(self) -> None:
        """Begin anew after a success."""
        self.attempts = 0
