"""A household ticks scopes one by one and takes them back; what allows less ends pictures
within 10 s."""

from collections.abc import Sequence

from huiyan_kit.clock import Clock
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.tables import Household
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import CameraService
from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.repository import ConsentRepository, terms_of
from huiyan_registry.consent.schemas import Consents, ConsentView, NewConsent
from huiyan_registry.consent.scopes import LIVE_SCOPES, ConsentScope
from huiyan_registry.consent.sheet import sheet_of
from huiyan_registry.consent.signature import read_signature
from huiyan_registry.consent.tables import Consent
from huiyan_registry.consent.terms import Terms, stored_of
from huiyan_registry.consent.wording import ConsentText, ConsentTexts
from huiyan_registry.database.connection import Database
from huiyan_registry.refusals import forbidden, invalid, no_such_camera, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

_READERS = (RoleName.INSTALLER, RoleName.ROOM_ADMIN, RoleName.AUDITOR)
_SHEET_READERS = (RoleName.INSTALLER, RoleName.AUDITOR)


class ConsentService:
    """Consents of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        consents: ConsentRepository,
        areas: AreaRepository,
        cameras: CameraRepository,
        camera_service: CameraService,
        revocations: RevocationService,
        texts: ConsentTexts,
        clock: Clock,
    ) -> None:
        self._database = database
        self._consents = consents
        self._areas = areas
        self._cameras = cameras
        self._camera_service = camera_service
        self._revocations = revocations
        self._texts = texts
        self._clock = clock

    def words(self, language: str) -> ConsentText:
        """The text in use."""
        return self._texts.newest(language)

    async def of_household(self, caller: Caller, household: str) -> Consents:
        """What holds and what was taken back. For members, and installers, room administrators
        and auditors of the area."""
        async with self._database.transaction(caller.rows) as session:
            home = await self._home(session, caller, household)
            _check_reader(caller, home, _READERS)
            rows = await self._consents.of_household(session, caller.town, home.id)
        return Consents(
            items=[view_of(row) for row in rows if row.withdrawn_at is None],
            withdrawn=[view_of(row) for row in rows if row.withdrawn_at is not None],
        )

    async def tick(self, caller: Caller, household: str, new: NewConsent) -> ConsentView:
        """One scope, by the owner, or on the spot by an installer of the area with the owner's
        signature. A consent for one camera takes the place of one for all of them, and the other
        way round. INVALID `text_outdated`, `signature`, `hours`, `purposes`."""
        text = self._checked_text(new)
        signature = read_signature(new.signature) if new.signature is not None else None
        terms = Terms(
            new.scope.value,
            new.camera,
            tuple(one.window() for one in new.hours),
            frozenset(new.purposes),
        )
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            home = await self._home(session, caller, household)
            on_site = _signs_on_site(caller, home)
            if on_site and (signature is None or new.signatory is None):
                raise invalid(
                    "当面签要写签字人，并让户主手写签名",
                    "On the spot the signatory's name and signature are needed",
                    "signature",
                )
            await self._consents.one_at_a_time(session, caller.town, home.id)
            cameras = await self._cameras.lock_household(session, caller.town, home.id)
            if new.camera is not None and new.camera not in {row.id for row in cameras}:
                raise no_such_camera()
            row = Consent(
                town=caller.town,
                id=new_id("con"),
                household=home.id,
                scope=terms.scope,
                camera=terms.camera,
                hours=stored_of(terms.hours),
                purposes=sorted(terms.purposes),
                text_version=text.version,
                text_sha256=text.sha256,
                language=text.language,
                signatory=new.signatory or caller.name,
                signature=signature,
                signed_on_site=on_site,
                granted_by=caller.principal,
                granted_at=now,
            )
            lost = await self._replace(session, caller, row, terms, cameras)
            session.add(row)
            await self._told(session, cameras, lost)
            await session.flush()
        await self._revocations.flush(caller.town)
        return view_of(row)

    async def withdraw(self, caller: Caller, household: str, consent: str) -> None:
        """The owner takes one scope back. Every grant on its cameras is void but the household's
        own; who still may look asks anew. Taking it back twice changes nothing."""
        async with self._database.transaction(caller.rows) as session:
            home = await self._home(session, caller, household)
            _check_owner(caller, home.id)
            cameras = await self._cameras.lock_household(session, caller.town, home.id)
            row = await self._consents.get(session, caller.town, home.id, consent)
            if row is None:
                raise _no_consent()
            now = utc(self._clock)
            if await self._consents.close(session, row, by=caller.principal, now=now):
                lost = _covered(terms_of(row), cameras) if row.scope in LIVE_SCOPES else []
                await self._told(session, cameras, lost)
        await self._revocations.flush(caller.town)

    async def sheet(self, caller: Caller, household: str, consent: str) -> str:
        """The printable sheet (HTML). For the owner, and installers and auditors of the area."""
        async with self._database.transaction(caller.rows) as session:
            home = await self._home(session, caller, household)
            if not caller.viewer.in_household(home.id, RoleName.HOUSEHOLD_OWNER):
                _check_reader(caller, home, _SHEET_READERS, members=False)
            row = await self._consents.get(session, caller.town, home.id, consent)
            if row is None:
                raise _no_consent()
            camera = await session.get(Camera, (caller.town, row.camera)) if row.camera else None
        text = self._texts.get(row.text_version or "", row.language or "")
        return sheet_of(row, text, home.name, camera.name if camera is not None else None)

    # Steps

    async def _replace(
        self,
        session: AsyncSession,
        caller: Caller,
        new: Consent,
        terms: Terms,
        cameras: Sequence[Camera],
    ) -> list[Camera]:
        """Close what the new consent takes the place of; the cameras that lose something."""
        lost: dict[str, Camera] = {}
        for old in await self._consents.lock_open(session, caller.town, new.household, terms.scope):
            if terms.camera is not None and old.camera not in (None, terms.camera):
                continue
            await self._consents.close(
                session, old, by=caller.principal, now=new.granted_at, replaced_by=new.id
            )
            before = terms_of(old)
            if terms.allows_less_than(before) and terms.scope in LIVE_SCOPES:
                lost |= {camera.id: camera for camera in _covered(before, cameras)}
        return list(lost.values())

    async def _told(
        self, session: AsyncSession, cameras: Sequence[Camera], lost: Sequence[Camera]
    ) -> None:
        """Pages hear of the change by the cameras' new revision; relays of what is void."""
        for camera in cameras:
            self._camera_service.touch(session, camera)
        for camera in lost:
            await self._revocations.revoke(
                session, camera.town, "camera", camera.id, "withdrawn", spare_own=True
            )

    def _checked_text(self, new: NewConsent) -> ConsentText:
        text = self._texts.get(new.text_version, new.language)
        if text is None or text != self._texts.newest(new.language):
            raise invalid(
                "同意书有新的一版了，请重新看一遍再签",
                "There is a newer text; read it and sign again",
                "text_outdated",
            )
        words = text.of(new.scope)
        if words is None or not set(new.purposes) <= set(words.purposes):
            raise invalid("这一项不能限这些因由", "These purposes do not fit", "purposes")
        if new.hours and not _has_hours(new.scope):
            raise invalid("这一项不分时间", "This scope knows no hours", "hours")
        return text

    async def _home(self, session: AsyncSession, caller: Caller, household: str) -> Household:
        home = await self._areas.household(session, caller.town, household)
        if home is None or not caller.viewer.sees(home.group, home.id):
            raise not_found("没有这户", "No such household")
        return home


