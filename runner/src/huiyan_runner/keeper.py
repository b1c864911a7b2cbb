"""Keeps one unit running: a crash is followed by a restart, soon at first, then ever later."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from enum import StrEnum

from huiyan_kit.backoff import Backoff

from huiyan_runner.unit import Unit, UnitError

FIRST_RESTART_S = 0.2
LONGEST_RESTART_S = 15.0
# Who has run so long has recovered: its next crash is a new story.
STEADY_S = 10.0


class UnitState(StrEnum):
    """What the board shows of a unit."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    ENDED = "ended"
    FAILED = "failed"


OnChange = Callable[["Keeper"], None]


class Keeper:
    """One unit with its state, the reason of its last end, and its restarts."""

    def __init__(self, unit: Unit, on_change: OnChange, backoff: Backoff | None = None) -> None:
        self.unit = unit
        self.state = UnitState.WAITING
        self.reason = ""
        self.restarts = 0
        self._on_change = on_change
        self._backoff = backoff or Backoff(FIRST_RESTART_S, LONGEST_RESTART_S)
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The unit's."""
        return self.unit.name

    async def start(self) -> None:
        """Start for the first time; UnitError ends the whole suite. Afterwards keep it running."""
        self._become(UnitState.STARTING)
        try:
            await self.unit.start()
        except UnitError as error:
            self._become(UnitState.FAILED, str(error))
            raise
        self._become(UnitState.READY)
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    def tell(self, progress: str) -> None:
        """Show how far its work has come; no word when it has already ended."""
        if self.state in (UnitState.STARTING, UnitState.READY) and progress != self.reason:
            self._become(self.state, progress)

    async def _keep(self) -> None:
        while True:
            began = time.monotonic()
            reason = await self.unit.ended()
            if time.monotonic() - began > STEADY_S:
                self._backoff.reset()
            await self._restart(reason)

    async def _restart(self, reason: str) -> None:
        while True:
            self.restarts += 1
            self._become(UnitState.RESTARTING, reason)
            await asyncio.sleep(self._backoff.next_s())
            try:
                await self.unit.start()
            except UnitError as error:
                reason = str(error)
            else:
                self._become(UnitState.READY, self.reason)
                return

    async def let_go(self) -> None:
        """From now on nothing is restarted: for a suite that is ending."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def stop(self) -> None:
        """End it for good."""
        await self.let_go()
        if self.state is UnitState.WAITING:
            return
        self._become(UnitState.STOPPING)
        await self.unit.stop()
        self._become(UnitState.ENDED)

    def _become(self, state: UnitState, reason: str = "") -> None:
        self.state, self.reason = state, reason
        self._on_change(self)
