"""The caller's part of the area tree, with its figures."""

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime

from huiyan_kit.clock import Clock
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import Viewer
from huiyan_registry.area.figures import Figures, Sight, figures_of, total
from huiyan_registry.area.online import OnlineByArea
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.schemas import AreaView
from huiyan_registry.area.tally import Tally, TownTally
from huiyan_registry.area.tree import build_tree
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.database.row_scope import EVERYTHING, RowScope
from huiyan_registry.presence.board import PresenceBoard
from huiyan_registry.refusals import not_found
from huiyan_registry.times import utc

# A tree of thousands of areas takes the loop some 30 ms; it may show who is online as late as it
# takes to spend no more than this part of a core on one tree. Small trees are always fresh.
_SHARE = 1 / 30
_SMALL_S = 0.005
_MOST_TREES = 64


class Census:
    """Counts cameras and households; who is online comes from memory."""

    def __init__(self, tally: Tally, online: OnlineByArea, presence: PresenceBoard) -> None:
        self._tally = tally
        self._online = online
        self._presence = presence

    async def tally(self, session: AsyncSession, town: str) -> TownTally:
        """Areas and figures of a town, without `online`."""
        return await self._tally.of(session, town)

    async def figures(self, session: AsyncSession, town: str, sight: Sight) -> dict[str, Figures]:
        """Figures by the code at which things stand, in a transaction that may read everything:
        what is counted once is kept for everybody."""
        figures: dict[str, Figures] = {}
        if sight.prefixes:
            tally = await self._tally.of(session, town)
            figures = {
                area: replace(stands)
                for area, stands in tally.figures.items()
                if sight.covers(area)
            }
            for area, count in (await self._online.counts(session, town)).items():
                if sight.covers(area):
                    figures.setdefault(area, Figures()).online += count
        if sight.homes:
            await self._own(session, town, sight, figures)
        return figures

    async def total(
        self, session: AsyncSession, rows: RowScope, town: str, codes: tuple[str, ...]
    ) -> Figures:
        """Everything within these areas. The transaction keeps to `rows`."""
        async with beyond(session, rows):
            return total(await self.figures(session, town, Sight.within(codes)))

    def forget(self, town: str) -> None:
        """Areas or households were added, changed or moved, and committed."""
        self._tally.forget(town)

    async def _own(
        self, session: AsyncSession, town: str, sight: Sight, figures: dict[str, Figures]
    ) -> None:
        """The homes of the caller that lie elsewhere."""
        for area, stands in (await figures_of(session, town, Sight((), sight.homes))).items():
            if not sight.covers(area):
                figures.setdefault(area, Figures()).take(stands)
        rows = await session.execute(
            select(Camera.id, Camera.area).where(
                Camera.town == town,
                Camera.household.in_(sight.homes),
                Camera.state != "retired",
            )
        )
        for camera, area in rows:
            if not sight.covers(area) and self._presence.online(town, camera):
                figures.setdefault(area, Figures()).online += 1


@dataclass(frozen=True, slots=True)
class _Written:
    """A tree as it was sent; good until `until` (monotonic) while the tally is the same."""

    tally: TownTally
    until: float
    json: bytes


class AreaService:
    """Areas of the towns that this process serves."""

    def __init__(
        self, database: Database, areas: AreaRepository, census: Census, clock: Clock
    ) -> None:
        self._database = database
        self._areas = areas
        self._census = census
        self._clock = clock
        self._written: OrderedDict[tuple[str, frozenset[str]], _Written] = OrderedDict()

    async def tree(self, viewer: Viewer) -> bytes:
        """Areas of the caller's roles, and the groups of the caller's homes: JSON of an AreaView.

        An area that merged is shown to those whose role still names it; for the others it is part
        of its heir. NOT_FOUND for a caller without any area.
        """
        sight = Sight.of(viewer)
        key = viewer.town, frozenset(role.area for role in viewer.roles if role.area is not None)
        # The tally is the whole town's and kept for all; `sight` takes the caller's part of it.
        async with self._database.transaction(EVERYTHING) as session:
            tally = await self._census.tally(session, viewer.town)
            kept = self._written.get(key) if not sight.homes else None
            if kept is not None and kept.tally is tally and self._clock.monotonic() < kept.until:
                return kept.json
            homes = await self._areas.households(session, viewer.town, viewer.households)
            figures = await self._census.figures(session, viewer.town, sight)
        started = time.perf_counter()
        groups = {home.group for home in homes}
        tree = _tree(viewer, tally, groups, figures, now=utc(self._clock))
        if tree is None:
            raise not_found("您名下没有区划，找镇里开权限", "No area is yours; ask the town")
        json = tree.model_dump_json().encode()
        took = time.perf_counter() - started
        if took > _SMALL_S and not sight.homes:
            until = self._clock.monotonic() + took / _SHARE
            self._written[key] = _Written(tally, until, json)
            self._written.move_to_end(key)
            if len(self._written) > _MOST_TREES:
                self._written.popitem(last=False)
        return json


def _tree(
    viewer: Viewer,
    tally: TownTally,
    groups: set[str],
    figures: dict[str, Figures],
    *,
    now: datetime,
) -> AreaView | None:
    sight = Sight.of(viewer)
    lineage = tally.outlines.lineage
    named = {role.area for role in viewer.roles}
    standing = {
        code: name
        for code, name, valid in tally.outlines.areas(now)
        if valid or (code in named and not sight.covers(lineage.heir(code)))
    }
    own = groups | {lineage.heir(group) for group in groups if group not in standing}
    return build_tree(standing, lambda code: code in own or sight.covers(code), figures, lineage)
