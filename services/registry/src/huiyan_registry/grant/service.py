"""Gives, widens, renews, ends viewing grants; the register row commits before the token exists."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.grants import LIFE_S, MOST_VIEWS, Grant, GrantKind, View, sign_grant
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import RoleName, Viewer
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.camera.facts import facts_of
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.decision import (
    CameraFacts,
    Decision,
    OpenBreakGlass,
    Reason,
    decide,
    holds_until,
    needed_break_glass,
)
from huiyan_registry.grant.keys import SigningKeys
from huiyan_registry.grant.purpose import PurposeCode, check_purpose
from huiyan_registry.grant.relays import Relays
from huiyan_registry.grant.repository import GrantRepository
from huiyan_registry.grant.schemas import (
    AskedView,
    GrantedCamera,
    GrantView,
    NewGrant,
    Purpose,
    RefusedCamera,
)
from huiyan_registry.grant.tables import GrantedView, ViewGrant
from huiyan_registry.grant.turn import TurnCredentials
from huiyan_registry.look.repository import LookRepository
from huiyan_registry.refusals import forbidden, invalid, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.session.service import not_logged_in
from huiyan_registry.times import of_ns, utc

# Audio stays off (rules.md P12).
_ACTIONS = ("live", "snapshot")
_RENEW_AFTER = 0.6
# A page that slept may renew a little late; then it asks for a new grant.
_LATE_S = 60


@dataclass(frozen=True, slots=True)
class _Weighed:
    """The decision about one asked camera."""

    asked: AskedView
    camera: Camera | None
    decision: Decision
    until: datetime | None = None
    break_glass: OpenBreakGlass | None = None


class GrantService:
    """Grants of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        grants: GrantRepository,
        accounts: AccountRepository,
        cameras: CameraRepository,
        areas: AreaRepository,
        consents: ConsentRepository,
        sessions: SessionRepository,
        looks: LookRepository,
        revocations: RevocationService,
        keys: SigningKeys,
        relays: Relays,
        turn: TurnCredentials,
        clock: Clock,
    ) -> None:
        self._database = database
        self._grants = grants
        self._accounts = accounts
        self._cameras = cameras
        self._areas = areas
        self._consents = consents
        self._sessions = sessions
        self._looks = looks
        self._revocations = revocations
        self._keys = keys
        self._relays = relays
        self._turn = turn
        self._clock = clock

    # Verbs

    async def give(self, caller: Caller, new: NewGrant) -> GrantView:
        """A new grant. INVALID `purpose`; FORBIDDEN with the reason when no camera is left."""
        self._check_kind(caller.viewer, new.kind)
        purpose = self._purpose(new.kind, new.purpose)
        self._relays.urls()
        async with self._database.transaction(caller.rows) as session:
            caller = await self._hold_session(session, caller)
            weighed = await self._weigh(session, caller.viewer, new.views, purpose)
            _check_purpose_given(purpose, weighed)
            kept = [one for one in weighed if one.decision.allowed]
            _check_something_left(kept, weighed)
            issued = await self._instant(session, caller, "", kept)
            grant = ViewGrant(
                town=caller.town,
                id=new_id("grt"),
                principal=caller.principal,
                session=caller.session,
                kind=new.kind.value,
                purpose_code=purpose.code.value if purpose else None,
                purpose_text=purpose.text if purpose else "",
                issued_at=issued,
                expires_at=_end(issued, kept),
            )
            session.add(grant)
            await session.flush()
            await self._register(session, caller, grant, kept, issued)
        return self._answer(caller, grant, issued, kept, weighed)

    async def widen(self, caller: Caller, grant_id: str, asked: list[AskedView]) -> GrantView:
        """Add cameras to a running grant; each new one gets its register row."""
        async with self._database.transaction(caller.rows) as session:
            caller, grant = await self._running(session, caller, grant_id)
            held = await self._grants.views(session, caller.town, grant.id)
            now_views = [_asked(row) for row in held.values() if row.dropped_at is None]
            known = {view.camera for view in now_views}
            fresh = [view for view in asked if view.camera not in known]
            if len(known) + len({view.camera for view in fresh}) > MOST_VIEWS:
                raise invalid("一面墙最多 64 路", "A grant covers at most 64 cameras", "too_many")
            weighed = await self._weigh(
                session, caller.viewer, [*now_views, *fresh], _purpose_of(grant)
            )
            kept = [one for one in weighed if one.decision.allowed]
            _check_something_left(kept, weighed)
            issued = await self._instant(session, caller, grant.id, kept)
            await self._drop_lost(held, weighed, issued)
            new = [one for one in kept if one.asked.camera not in known]
            await self._register(session, caller, grant, new, issued, held=held)
            grant.expires_at = _end(issued, kept)
        return self._answer(caller, grant, issued, kept, weighed)

    async def renew(self, caller: Caller, grant_id: str) -> GrantView:
        """A newer token of the same grant. Every camera is decided anew; what is no longer
        allowed falls out, and with nothing left the session is refused. No register row."""
        async with self._database.transaction(caller.rows) as session:
            caller, grant = await self._running(session, caller, grant_id)
            held = await self._grants.views(session, caller.town, grant.id)
            now_views = [_asked(row) for row in held.values() if row.dropped_at is None]
            weighed = await self._weigh(session, caller.viewer, now_views, _purpose_of(grant))
            kept = [one for one in weighed if one.decision.allowed]
            issued = await self._instant(session, caller, grant.id, kept)
            await self._drop_lost(held, weighed, issued)
            if kept:
                grant.expires_at = _end(issued, kept)
            else:
                grant.ended_at = issued
        _check_something_left(kept, weighed)
        return self._answer(caller, grant, issued, kept, weighed)

    async def end(self, caller: Caller, grant_id: str) -> None:
        """The holder is done; its picture ends."""
        async with self._database.transaction(caller.rows) as session:
            grant = await self._grants.lock(session, caller.town, grant_id)
            if grant is None or grant.session != caller.session:
                raise _no_grant()
            await self._grants.end(session, caller.town, grant.id, utc(self._clock))
            await self._revocations.revoke(session, caller.town, "grant", grant.id, "logout")
        await self._revocations.flush(caller.town)

    # Steps

    def _check_kind(self, viewer: Viewer, kind: GrantKind) -> None:
        if (kind is GrantKind.PROBE) != viewer.has(RoleName.PROBE):
            raise forbidden("探测许可只给探测账号", "Probe grants are for probes, and probes only")

    def _purpose(self, kind: GrantKind, purpose: Purpose | None) -> Purpose | None:
        if purpose is not None:
            check_purpose(purpose.code, purpose.text)
        elif kind is GrantKind.PROBE:
            return Purpose(code=PurposeCode.MAINTENANCE, text="画面探测")
        return purpose

    async def _hold_session(self, session: AsyncSession, caller: Caller) -> Caller:
        """A logout, a lapse or a removal that runs at the same time waits, and then revokes what
        we give; one that came first is seen here, since the rights are read anew."""
        held = await self._sessions.hold(session, caller.town, caller.session)
        if held is None:
            raise not_logged_in()
        login, person = held
        if login.ended_at is not None or person.disabled_at is not None:
            raise not_logged_in()
        viewer = await self._accounts.viewer(session, person, utc(self._clock))
        return replace(caller, viewer=viewer)

    async def _running(
        self, session: AsyncSession, caller: Caller, grant_id: str
    ) -> tuple[Caller, ViewGrant]:
        caller = await self._hold_session(session, caller)
        grant = await self._grants.lock(session, caller.town, grant_id)
        if grant is None or grant.session != caller.session:
            raise _no_grant()
        late = utc(self._clock) - grant.expires_at
        if grant.ended_at is not None or late > timedelta(seconds=_LATE_S):
            raise HuiyanError(
                ErrorKind.CONFLICT,
                "这次观看已经结束，请重新打开",
                "The grant is over",
                code="grant_over",
            )
        return caller, grant

    async def _weigh(
        self,
        session: AsyncSession,
        viewer: Viewer,
        asked: Sequence[AskedView],
        purpose: Purpose | None,
    ) -> list[_Weighed]:
        """Decide on each camera under a share lock, so that no switch or withdrawal slips by."""
        by_camera = {view.camera: view for view in asked}
        rows = await self._cameras.hold(session, viewer.town, by_camera)
        now = utc(self._clock)
        facts = await facts_of(session, self._consents, viewer, list(rows.values()), now)
        code = purpose.code.value if purpose is not None else None
        weighed = []
        for camera, view in by_camera.items():
            fact = facts.get(camera) or _unknown(camera)
            decision = decide(viewer, fact, now, purpose=code)
            weighed.append(
                _Weighed(
                    view,
                    rows.get(camera),
                    decision,
                    holds_until(viewer, fact, now, decision, purpose=code),
                    needed_break_glass(fact, now, decision, purpose=code),
                )
            )
        return weighed

    async def _instant(
        self, session: AsyncSession, caller: Caller, grant: str, kept: Sequence[_Weighed]
    ) -> datetime:
        """Now, in whole seconds, as `iat` holds it.

        Relays void every grant whose `iat` is not beyond the revocation: one that is born in the
        second of an older revocation would be dead at once, so that second is waited out.
        """
        newest = await self._revocations.newest_of(
            session,
            caller.town,
            {
                "camera": [one.asked.camera for one in kept],
                "principal": [caller.principal],
                "session": [caller.session],
                "grant": [grant] if grant else [],
            },
        )
        first_s = math.floor(newest) + 1
        ahead_s = first_s - self._clock.utc_ns() / 1e9
        if 0 < ahead_s <= 1:
            await self._clock.sleep(ahead_s)
        return of_ns(self._clock.utc_ns() // 1_000_000_000 * 1_000_000_000)

    async def _drop_lost(
        self, held: dict[str, GrantedView], weighed: Sequence[_Weighed], now: datetime
    ) -> None:
        for one in weighed:
            row = held.get(one.asked.camera)
            if row is not None and not one.decision.allowed and row.dropped_at is None:
                row.dropped_at = now

    async def _register(
        self,
        session: AsyncSession,
        caller: Caller,
        grant: ViewGrant,
        added: Sequence[_Weighed],
        at: datetime,
        *,
        held: dict[str, GrantedView] | None = None,
    ) -> None:
        room = await self._areas.room(session, caller.town, caller.room) if caller.room else None
        for one in added:
            row = (held or {}).get(one.asked.camera)
            if row is None:
                session.add(
                    GrantedView(
                        town=grant.town,
                        grant=grant.id,
                        camera=one.asked.camera,
                        streams=list(one.asked.streams),
                        added_at=at,
                    )
                )
            else:
                row.streams, row.added_at, row.dropped_at = list(one.asked.streams), at, None
            assert one.camera is not None
            self._looks.enter(
                session,
                grant,
                one.camera,
                one.decision,
                who=caller.name,
                place=room.name if room else "",
                at=utc(self._clock),
                break_glass=one.break_glass,
            )

    def _answer(
        self,
        caller: Caller,
        grant: ViewGrant,
        issued: datetime,
        kept: Sequence[_Weighed],
        weighed: Sequence[_Weighed],
    ) -> GrantView:
        key = self._keys.of(grant.town)
        issued_s, expires_s = int(issued.timestamp()), int(grant.expires_at.timestamp())
        kind = GrantKind(grant.kind)
        claims = Grant(
            iss=grant.town,
            sub=caller.principal,
            sid=caller.session,
            jti=grant.id,
            iat=issued_s,
            exp=expires_s,
            kind=kind,
            views=tuple(
                View(camera=one.asked.camera, streams=tuple(one.asked.streams), actions=_ACTIONS)
                for one in kept
            ),
            own=all(one.decision.own for one in kept),
        )
        return GrantView(
            id=grant.id,
            kind=kind,
            token=sign_grant(claims, key.private, key.kid),
            expires_at=grant.expires_at,
            renew_after_s=max(1, int((expires_s - issued_s) * _RENEW_AFTER)),
            relay=self._relays.urls(),
            ice_servers=self._turn.servers(grant.id, issued_s),
            views=[
                GrantedCamera(
                    camera=one.asked.camera, streams=list(one.asked.streams), actions=[*_ACTIONS]
                )
                for one in kept
            ],
            refused=[
                RefusedCamera(
                    camera=one.asked.camera,
                    reason=one.decision.reason,
                    hint=one.decision.hint,
                    hint_en=one.decision.hint_en,
                )
                for one in weighed
                if one.decision.reason is not None
            ],
        )


def _unknown(camera: str) -> CameraFacts:
    """A camera that is not there looks like one to which nobody has a right."""
    return CameraFacts(camera=camera, area="", household=None, state="", off=False)


def _asked(row: GrantedView) -> AskedView:
    return AskedView.model_validate({"camera": row.camera, "streams": row.streams})


def _purpose_of(grant: ViewGrant) -> Purpose | None:
    if grant.purpose_code is None:
        return None
    return Purpose(code=PurposeCode(grant.purpose_code), text=grant.purpose_text)


def _end(issued: datetime, kept: Sequence[_Weighed]) -> datetime:
    """At most 300 s, and never beyond what it rests on: agreement, vetting, training, the hours of
    a consent, a maintenance consent, a break-glass look."""
    ends = [issued + timedelta(seconds=LIFE_S)]
    ends += [one.until for one in kept if one.until is not None]
    return max(min(ends), issued + timedelta(seconds=1)).replace(microsecond=0)


def _check_purpose_given(purpose: Purpose | None, weighed: Sequence[_Weighed]) -> None:
    if purpose is None and any(one.decision.reason is Reason.NO_PURPOSE for one in weighed):
        raise invalid("先选因由再看", "Choose a purpose before looking", "purpose")


def _check_something_left(kept: Sequence[_Weighed], weighed: Sequence[_Weighed]) -> None:
    if kept:
        return
    first = weighed[0].decision if weighed else None
    if first is None or first.reason is None:
        raise _no_grant()
    raise forbidden(first.hint, first.hint_en, first.reason.value)


def _no_grant() -> HuiyanError:
    return not_found("没有这次观看", "No such grant")
