"""Who wants which track of one camera, by the last request for it."""

from collections.abc import Callable


class DemandBook:
    """A demand lives `lives_s` after its last repeat."""

    def __init__(self, monotonic: Callable[[], float], lives_s: float = 6.0) -> None:
        self._monotonic = monotonic
        self._lives = lives_s
        self._until: dict[str, float] = {}

    def register(self, track: str) -> None:
        """Somebody wants this track (again)."""
        self._until[track] = self._monotonic() + self._lives

    def wanted(self, track: str) -> bool:
        """True while a demand for this track lives."""
        until = self._until.get(track)
        return until is not None and self._monotonic() < until

    def living(self) -> set[str]:
        """Every wanted track; forgets the others."""
        now = self._monotonic()
        self._until = {track: until for track, until in self._until.items() if now < until}
        return set(self._until)

    def clear(self) -> None:
        """Forget all, when the camera is switched off."""
        self._until.clear()
