"""The areas and figures of a town, read once and kept while nothing changes.

Counting 100,000 cameras takes the database some 50 ms, too long for every request. What was read is
used again while the newest change of a camera is the same and nobody here changed a place, at most
for a few seconds: that bounds what nobody tells (a change that was stamped earlier and committed
later, another process).
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from huiyan_kit.clock import Clock
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.area.figures import Figures, Sight, figures_of
from huiyan_registry.area.repository import AreaRepository, Outlines
from huiyan_registry.camera.tables import Camera

_KEPT_S = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class TownTally:
    """What was read at once: figures by area, without `online`. Not to be changed."""

    newest: datetime | None
    at: float
    outlines: Outlines
    figures: Mapping[str, Figures]


class Tally:
    """One request reads; the others wait for it when something changed."""

    def __init__(self, areas: AreaRepository, clock: Clock) -> None:
        self._areas = areas
        self._clock = clock
        self._kept: dict[str, TownTally] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def forget(self, town: str) -> None:
        """Read anew: a place was changed, of which no camera tells. Call it after the commit."""
        self._kept.pop(town, None)

    async def of(self, session: AsyncSession, town: str) -> TownTally:
        """The tally of a town; the same object while nothing changed."""
        newest = await session.scalar(
            select(func.max(Camera.updated_at)).where(Camera.town == town)
        )
        turn, kept = self._turns[town], self._kept.get(town)
        if kept is not None and kept.newest == newest and turn.locked():
            # Only old, and somebody reads anew already.
            return kept
        async with turn:
            kept = self._kept.get(town)
            now = self._clock.monotonic()
            if kept is None or kept.newest != newest or now - kept.at > _KEPT_S:
                outlines = await self._areas.outlines(session, town)
                figures = await figures_of(session, town, Sight(("",)))
                kept = self._kept[town] = TownTally(newest, now, outlines, figures)
            return kept
