"""The caller's part of the area tree, with its figures."""

from dataclasses import replace

from huiyan_kit.clock import Clock
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import Viewer
from huiyan_registry.area.figures import Figures, Sight, figures_of, total
from huiyan_registry.area.online import OnlineByArea
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.schemas import AreaView
from huiyan_registry.area.tally import Tally
from huiyan_registry.area.tree import build_tree
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.connection import Database
from huiyan_registry.presence.board import PresenceBoard
from huiyan_registry.refusals import not_found
from huiyan_registry.times import utc


class Census:
    """Counts cameras and households; who is online comes from memory."""

    def __init__(self, tally: Tally, online: OnlineByArea, presence: PresenceBoard) -> None:
        self._tally = tally
        self._online = online
        self._presence = presence

    async def figures(self, session: AsyncSession, town: str, sight: Sight) -> dict[str, Figures]:
        """Figures by the code at which things stand."""
        figures: dict[str, Figures] = {}
        if sight.prefixes:
            for area, stands in (await self._tally.of(session, town)).items():
                if sight.covers(area):
                    figures[area] = replace(stands)
            for area, count in (await self._online.counts(session, town)).items():
                if sight.covers(area):
                    figures.setdefault(area, Figures()).online += count
        if sight.homes:
            await self._own(session, town, sight, figures)
        return figures

    async def total(self, session: AsyncSession, town: str, codes: tuple[str, ...]) -> Figures:
        """Everything within these areas."""
        return total(await self.figures(session, town, Sight.within(codes)))

    def forget(self, town: str) -> None:
        """Households were added or moved."""
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


class AreaService:
    """Areas of the towns that this process serves."""

    def __init__(
        self, database: Database, areas: AreaRepository, census: Census, clock: Clock
    ) -> None:
        self._database = database
        self._areas = areas
        self._census = census
        self._clock = clock

    async def tree(self, viewer: Viewer) -> AreaView:
        """Areas of the caller's roles, and the groups of the caller's homes.

        An area that merged is shown to those whose role still names it; for the others it is part
        of its heir.
        """
        now = utc(self._clock)
        sight = Sight.of(viewer)
        async with self._database.transaction() as session:
            outlines = await self._areas.outlines(session, viewer.town)
            homes = await self._areas.households(session, viewer.town, viewer.households)
            figures = await self._census.figures(session, viewer.town, sight)
        groups = {home.group for home in homes}
        named = {role.area for role in viewer.roles}
        lineage = outlines.lineage
        standing = {
            code: name
            for code, name, valid in outlines.areas(now)
            if valid or (code in named and not sight.covers(lineage.heir(code)))
        }
        groups |= {lineage.heir(group) for group in groups if group not in standing}
        tree = build_tree(
            standing, lambda code: code in groups or sight.covers(code), figures, lineage
        )
        if tree is None:
            raise not_found("您名下没有区划，找镇里开权限", "No area is yours; ask the town")
        return tree
