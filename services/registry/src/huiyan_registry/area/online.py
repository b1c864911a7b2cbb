"""How many cameras of each area are online: counted in memory, as presence is told."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.camera.tables import Camera

# More at once: reading them all costs less than naming them.
_MANY = 5_000


class _Town:
    """One town: cameras to look at again, and the area at which each online one is counted."""

    def __init__(self) -> None:
        self.again: set[str] = set()
        self.counted: dict[str, str] = {}
        self.by_area: Counter[str] = Counter()

    def drop(self, camera: str) -> None:
        area = self.counted.pop(camera, None)
        if area is not None:
            self.by_area[area] -= 1
            if not self.by_area[area]:
                del self.by_area[area]


class OnlineByArea:
    """Feed it every change of presence and every change of a camera row.

    Both only mark the camera; the next count looks at what was marked, and asks the database for
    the area of those that came online. Bounded by the number of cameras.
    """

    def __init__(self, online: Callable[[str, str], bool]) -> None:
        self._online = online
        self._towns: defaultdict[str, _Town] = defaultdict(_Town)

    def presence_changed(self, town: str, camera: str) -> None:
        """It may have come or gone."""
        self._towns[town].again.add(camera)

    def camera_changed(self, town: str, camera: str) -> None:
        """It may stand elsewhere now."""
        kept = self._towns[town]
        kept.drop(camera)
        kept.again.add(camera)

    async def counts(self, session: AsyncSession, town: str) -> Mapping[str, int]:
        """Online cameras by the code of the area at which they stand."""
        kept = self._towns[town]
        marked, kept.again = kept.again, set()
        came = []
        for camera in marked:
            if not self._online(town, camera):
                kept.drop(camera)
            elif camera not in kept.counted:
                came.append(camera)
        if came:
            try:
                areas = await _areas_of(session, town, came)
            except BaseException:
                kept.again |= marked
                raise
            for camera in came:
                area = areas.get(camera)
                if area is not None and camera not in kept.counted:
                    kept.counted[camera] = area
                    kept.by_area[area] += 1
        return kept.by_area


async def _areas_of(session: AsyncSession, town: str, cameras: Sequence[str]) -> dict[str, str]:
    wanted = select(Camera.id, Camera.area).where(Camera.town == town, Camera.state != "retired")
    if len(cameras) <= _MANY:
        wanted = wanted.where(Camera.id.in_(cameras))
    rows = await session.execute(wanted)
    return {row.id: row.area for row in rows}