def view_of(row: Consent) -> ConsentView:
    """A row as routes show it; the signature stands on the sheet only."""
    return ConsentView.model_validate(row, from_attributes=True)


def _has_hours(scope: ConsentScope) -> bool:
    return scope in LIVE_SCOPES or scope.startswith("analytics_")


def _covered(terms: Terms, cameras: Sequence[Camera]) -> list[Camera]:
    return [camera for camera in cameras if terms.camera in (None, camera.id)]


def _signs_on_site(caller: Caller, home: Household) -> bool:
    """False for the owner, True for an installer of the area. FORBIDDEN for others."""
    if caller.viewer.in_household(home.id, RoleName.HOUSEHOLD_OWNER):
        return False
    if any(
        role.name is RoleName.INSTALLER and role.covers_area(home.group)
        for role in caller.viewer.roles
    ):
        return True
    raise forbidden("只有户主能签同意书", "Only the household's owner may consent")


def _check_owner(caller: Caller, household: str) -> None:
    if not caller.viewer.in_household(household, RoleName.HOUSEHOLD_OWNER):
        raise forbidden("只有户主能收回同意", "Only the household's owner may withdraw consent")


def _check_reader(
    caller: Caller, home: Household, names: Sequence[RoleName], *, members: bool = True
) -> None:
    if members and caller.viewer.in_household(home.id):
        return
    if not any(role.name in names and role.covers_area(home.group) for role in caller.viewer.roles):
        raise forbidden(
            "这户的同意书只给家里人和负责的人看",
            "Consents are for the household and those who answer for them",
        )


def _no_consent() -> Exception:
    return not_found("没有这份同意书", "No such consent")
