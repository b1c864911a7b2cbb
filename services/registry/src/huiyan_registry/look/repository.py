"""Writes and reads the access register and what relays told of each look."""

from collections import defaultdict
from datetime import datetime

from huiyan_kit.ids import new_id
from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from huiyan_registry.account.roles import RoleName
from huiyan_registry.camera.tables import Camera
from huiyan_registry.decision import Decision, OpenBreakGlass
from huiyan_registry.grant.tables import ViewGrant
from huiyan_registry.look.tables import RegisterEntry, ViewEvent


class LookRepository:
    """Queries about looks; the caller owns the transaction. Nothing here changes or removes."""

    def enter(
        self,
        session: AsyncSession,
        grant: ViewGrant,
        camera: Camera,
        decision: Decision,
        *,
        who: str,
        place: str,
        at: datetime,
        break_glass: OpenBreakGlass | None = None,
    ) -> None:
        """One register row; of a break-glass look it names both people (rules.md P14)."""
        role = decision.role.name if decision.role else RoleName.RELATIVE
        session.add(
            RegisterEntry(
                town=grant.town,
                id=new_id("reg"),
                at=at,
                grant=grant.id,
                kind=grant.kind,
                principal=grant.principal,
                who=who,
                role=role.value,
                place=place,
                own=decision.own,
                camera=camera.id,
                camera_name=camera.name,
                household=camera.household,
                purpose_code=grant.purpose_code,
                purpose_text=grant.purpose_text,
                break_glass=break_glass.id if break_glass else None,
                approver=break_glass.approver if break_glass else None,
            )
        )

    async def store(self, session: AsyncSession, event: ViewEvent) -> bool:
        """Keep an event once; False when it was known."""
        values = {column.key: getattr(event, column.key) for column in ViewEvent.__table__.columns}
        stored = await session.scalar(
            insert(ViewEvent).values(values).on_conflict_do_nothing().returning(ViewEvent.id)
        )
        return stored is not None

    async def register_of(
        self,
        session: AsyncSession,
        town: str,
        households: list[str],
        *,
        since: datetime,
        until: datetime,
        limit: int,
    ) -> list[RegisterEntry]:
        """Register rows of households, newest first."""
        rows = await session.scalars(
            select(RegisterEntry)
            .where(
                RegisterEntry.town == town,
                RegisterEntry.household.in_(households),
                RegisterEntry.at >= since,
                RegisterEntry.at < until,
            )
            .order_by(RegisterEntry.at.desc(), RegisterEntry.id)
            .limit(limit)
        )
        return list(rows)

    async def events_of(
        self, session: AsyncSession, town: str, grants: list[str]
    ) -> dict[tuple[str, str], list[ViewEvent]]:
        """Events by (grant, camera)."""
        rows = await session.scalars(
            select(ViewEvent).where(ViewEvent.town == town, ViewEvent.grant.in_(grants))
        )
        events: dict[tuple[str, str], list[ViewEvent]] = defaultdict(list)
        for row in rows:
            events[(row.grant, row.camera)].append(row)
        return events

    async def watching(
        self, session: AsyncSession, towns: list[str], now: datetime
    ) -> dict[tuple[str, str], int]:
        """Grants that are looking now, by (town, camera): begun, not ended, and still alive."""
        ended = aliased(ViewEvent)
        over = (
            select(ended.id)
            .where(
                ended.town == ViewEvent.town,
                ended.grant == ViewEvent.grant,
                ended.camera == ViewEvent.camera,
                ended.stream == ViewEvent.stream,
                ended.first_frame_at == ViewEvent.first_frame_at,
                ended.kind == "ended",
            )
            .exists()
        )
        rows = await session.execute(
            select(ViewEvent.town, ViewEvent.camera, func.count(ViewEvent.grant.distinct()))
            .join(
                ViewGrant,
                and_(ViewGrant.town == ViewEvent.town, ViewGrant.id == ViewEvent.grant),
            )
            .where(
                ViewGrant.town.in_(towns),
                ViewGrant.expires_at > now,
                ViewGrant.ended_at.is_(None),
                ViewEvent.kind == "started",
                ~over,
            )
            .group_by(ViewEvent.town, ViewEvent.camera)
        )
        return {(town, camera): count for town, camera, count in rows}
