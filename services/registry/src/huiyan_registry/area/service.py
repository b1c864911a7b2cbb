"""The caller's part of the area tree, with its figures."""

from huiyan_kit.clock import Clock

from huiyan_registry.account.roles import Viewer
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.schemas import AreaView
from huiyan_registry.area.tree import build_tree
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.presence.board import PresenceBoard
from huiyan_registry.refusals import not_found
from huiyan_registry.times import utc


class AreaService:
    """Areas of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        areas: AreaRepository,
        cameras: CameraRepository,
        presence: PresenceBoard,
        clock: Clock,
    ) -> None:
        self._database = database
        self._areas = areas
        self._cameras = cameras
        self._presence = presence
        self._clock = clock

    async def tree(self, viewer: Viewer) -> AreaView:
        """Areas of the caller's roles, and the groups of the caller's homes."""
        async with self._database.transaction() as session:
            areas = await self._areas.valid(session, viewer.town, utc(self._clock))
            homes = await self._areas.households(session, viewer.town, viewer.households)
            cameras = await self._cameras.all_listed(session, viewer)
        groups = {home.group for home in homes}
        tree = build_tree(
            {code: area.name for code, area in areas.items()},
            lambda code: code in groups or viewer.sees(code, None),
            [(row.area, self._presence.online(row.town, row.id)) for row in cameras],
        )
        if tree is None:
            raise not_found("您名下没有区划，找镇里开权限", "No area is yours; ask the town")
        return tree
