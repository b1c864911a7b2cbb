"""Explains decisions, for oneself and, within one's scope, for others and other times."""

from datetime import timedelta

from huiyan_kit.clock import Clock

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import RoleName
from huiyan_registry.camera.facts import facts_of
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.decision import ANY_PURPOSE, explain
from huiyan_registry.refusals import invalid, no_such_camera, not_found
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc
from huiyan_registry.why.repository import PastViewers
from huiyan_registry.why.schemas import Asked, Why, why_of

ASKERS = (RoleName.ADMINISTRATOR, RoleName.AUDITOR)
_FARTHEST = timedelta(days=3650)
_NOTE = "身份、同意书、时间和检修按那时的记录；摄像机、遮挡、开关是现在的"
_NOTE_EN = (
    "Roles, consents, hours and maintenance are those of that time; "
    "the camera's state, mask and switch are those of now"
)


class WhyService:
    """Explanations in the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        accounts: AccountRepository,
        viewers: PastViewers,
        cameras: CameraRepository,
        consents: ConsentRepository,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._viewers = viewers
        self._cameras = cameras
        self._consents = consents
        self._clock = clock

    async def for_oneself(self, caller: Caller, camera: str) -> Why:
        """Why the caller may or may not see a camera that is listed for him."""
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            row = await self._cameras.get(session, caller.viewer, camera)
            if row is None:
                raise no_such_camera()
            facts = await facts_of(session, self._consents, caller.viewer, [row], now)
        return why_of(explain(caller.viewer, facts[row.id], now), now)

    async def for_another(self, caller: Caller, asked: Asked) -> Why:
        """By an administrator or auditor, for a person and a camera that both belong to his area.
        NOT_FOUND for others. A time before the records or far ahead is INVALID `at`."""
        caller.require(*ASKERS)
        now = utc(self._clock)
        at = asked.at if asked.at is not None else now
        if abs(at - now) > _FARTHEST:
            raise invalid("时间太远了", "That time is too far away", "at")
        async with self._database.transaction(caller.rows) as session:
            row = await self._cameras.get(session, caller.viewer, asked.camera)
            if row is None or not _answers_for(caller, row.area):
                raise no_such_camera()
            # The decision about somebody else rests on every role of theirs.
            async with beyond(session, caller.rows):
                person = await self._accounts.get(session, caller.town, asked.principal)
                if person is None:
                    raise _nobody()
                viewer = await self._viewers.at(session, person, at)
                current = await self._accounts.viewer(session, person, now)
                places = await self._viewers.places(session, viewer)
                places += await self._viewers.places(session, current)
                if not any(_answers_for(caller, place) for place in places):
                    raise _nobody()
                facts = (await facts_of(session, self._consents, viewer, [row], at))[row.id]
        purpose = asked.purpose.value if asked.purpose is not None else ANY_PURPOSE
        why = why_of(explain(viewer, facts, at, purpose=purpose), at)
        if asked.at is not None:
            why.note, why.note_en = _NOTE, _NOTE_EN
        return why


def _answers_for(caller: Caller, area: str) -> bool:
    return any(role.name in ASKERS and role.covers_area(area) for role in caller.viewer.roles)


def _nobody() -> Exception:
    return not_found("没有这个人", "No such person")
