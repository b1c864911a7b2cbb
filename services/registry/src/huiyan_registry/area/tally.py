"""The figures of a town, counted once and kept while nothing changes.

Counting 100,000 cameras takes the database some 50 ms, too long for every request. What was counted
is used again while the newest change of a camera is the same, at most for a few seconds: that bounds
what nobody tells (a change that was stamped earlier and committed later, another process).
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
from huiyan_registry.camera.tables import Camera

_KEPT_S = 5.0


@dataclass(frozen=True, slots=True)
class _Counted:
    newest: datetime | None
    at: float
    figures: Mapping[str, Figures]


class Tally:
    """Figures by town and area, without `online`. One request counts, the others wait for it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counted: dict[str, _Counted] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def forget(self, town: str) -> None:
        """Count anew: something was committed of which no camera tells."""
        self._counted.pop(town, None)

    async def of(self, session: AsyncSession, town: str) -> Mapping[str, Figures]:
        """All figures of the town; not to be changed."""
        newest = await session.scalar(
            select(func.max(Camera.updated_at)).where(Camera.town == town)
        )
        async with self._turns[town]:
            kept = self._counted.get(town)
            now = self._clock.monotonic()
            if kept is None or kept.newest != newest or now - kept.at > _KEPT_S:
                whole = await figures_of(session, town, Sight(("",)))
                kept = _Counted(newest, now, whole)
                self._counted[town] = kept
            return kept.figures
