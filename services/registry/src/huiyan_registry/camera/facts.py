"""Gathers what the decision needs to know of cameras."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName, Viewer
from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.decision import CameraFacts


def is_off(camera: Camera, now: datetime) -> bool:
    """The household's switch, with its time limit."""
    return camera.off and (camera.off_until is None or camera.off_until > now)


async def facts_of(
    session: AsyncSession,
    consents: ConsentRepository,
    viewer: Viewer,
    cameras: Sequence[Camera],
    now: datetime,
) -> dict[str, CameraFacts]:
    """Facts by camera id, at most two queries for all of them."""
    households = {camera.household for camera in cameras if camera.household is not None}
    scopes = await consents.open_scopes(session, viewer.town, households) if households else {}
    maintained: dict[str, datetime] = {}
    if viewer.has(RoleName.PROBE):
        maintained = await consents.maintained(
            session, viewer.town, [camera.id for camera in cameras], now
        )
    return {
        camera.id: CameraFacts(
            camera=camera.id,
            area=camera.area,
            household=camera.household,
            state=camera.state,
            off=is_off(camera, now),
            simulated=camera.simulated,
            consents=scopes.get(camera.household or "", frozenset()),
            maintenance_open=camera.id in maintained,
        )
        for camera in cameras
    }
