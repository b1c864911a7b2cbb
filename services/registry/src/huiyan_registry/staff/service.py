"""Vets, trains, binds; and what is withdrawn ends the person's pictures within 10 s.

What lapses by itself needs no watcher: a grant never outlives `Viewer.lapses_at`, and relays end
a picture when its grant does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.grants import LIFE_S
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.account_repository import AccountSearch, PeopleRepository
from huiyan_registry.account.administration import Target, target_of
from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import RoleName
from huiyan_registry.account.tables import Principal
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.refusals import invalid, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.staff.documents import read_paper
from huiyan_registry.staff.periods import DUE, Span, begins_in_a_gap, is_due
from huiyan_registry.staff.repository import Recorded, StaffRepository
from huiyan_registry.staff.schemas import (
    AgreementList,
    AgreementState,
    AgreementView,
    NewAgreement,
    TrainingChange,
    VettingChange,
)
from huiyan_registry.staff.tables import Agreement, AgreementDocument
from huiyan_registry.times import utc

_LONGEST = timedelta(days=5 * 366)
_Change = Callable[[AsyncSession, Principal, Recorded], Awaitable[None]]


def _no_agreement() -> HuiyanError:
    return not_found("没有这份协议", "No such agreement")


def as_administrator(caller: Caller) -> Caller:
    """The caller in no other office. FORBIDDEN for who is no administrator."""
    caller.require(RoleName.ADMINISTRATOR)
    office = tuple(role for role in caller.viewer.roles if role.name is RoleName.ADMINISTRATOR)
    return replace(caller, viewer=replace(caller.viewer, roles=office))


class StaffService:
    """Records of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        people: PeopleRepository,
        accounts: AccountRepository,
        records: StaffRepository,
        revocations: RevocationService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._people = people
        self._accounts = accounts
        self._records = records
        self._revocations = revocations
        self._clock = clock

    async def set_vetting(self, caller: Caller, principal: str, wanted: VettingChange) -> None:
        """Record or withdraw a vetting. INVALID `past`."""
        by = wanted.by.strip() if wanted.on else None
        record = partial(self._records.vet, by=by, until=wanted.until)
        await self._change(caller, principal, "not_vetted", wanted.until, record)

    async def set_training(self, caller: Caller, principal: str, wanted: TrainingChange) -> None:
        """Record or withdraw a training. INVALID `past`."""
        course = wanted.course.strip() if wanted.on else None
        record = partial(self._records.train, course=course, until=wanted.until)
        await self._change(caller, principal, "not_trained", wanted.until, record)

    async def sign(self, caller: Caller, principal: str, new: NewAgreement) -> AgreementView:
        """Record a signed agreement. INVALID `past`, `too_long`, `gap`, `document`; TOO_LARGE."""
        caller = as_administrator(caller)
        self._check_future(new.until)
        span = Span(new.since, new.until)
        if span.end - span.start > _LONGEST:
            raise invalid("协议最长五年", "An agreement holds for at most five years", "too_long")
        paper = read_paper(new.document) if new.document is not None else None
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal)
            recorded = Recorded(caller.principal, utc(self._clock))
            spans = await self._records.spans(session, caller.town, principal)
            if begins_in_a_gap(spans, span, recorded.at):
                raise invalid(
                    "起始日要接上现有协议，或者不晚于今天",
                    "It must begin by today, or when the present agreement ends",
                    "gap",
                )
            row = await self._records.sign(
                session, target.person, span, new.text_version, recorded, paper=paper
            )
            return _shown(row, target.person, recorded.at, document=paper is not None)

    async def withdraw(self, caller: Caller, agreement: str, reason: str) -> AgreementView:
        """End an agreement early. NOT_FOUND, CONFLICT `withdrawn`."""
        caller = as_administrator(caller)
        async with self._database.transaction(caller.rows) as session:
            row = await self._records.agreement(session, caller.town, agreement)
            if row is None:
                raise _no_agreement()
            target = await self._target(session, caller, row.principal)
            await session.refresh(row)
            if row.withdrawn_at is not None:
                raise HuiyanError(
                    ErrorKind.CONFLICT, "已经撤回了", "It was withdrawn already", code="withdrawn"
                )
            before, now = _ends(target.person), utc(self._clock)
            row.withdrawn_at, row.withdrawn_by = now, caller.principal
            row.withdrawn_reason = reason
            await session.flush()
            await self._records.settle(session, target.person, now)
            await self._cut(session, target.person, before, "no_agreement")
            paper = await self._records.document(session, caller.town, agreement)
            view = _shown(row, target.person, now, document=paper is not None)
        await self._revocations.flush(caller.town)
        return view

    async def listed(
        self,
        caller: Caller,
        state: AgreementState | None,
        after: str,
        limit: int,
        *,
        principal: str | None = None,
    ) -> AgreementList:
        """The newest agreement of each person (or of one) within the caller's office."""
        caller = as_administrator(caller)
        now = utc(self._clock)
        search = AccountSearch(after=after, limit=limit)
        wanted = _standing(state, now)
        if principal is not None:
            wanted = and_(wanted, Principal.id == principal)
        async with self._database.transaction(caller.rows) as session:
            async with beyond(session, caller.rows):
                # A member of any household is nobody's account.
                rows = await self._people.listed(session, caller.viewer, search, also=wanted)
            persons = {row.id: row for row in rows}
            newest = await self._records.newest(session, caller.town, list(persons))
        by_person = {row.principal: (row, paper) for row, paper in newest}
        items = [
            _shown(by_person[row.id][0], row, now, document=by_person[row.id][1]) for row in rows
        ]
        return AgreementList(items=items, next=rows[-1].account if len(rows) == limit else None)

    async def document(self, caller: Caller, agreement: str) -> AgreementDocument:
        """The signed paper. NOT_FOUND."""
        caller = as_administrator(caller)
        async with self._database.transaction(caller.rows) as session:
            row = await self._records.agreement(session, caller.town, agreement)
            if row is None:
                raise _no_agreement()
            await self._target(session, caller, row.principal, change=False)
            paper = await self._records.document(session, caller.town, agreement)
        if paper is None:
            raise not_found("这份协议没有附件", "This agreement has no document")
        return paper

    # Steps

    async def _change(
        self,
        caller: Caller,
        principal: str,
        reason: str,
        until: datetime | None,
        change: _Change,
    ) -> None:
        self._check_future(until)
        caller = as_administrator(caller)
        async with self._database.transaction(caller.rows) as session:
            person = (await self._target(session, caller, principal)).person
            before = _ends(person)
            await change(session, person, Recorded(caller.principal, utc(self._clock)))
            await session.flush()
            await self._cut(session, person, before, reason)
        await self._revocations.flush(caller.town)

    async def _cut(
        self,
        session: AsyncSession,
        person: Principal,
        before: tuple[datetime | None, ...],
        reason: str,
    ) -> None:
        """End running pictures when something now ends before they would. Own homes go on."""
        # No grant lives longer than this, so a later end is met by the next renewal.
        soon = utc(self._clock).timestamp() + LIFE_S
        ends = zip(_ends(person), before, strict=True)
        if any(_rank(new) < min(_rank(old), soon) for new, old in ends):
            await self._revocations.revoke(
                session, person.town, "principal", person.id, reason, spare_own=True
            )

    async def _target(
        self, session: AsyncSession, caller: Caller, principal: str, *, change: bool = True
    ) -> Target:
        return await target_of(
            session,
            caller,
            principal,
            accounts=self._accounts,
            people=self._people,
            change=change,
        )

    def _check_future(self, until: datetime | None) -> None:
        if until is not None and until <= utc(self._clock):
            raise invalid("截止日已经过了", "That end is past", "past")


