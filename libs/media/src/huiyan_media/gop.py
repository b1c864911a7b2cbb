"""The newest group of pictures of a track, so that a new viewer sees something at once."""

from huiyan_media.access_unit import AccessUnit

DEFAULT_MAX_SECONDS = 8.0
DEFAULT_MAX_BYTES = 4 * 1024 * 1024


class GopCache:
    """Keeps the units since the last keyframe, at most `max_seconds` by arrival and `max_bytes`.

    Drop policy: when a GOP grows over a bound, or a unit in it follows a loss (discontinuity, a
    gap in au_seq), only its keyframe stays and `truncated` is set until the next keyframe. A
    viewer then sees that still picture and goes on at the next keyframe. A single keyframe may be
    larger than `max_bytes`. A unit of another run that is no keyframe empties the cache. Time is
    measured by arrival, because camera clocks jump. Each push takes constant time.
    """

    def __init__(
        self,
        max_seconds: float = DEFAULT_MAX_SECONDS,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self._max_ns = round(max_seconds * 1e9)
        self._max_bytes = max_bytes
        self._units: list[AccessUnit] = []
        self._size = 0
        self.truncated = False
        self.truncations = 0

    @property
    def last_keyframe(self) -> AccessUnit | None:
        """The keyframe that the cache begins with, or None while there is none."""
        return self._units[0] if self._units else None

    @property
    def size_bytes(self) -> int:
        """Payload bytes held."""
        return self._size

    def push(self, au: AccessUnit) -> None:
        """Take the next unit of the track. Units before the first keyframe are not kept."""
        units = self._units
        if au.keyframe:
            self._units = [au]
            self._size = len(au.payload)
            self.truncated = False
            return
        if not units:
            return
        first = units[0]
        if au.run_id != first.run_id:
            self.clear()
            return
        if self.truncated:
            return
        self._size += len(au.payload)
        if (
            au.discontinuity
            or au.au_seq != units[-1].au_seq + 1
            or self._size > self._max_bytes
            or au.arrival_ns - first.arrival_ns > self._max_ns
        ):
            self._units = [first]
            self._size = len(first.payload)
            self.truncated = True
            self.truncations += 1
            return
        units.append(au)

    def snapshot(self) -> list[AccessUnit]:
        """The units from the last keyframe on, as a new list; empty while there is no keyframe."""
        return self._units.copy()

    def clear(self) -> None:
        """Forget everything, for example when a camera is switched off."""
        self._units = []
        self._size = 0
        self.truncated = False
