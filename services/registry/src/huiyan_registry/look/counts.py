"""How many are watching each camera: read from the register's events, the same in every replica."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError

from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.look.repository import LookRepository
from huiyan_registry.times import utc

log = logging.getLogger(__name__)
_EVERY_S = 2.0
Changed = Callable[[str, str, int], None]


class WatchingCounts:
    """Reads every 2 s; tells `changed(town, camera, count)`."""

    def __init__(
        self,
        database: Database,
        looks: LookRepository,
        clock: Clock,
        towns: Sequence[str],
        changed: Changed,
    ) -> None:
        self._database = database
        self._looks = looks
        self._clock = clock
        self._towns = list(towns)
        self._changed = changed
        self._counts: dict[tuple[str, str], int] = {}

    def of(self, town: str, camera: str) -> int:
        """Grants that are looking at this camera now."""
        return self._counts.get((town, camera), 0)

    async def read(self) -> None:
        """Read once. UNAVAILABLE without the database."""
        async with self._database.transaction(EVERYTHING) as session:
            now = await self._looks.watching(session, self._towns, utc(self._clock))
        before, self._counts = self._counts, now
        for key in before.keys() | now.keys():
            if before.get(key, 0) != now.get(key, 0):
                self._changed(*key, now.get(key, 0))

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self.read()
            except HuiyanError:
                log.debug("viewers are not counted while the database is away")
            await asyncio.sleep(_EVERY_S)
