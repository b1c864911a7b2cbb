"""The household sees that an installer saw a test picture: a row of the access register."""

from huiyan_kit.clock import Clock
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import Role, RoleName
from huiyan_registry.area.tables import Room
from huiyan_registry.camera.tables import Camera
from huiyan_registry.decision import Decision
from huiyan_registry.grant.purpose import PurposeCode
from huiyan_registry.grant.tables import ViewGrant
from huiyan_registry.look.repository import LookRepository
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

_TEXT = "装机试看"


class LookEntry:
    """Writes the row in the caller's transaction. The grant that it hangs on has ended before it
    began: no token of it exists."""

    def __init__(self, looks: LookRepository, clock: Clock) -> None:
        self._looks = looks
        self._clock = clock

    async def write(self, session: AsyncSession, caller: Caller, camera: Camera) -> None:
        """Role installer, purpose maintenance."""
        now = utc(self._clock)
        room = await session.get(Room, (caller.town, caller.room)) if caller.room else None
        grant = ViewGrant(
            town=caller.town,
            id=new_id("grt"),
            principal=caller.principal,
            session=caller.session,
            kind="probe",
            purpose_code=PurposeCode.MAINTENANCE.value,
            purpose_text=_TEXT,
            issued_at=now,
            expires_at=now,
            ended_at=now,
        )
        session.add(grant)
        await session.flush()
        self._looks.enter(
            session,
            grant,
            camera,
            Decision(role=Role(RoleName.INSTALLER)),
            who=caller.name,
            place=room.name if room else "",
            at=now,
        )
