"""Reads and writes the records of staff, and what holds by them at the principal's row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from huiyan_kit.ids import new_id
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.tables import Principal
from huiyan_registry.staff.documents import Paper
from huiyan_registry.staff.periods import Span, held_until
from huiyan_registry.staff.tables import Agreement, AgreementDocument, Training, Vetting

_Kept = TypeVar("_Kept", Vetting, Training)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Who records when; `by` is None for the command line."""

    by: str | None
    at: datetime


class StaffRepository:
    """The caller owns the transaction and has locked the principal's row."""

    async def vet(
        self,
        session: AsyncSession,
        person: Principal,
        recorded: Recorded,
        *,
        by: str | None,
        until: datetime | None = None,
    ) -> None:
        """A new vetting in place of the one that holds; without `by` none is left."""
        await self._withdraw(session, Vetting, person, recorded)
        person.vetted_at = person.vetted_until = None
        if by is not None:
            session.add(Vetting(**_head("vet", person, until, recorded), vetted_by=by))
            person.vetted_at, person.vetted_until = recorded.at, until

    async def train(
        self,
        session: AsyncSession,
        person: Principal,
        recorded: Recorded,
        *,
        course: str | None,
        until: datetime | None = None,
    ) -> None:
        """A new training in place of the one that holds; without `course` none is left."""
        await self._withdraw(session, Training, person, recorded)
        person.trained_at = person.trained_until = None
        if course is not None:
            session.add(Training(**_head("trn", person, until, recorded), course=course))
            person.trained_at, person.trained_until = recorded.at, until

    async def _withdraw(
        self,
        session: AsyncSession,
        table: type[Vetting] | type[Training],
        person: Principal,
        recorded: Recorded,
    ) -> None:
        await session.execute(
            update(table)
            .where(
                table.town == person.town,
                table.principal == person.id,
                table.withdrawn_at.is_(None),
            )
            .values(withdrawn_by=recorded.by, withdrawn_at=recorded.at)
        )

    async def open_record(
        self, session: AsyncSession, table: type[_Kept], town: str, principal: str
    ) -> _Kept | None:
        """The vetting or training that was not withdrawn; it may have lapsed."""
        found: _Kept | None = await session.scalar(
            select(table).where(
                table.town == town,
                table.principal == principal,
                table.withdrawn_at.is_(None),
            )
        )
        return found

    async def sign(
        self,
        session: AsyncSession,
        person: Principal,
        span: Span,
        text_version: str,
        recorded: Recorded,
        *,
        paper: Paper | None = None,
    ) -> Agreement:
        """A new agreement, which may follow another one without a gap."""
        row = Agreement(
            town=person.town,
            id=new_id("agr"),
            principal=person.id,
            valid_from=span.start,
            valid_until=span.end,
            text_version=text_version,
            recorded_by=recorded.by,
            recorded_at=recorded.at,
        )
        session.add(row)
        await session.flush()
        if paper is not None:
            session.add(
                AgreementDocument(
                    town=row.town,
                    agreement=row.id,
                    media_type=paper.media_type,
                    sha256=paper.sha256,
                    content=paper.content,
                )
            )
        await self.settle(session, person, recorded.at)
        return row

    async def settle(self, session: AsyncSession, person: Principal, now: datetime) -> None:
        """Put at the person's row what its agreements say now."""
        spans = await self.spans(session, person.town, person.id)
        person.agreement_valid_until = held_until(spans, now)
        await session.flush()

    async def spans(self, session: AsyncSession, town: str, principal: str) -> list[Span]:
        """Of every agreement that was not withdrawn."""
        rows = await session.execute(
            select(Agreement.valid_from, Agreement.valid_until).where(
                Agreement.town == town,
                Agreement.principal == principal,
                Agreement.withdrawn_at.is_(None),
            )
        )
        return [Span(start, end) for start, end in rows]

    async def agreement(self, session: AsyncSession, town: str, agreement: str) -> Agreement | None:
        """One agreement."""
        return await session.get(Agreement, (town, agreement), populate_existing=True)

    async def document(
        self, session: AsyncSession, town: str, agreement: str
    ) -> AgreementDocument | None:
        """The paper of an agreement."""
        return await session.get(AgreementDocument, (town, agreement))

    async def newest(
        self, session: AsyncSession, town: str, principals: list[str]
    ) -> list[tuple[Agreement, bool]]:
        """Each of these people's agreement that ends last, and whether there is a paper.
        A withdrawn one counts only for who has no other."""
        rows = await session.execute(
            select(Agreement, AgreementDocument.agreement.is_not(None))
            .outerjoin(
                AgreementDocument,
                (AgreementDocument.town == Agreement.town)
                & (AgreementDocument.agreement == Agreement.id),
            )
            .where(Agreement.town == town, Agreement.principal.in_(principals))
            .order_by(
                Agreement.principal,
                Agreement.withdrawn_at.is_not(None),
                Agreement.valid_until.desc(),
                Agreement.id,
            )
        )
        first: dict[str, tuple[Agreement, bool]] = {}
        for row, paper in rows:
            first.setdefault(row.principal, (row, bool(paper)))
        return list(first.values())


def _head(
    prefix: str, person: Principal, until: datetime | None, recorded: Recorded
) -> dict[str, Any]:
    return {
        "town": person.town,
        "id": new_id(prefix),
        "principal": person.id,
        "valid_until": until,
        "recorded_by": recorded.by,
        "recorded_at": recorded.at,
    }
