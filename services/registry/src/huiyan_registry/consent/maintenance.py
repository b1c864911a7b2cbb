"""Leave for the probe to look at one camera for a while (`huiyan watch` works under it)."""

from datetime import datetime, timedelta

from huiyan_kit.clock import Clock

from huiyan_registry.account.roles import RoleName
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.schemas import CameraView
from huiyan_registry.camera.service import CameraService
from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.refusals import forbidden, invalid, no_such_camera
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

_LONGEST = timedelta(hours=24)
# Of a public camera. The operator runs the probe and may open it there, never at a household.
_PUBLIC = (RoleName.ROOM_ADMIN, RoleName.ADMINISTRATOR, RoleName.OPERATOR)


class MaintenanceService:
    """Maintenance consents of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        consents: ConsentRepository,
        cameras: CameraRepository,
        camera_service: CameraService,
        revocations: RevocationService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._consents = consents
        self._cameras = cameras
        self._camera_service = camera_service
        self._revocations = revocations
        self._clock = clock

    async def open(self, caller: Caller, camera: str, until: datetime) -> CameraView:
        """Until then, at most 24 h ahead. INVALID `until`."""
        now = utc(self._clock)
        if not now < until <= now + _LONGEST:
            raise invalid(
                "检修时间要在以后，最多 24 小时",
                "The time must lie ahead, by 24 hours at most",
                "until",
            )
        async with self._database.transaction(caller.rows) as session:
            row = await self._cameras.get(session, caller.viewer, camera)
            if row is None:
                raise no_such_camera()
            _check_may(caller, row)
            self._consents.open_maintenance(
                session, row, by=caller.principal, by_name=caller.name, now=now, until=until
            )
        return await self._camera_service.view(caller.viewer, camera)

    async def close(self, caller: Caller, camera: str) -> None:
        """End it now; the probe's picture ends within 10 s."""
        async with self._database.transaction(caller.rows) as session:
            if await self._cameras.get(session, caller.viewer, camera) is None:
                raise no_such_camera()
            row = await self._cameras.lock(session, caller.town, camera)
            if row is None:
                raise no_such_camera()
            _check_may(caller, row)
            now = utc(self._clock)
            if await self._consents.close_maintenance(session, caller.town, row.id, now):
                await self._revocations.revoke(
                    session, caller.town, "camera", row.id, "withdrawn", spare_own=True
                )
        await self._revocations.flush(caller.town)


def _check_may(caller: Caller, camera: Camera) -> None:
    if camera.household is not None:
        if not caller.viewer.in_household(camera.household, RoleName.HOUSEHOLD_OWNER):
            raise forbidden(
                "住户的摄像机只有户主能在自己页面上打开检修",
                "Only the household's owner may open maintenance, on the family page",
            )
    elif not any(
        role.name in _PUBLIC and role.covers_area(camera.area) for role in caller.viewer.roles
    ):
        raise forbidden(
            "公共摄像机的检修由室管理员或管理员打开",
            "Maintenance of a public camera is opened by its room administrator",
        )
