"""What a household is told at once: looks from outside, break-glass, maintenance (P11, P14).

Read from the database every second, so that it reaches the pages of every replica.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from pydantic import BaseModel

from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.look.notice_repository import NoticeRepository
from huiyan_registry.times import utc

log = logging.getLogger(__name__)
_EVERY_S = 1.0
# A row's time is set before its commit: what is older than this was surely seen.
_OVERLAP = timedelta(seconds=15)
_REMEMBERED = 4096
# (event name, town, household, content)
Tell = Callable[[str, str, str, BaseModel], None]


class HouseholdNotices:
    """Tells each thing once per process; what came before the start is in the list of looks."""

    def __init__(
        self,
        database: Database,
        notices: NoticeRepository,
        clock: Clock,
        towns: Sequence[str],
        tell: Tell,
    ) -> None:
        self._database = database
        self._notices = notices
        self._clock = clock
        self._towns = list(towns)
        self._tell = tell
        self._started = utc(clock)
        self._told: OrderedDict[str, None] = OrderedDict()

    async def read(self) -> None:
        """Read once. UNAVAILABLE without the database."""
        now = utc(self._clock)
        since = max(now - _OVERLAP, self._started)
        async with self._database.transaction(EVERYTHING) as session:
            looks = await self._notices.begun(session, self._towns, since, now)
            notices = await self._notices.opened(session, self._towns, since)
        for key, town, household, look in looks:
            self._once(key, "look", town, household, look)
        for town, household, notice in notices:
            self._once(f"{notice.id} {household}", "notice", town, household, notice)

    def _once(self, key: str, name: str, town: str, household: str, content: BaseModel) -> None:
        if key in self._told:
            return
        self._told[key] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        self._tell(name, town, household, content)

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self.read()
            except HuiyanError:
                log.debug("household notices wait for the database")
            await asyncio.sleep(_EVERY_S)