_ALWAYS = datetime.max


def _ends(person: Principal) -> tuple[datetime | None, ...]:
    """When vetting, training and agreement end; `_ALWAYS` without an end, None for none."""
    return (
        (person.vetted_until or _ALWAYS) if person.vetted_at is not None else None,
        (person.trained_until or _ALWAYS) if person.trained_at is not None else None,
        person.agreement_valid_until,
    )


def _rank(end: datetime | None) -> float:
    if end is None:
        return float("-inf")
    return float("inf") if end is _ALWAYS else end.timestamp()


def _standing(state: AgreementState | None, now: datetime) -> ColumnElement[bool]:
    until = Principal.agreement_valid_until
    some = exists(
        select(Agreement.id).where(
            Agreement.town == Principal.town, Agreement.principal == Principal.id
        )
    )
    match state:
        case None:
            return some
        case AgreementState.VALID:
            return and_(some, until > now)
        case AgreementState.DUE:
            return and_(some, until > now, until <= now + DUE)
        case AgreementState.LAPSED:
            return and_(some, or_(until.is_(None), until <= now))


def _shown(row: Agreement, person: Principal, now: datetime, *, document: bool) -> AgreementView:
    until = person.agreement_valid_until
    state = AgreementState.VALID
    if until is None or until <= now:
        state = AgreementState.LAPSED
    elif is_due(until, now):
        state = AgreementState.DUE
    return AgreementView(
        **{"from": row.valid_from},
        id=row.id,
        principal=person.id,
        account=person.account or "",
        name=person.name,
        until=row.valid_until,
        text_version=row.text_version,
        state=state,
        holds_until=until,
        document=document,
        recorded_at=row.recorded_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
    )
