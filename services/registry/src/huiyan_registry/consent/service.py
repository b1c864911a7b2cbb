"""A household gives and withdraws consent; a withdrawal ends pictures within 10 s."""

from datetime import datetime

from huiyan_kit.clock import Clock

from huiyan_registry.account.roles import RoleName
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import CameraService
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.decision import ConsentScope
from huiyan_registry.refusals import forbidden, invalid, no_such_camera
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc


class ConsentService:
    """Consents of the towns that this process serves."""

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

    async def give(self, caller: Caller, household: str, scope: ConsentScope) -> None:
        """The owner ticks one scope."""
        self._check_owner(caller, household)
        async with self._database.transaction() as session:
            rows = await self._cameras.lock_household(session, caller.town, household)
            await self._consents.give(
                session,
                caller.town,
                household,
                scope.value,
                by=caller.principal,
                now=utc(self._clock),
            )
            for row in rows:
                # Pages hear of the change by the camera's new revision.
                self._camera_service.touch(session, row)
        await self._revocations.flush(caller.town)

    async def withdraw(self, caller: Caller, household: str, scope: ConsentScope) -> bool:
        """The owner takes one scope back; False when it was not given. Every grant on the
        household's cameras is void but the household's own; who still may look renews."""
        self._check_owner(caller, household)
        async with self._database.transaction() as session:
            rows = await self._cameras.lock_household(session, caller.town, household)
            now = utc(self._clock)
            closed = await self._consents.withdraw(
                session, caller.town, household, scope.value, by=caller.principal, now=now
            )
            if closed:
                for row in rows:
                    self._camera_service.touch(session, row)
                    await self._revocations.revoke(
                        session, caller.town, "camera", row.id, "withdrawn", spare_own=True
                    )
        await self._revocations.flush(caller.town)
        return closed

    async def allow_maintenance(self, caller: Caller, camera: str, until: datetime) -> None:
        """The owner lets the operator's probe look at one camera until then."""
        now = utc(self._clock)
        if until.tzinfo is None or until <= now:
            raise invalid("时间要在以后，并带时区", "The time must lie ahead and carry a zone")
        async with self._database.transaction() as session:
            row = await self._cameras.get(session, caller.viewer, camera)
            if row is None or row.household is None:
                raise no_such_camera()
            self._check_owner(caller, row.household)
            self._consents.open_maintenance(
                session, caller.town, row.id, by=caller.principal, now=now, until=until
            )

    def _check_owner(self, caller: Caller, household: str) -> None:
        if not caller.viewer.in_household(household, RoleName.HOUSEHOLD_OWNER):
            raise forbidden("只有户主能签同意书", "Only the household's owner may consent")
