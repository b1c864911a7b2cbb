"""The newest keyframe of a camera, kept for a day after its stream was lost, in memory only."""

from huiyan_kit.clock import Clock
from huiyan_media.access_unit import AccessUnit

from huiyan_ingest.still import Still, StillMaker

KEPT_NS = 24 * 3600 * 1_000_000_000


class LastPicture:
    """Cleared when the camera is switched off or its row vanishes."""

    def __init__(self, maker: StillMaker, clock: Clock) -> None:
        self._maker = maker
        self._clock = clock
        self._keyframe: AccessUnit | None = None
        self._still: tuple[AccessUnit, int, Still] | None = None

    def keep(self, keyframe: AccessUnit) -> None:
        """Take a newer keyframe."""
        self._keyframe = keyframe

    def clear(self) -> None:
        """Forget it now."""
        self._keyframe = None
        self._still = None

    @property
    def keyframe(self) -> AccessUnit | None:
        """The newest one, unless it is older than a day."""
        kept = self._keyframe
        if kept is not None and self._clock.utc_ns() - kept.arrival_ns > KEPT_NS:
            self.clear()
            return None
        return kept

    async def still(self, max_width: int) -> Still | None:
        """A JPEG of it, made once for each keyframe and width. StillError; None without one."""
        keyframe = self.keyframe
        if keyframe is None:
            return None
        made = self._still
        if made is not None and made[0] is keyframe and made[1] == max_width:
            return made[2]
        still = await self._maker.make(keyframe, max_width)
        if self._keyframe is None:
            return None  # switched off while we drew
        self._still = (keyframe, max_width, still)
        return still
