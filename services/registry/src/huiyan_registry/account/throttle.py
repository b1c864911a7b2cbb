"""Slows down guessing: a sliding window of failures per account and address.

In memory and bounded; each replica counts for itself, so the real limit is at most the limit
times the number of replicas.
"""

from collections import OrderedDict, deque

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError

_WINDOW_S = 300.0
_PER_ACCOUNT_AND_ADDRESS = 5
_PER_ADDRESS = 30
_PER_ACCOUNT = 60
_REMEMBERED = 20_000


class LoginThrottle:
    """Ask `check` before every attempt, tell `failed` after a wrong one."""

    def __init__(
        self, clock: Clock, window_s: float = _WINDOW_S, *, per_account: int = _PER_ACCOUNT
    ) -> None:
        self._clock = clock
        self._window = window_s
        self._per_account = per_account
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def check(self, account: str, address: str) -> None:
        """HuiyanError TOO_MANY `login_throttled` while there were too many failures."""
        limits = (
            ((account, address), _PER_ACCOUNT_AND_ADDRESS),
            (("", address), _PER_ADDRESS),
            ((account, ""), self._per_account),
        )
        if any(self._recent(key) >= limit for key, limit in limits):
            raise HuiyanError(
                ErrorKind.TOO_MANY,
                "试错太多次了，过五分钟再试。忘了密码找镇里重设",
                "Too many wrong attempts; wait five minutes, or ask the town to reset it",
                code="login_throttled",
            )

    def failed(self, account: str, address: str) -> None:
        """Remember a wrong attempt."""
        now = self._clock.monotonic()
        for key in ((account, address), ("", address), (account, "")):
            self._failures.setdefault(key, deque(maxlen=_PER_ACCOUNT)).append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget this account's slips from this address."""
        self._failures.pop((account, address), None)

    def _recent(self, key: tuple[str, str]) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        oldest = self._clock.monotonic() - self._window
        while times and times[0] < oldest:
            times.popleft()
        return len(times)
