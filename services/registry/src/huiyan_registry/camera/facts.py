"""Gathers what the decision needs to know of cameras."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName, Viewer
from huiyan_registry.break_glass.repository import open_break_glass
from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.decision import CameraFacts
from huiyan_registry.decision_steps.consent import BREAKERS


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
    """Facts by camera id, at most three queries for all of them. Consents, maintenance and
    break-glass looks are those of `now`, which may lie in the past or ahead."""
    given = await consents.given(session, viewer.town, cameras, now)
    maintained: dict[str, datetime] = {}
    if viewer.has(RoleName.PROBE):
        maintained = await consents.maintained(
            session, viewer.town, [camera.id for camera in cameras], now
        )
    broken = {}
    if viewer.has(*BREAKERS):
        broken = await open_break_glass(session, viewer.town, viewer.principal, now)
    return {
        camera.id: CameraFacts(
            camera=camera.id,
            area=camera.area,
            household=camera.household,
            state=camera.state,
            off=is_off(camera, now),
            simulated=camera.simulated,
            consents=given.get(camera.id, ()),
            maintenance_until=maintained.get(camera.id),
            mask_pending=bool(camera.mask) and not camera.mask_applied,
            break_glass=broken.get(camera.id),
        )
        for camera in cameras
    }
