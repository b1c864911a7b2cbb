"""Reads and writes the records of staff, and what holds by them at the principal's row."""

from dataclasses import dataclass
from datetime import datetime

from huiyan_kit.ids import new_id
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.tables import Principal
from huiyan_registry.staff.documents import Paper
from huiyan_registry.staff.periods import Span, held_until
from huiyan_registry.staff.tables import Agreement, AgreementDocument, Training, Vetting


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
        vetted_by: str,
        until: datetime | None,
        recorded: Recorded,
    ) -> None:
        """A new vetting in place of the one that holds."""
        await self.unvet(session, person, recorded)
        session.add(
            Vetting(
                town=person.town,
                id=new_id("vet"),
                principal=person.id,
                vetted_by=vetted_by,
                valid_until=until,
                recorded_by=recorded.by,
                recorded_at=recorded.at,
            )
        )
        person.vetted_at, person.vetted_until = recorded.at, until

    async def unvet(self, session: AsyncSession, person: Principal, recorded: Recorded) -> None:
        """Withdraw the vetting, if there is one."""
        await session.execute(
            update(Vetting)
            .where(
                Vetting.town == person.town,
                Vetting.principal == person.id,
                Vetting.withdrawn_at.is_(None),
            )
            .values(withdrawn_by=recorded.by, withdrawn_at=recorded.at)
        )
        person.vetted_at = person.vetted_until = None

    async def train(
        self,
        session: AsyncSession,
        person: Principal,
        course: str,
        until: datetime | None,
        recorded: Recorded,
    ) -> None:
        """A new training in place of the one that holds."""
        await self.untrain(session, person, recorded)
        session.add(
            Training(
                town=person.town,
                id=new_id("trn"),
                principal=person.id,
                course=course,
                valid_until=until,
                recorded_by=recorded.by,
                recorded_at=recorded.at,
            )
        )
        person.trained_at, person.trained_until = recorded.at, until

    async def untrain(self, session: AsyncSession, person: Principal, recorded: Recorded) -> None:
        """Withdraw the training, if there is one."""
        await session.execute(
            update(Training)
            .where(
                Training.town == person.town,
                Training.principal == person.id,
                Training.withdrawn_at.is_(None),
            )
            .values(withdrawn_by=recorded.by, withdrawn_at=recorded.at)
        )
        person.trained_at = person.trained_until = None

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
