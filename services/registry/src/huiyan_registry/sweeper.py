"""What time alone changes: switches that end, proofs and tickets that no clock accepts any more."""

import asyncio
import logging
from collections.abc import Sequence

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError

from huiyan_registry.camera.service import CameraService
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.session.second_repository import SecondRepository
from huiyan_registry.times import utc

log = logging.getLogger(__name__)
_EVERY_S = 2.0


class Sweeper:
    """Runs beside the routes; every replica may."""

    def __init__(
        self,
        database: Database,
        *,
        cameras: CameraService,
        sessions: SessionRepository,
        steps: SecondRepository,
        clock: Clock,
        towns: Sequence[str],
    ) -> None:
        self._database = database
        self._cameras = cameras
        self._sessions = sessions
        self._steps = steps
        self._clock = clock
        self._towns = list(towns)

    async def sweep(self) -> None:
        """Once. UNAVAILABLE without the database."""
        for town in self._towns:
            await self._cameras.switch_on_due(town)
        async with self._database.transaction(EVERYTHING) as session:
            await self._sessions.forget_proofs(session, self._towns, utc(self._clock))
            await self._steps.forget_steps(session, self._towns, utc(self._clock))

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.sweep()
            except HuiyanError:
                log.debug("sweeping waits for the database")
            await asyncio.sleep(_EVERY_S)
