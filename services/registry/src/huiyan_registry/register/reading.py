"""Reads sealed rows for auditors and receipts for households."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.area.figures import Sight
from huiyan_registry.camera.tables import Camera
from huiyan_registry.look.tables import RegisterEntry, ViewEvent
from huiyan_registry.register.tables import RegisterLink

_SOURCE = RegisterEntry.__tablename__


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What an auditor asks for; None is anything. `after` is the place of the last row seen."""

    camera: str | None = None
    household: str | None = None
    principal: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A register row, its link, and the frames that relays told of."""

    entry: RegisterEntry
    seq: int
    hash: bytes
    first_frame_at: datetime | None = None
    last_frame_at: datetime | None = None


class RegisterReader:
    """Queries over sealed rows; the caller owns the transaction."""

    async def page(
        self, session: AsyncSession, town: str, areas: list[str], asked: RowFilter, limit: int
    ) -> list[SealedRow]:
        """Rows of cameras within `areas`, newest first."""
        conditions = [
            RegisterLink.town == town,
            RegisterLink.source == _SOURCE,
            Sight.within(areas).cameras(),
        ]
        for column, wanted in (
            (RegisterEntry.camera, asked.camera),
            (RegisterEntry.household, asked.household),
            (RegisterEntry.principal, asked.principal),
        ):
            if wanted is not None:
                conditions.append(column == wanted)
        if asked.since is not None:
            conditions.append(RegisterEntry.at >= asked.since)
        if asked.until is not None:
            conditions.append(RegisterEntry.at < asked.until)
        if asked.after is not None:
            conditions.append(RegisterLink.seq < asked.after)
        rows = await session.execute(
            select(RegisterEntry, RegisterLink.seq, RegisterLink.hash)
            .join(
                RegisterLink,
                and_(RegisterLink.town == RegisterEntry.town, RegisterLink.row == RegisterEntry.id),
            )
            .join(
                Camera, and_(Camera.town == RegisterEntry.town, Camera.id == RegisterEntry.camera)
            )
            .where(*conditions)
            .order_by(RegisterLink.seq.desc())
            .limit(limit)
        )
        return await self._with_frames(session, town, [SealedRow(*row) for row in rows])

    async def _with_frames(
        self, session: AsyncSession, town: str, rows: list[SealedRow]
    ) -> list[SealedRow]:
        grants = sorted({row.entry.grant for row in rows})
        told = await session.execute(
            select(
                ViewEvent.grant,
                ViewEvent.camera,
                func.min(ViewEvent.first_frame_at),
                func.max(ViewEvent.last_frame_at),
            )
            .where(ViewEvent.town == town, ViewEvent.grant.in_(grants))
            .group_by(ViewEvent.grant, ViewEvent.camera)
        )
        frames = {(grant, camera): (first, last) for grant, camera, first, last in told}
        return [
            SealedRow(
                row.entry,
                row.seq,
                row.hash,
                *frames.get((row.entry.grant, row.entry.camera), (None, None)),
            )
            for row in rows
        ]

    async def newest_of(self, session: AsyncSession, town: str, household: str) -> SealedRow | None:
        """The household's newest sealed row."""
        rows = await session.execute(
            select(RegisterEntry, RegisterLink.seq, RegisterLink.hash)
            .join(
                RegisterLink,
                and_(
                    RegisterLink.town == RegisterEntry.town,
                    RegisterLink.row == RegisterEntry.id,
                    RegisterLink.source == _SOURCE,
                ),
            )
            .where(RegisterEntry.town == town, RegisterEntry.household == household)
            .order_by(RegisterEntry.at.desc(), RegisterEntry.id)
            .limit(1)
        )
        row = rows.first()
        return None if row is None else SealedRow(*row)
