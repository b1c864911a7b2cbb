"""Reads and writes break-glass looks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import DateTime, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.break_glass.tables import BreakGlass, BreakGlassCamera
from huiyan_registry.decision_steps.terms import OpenBreakGlass

_AT = bindparam("at", type_=DateTime(timezone=True))
_OPEN = (
    select(BreakGlassCamera.camera, BreakGlass)
    .join(
        BreakGlass,
        (BreakGlass.town == BreakGlassCamera.town)
        & (BreakGlass.id == BreakGlassCamera.break_glass),
    )
    .where(
        BreakGlass.town == bindparam("town"),
        BreakGlass.asker == bindparam("asker"),
        BreakGlass.approved_at <= _AT,
        BreakGlass.expires_at > _AT,
        or_(BreakGlass.ended_at.is_(None), BreakGlass.ended_at > _AT),
    )
    .order_by(BreakGlass.expires_at)
)


async def open_break_glass(
    session: AsyncSession, town: str, asker: str, at: datetime
) -> dict[str, OpenBreakGlass]:
    """What this person's approved looks let them see at an instant, by camera; of several for
    one camera the one that lasts longest."""
    rows = await session.execute(_OPEN, {"town": town, "asker": asker, "at": at})
    return {
        camera: OpenBreakGlass(row.purpose_code, row.expires_at, row.id, row.approver_name or "")
        for camera, row in rows
        if row.expires_at is not None
    }


class BreakGlassRepository:
    """Queries about break-glass looks; the caller owns the transaction."""

    async def lock(self, session: AsyncSession, town: str, look: str) -> BreakGlass | None:
        """One request, to be changed."""
        found: BreakGlass | None = await session.scalar(
            select(BreakGlass)
            .where(BreakGlass.town == town, BreakGlass.id == look)
            .with_for_update()
        )
        return found

    async def cameras(
        self, session: AsyncSession, town: str, looks: Iterable[str]
    ) -> dict[str, list[BreakGlassCamera]]:
        """Their cameras, by request."""
        rows = await session.scalars(
            select(BreakGlassCamera)
            .where(BreakGlassCamera.town == town, BreakGlassCamera.break_glass.in_(list(looks)))
            .order_by(BreakGlassCamera.camera)
        )
        found: dict[str, list[BreakGlassCamera]] = defaultdict(list)
        for row in rows:
            found[row.break_glass].append(row)
        return found

    async def newest(
        self, session: AsyncSession, town: str, *, since: datetime, limit: int
    ) -> Sequence[BreakGlass]:
        """Requests since then, newest first."""
        rows = await session.scalars(
            select(BreakGlass)
            .where(BreakGlass.town == town, BreakGlass.asked_at >= since)
            .order_by(BreakGlass.asked_at.desc(), BreakGlass.id)
            .limit(limit)
        )
        return rows.all()
