"""Reads what households are told of: looks that begin, break-glass looks, maintenance."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.break_glass.tables import BreakGlass, BreakGlassCamera
from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.tables import MaintenanceConsent
from huiyan_registry.look.schemas import Look, Notice, NoticeCamera
from huiyan_registry.look.tables import RegisterEntry, ViewEvent
from huiyan_registry.look.told import look_of, purpose_said

_MOST = 500
Conditions = tuple[ColumnElement[bool], ...]


class NoticeRepository:
    """Queries about notices; the caller owns the transaction."""

    async def begun(
        self, session: AsyncSession, towns: Sequence[str], since: datetime, now: datetime
    ) -> list[tuple[str, str, str, Look]]:
        """Looks from outside whose first frame was told since then:
        (key, town, household, look)."""
        rows = await session.execute(
            select(RegisterEntry, ViewEvent)
            .join(
                ViewEvent,
                (ViewEvent.town == RegisterEntry.town)
                & (ViewEvent.grant == RegisterEntry.grant)
                & (ViewEvent.camera == RegisterEntry.camera),
            )
            .where(
                ViewEvent.town.in_(towns),
                ViewEvent.recorded_at >= since,
                ViewEvent.kind == "started",
                RegisterEntry.household.is_not(None),
                RegisterEntry.own.is_(False),
            )
            .order_by(ViewEvent.recorded_at)
            .limit(_MOST)
        )
        return [
            (row.id, row.town, row.household, look_of(row, [event], now))
            for row, event in rows
            if row.household is not None
        ]

    async def opened(
        self, session: AsyncSession, towns: Sequence[str], since: datetime
    ) -> list[tuple[str, str, Notice]]:
        """Break-glass looks and maintenance that opened since then, at households:
        (town, household, notice)."""
        return await self._notices(
            session,
            (BreakGlass.town.in_(towns), BreakGlass.approved_at >= since),
            (MaintenanceConsent.town.in_(towns), MaintenanceConsent.opened_at >= since),
        )

    async def of_households(
        self,
        session: AsyncSession,
        town: str,
        households: Sequence[str],
        *,
        since: datetime,
        until: datetime,
    ) -> list[Notice]:
        """What concerned these households between two instants, newest first."""
        found = await self._notices(
            session,
            (
                BreakGlass.town == town,
                BreakGlassCamera.household.in_(households),
                BreakGlass.approved_at < until,
                BreakGlass.expires_at > since,
                or_(BreakGlass.ended_at.is_(None), BreakGlass.ended_at > since),
            ),
            (
                MaintenanceConsent.town == town,
                MaintenanceConsent.household.in_(households),
                MaintenanceConsent.opened_at < until,
                MaintenanceConsent.expires_at > since,
                or_(MaintenanceConsent.closed_at.is_(None), MaintenanceConsent.closed_at > since),
            ),
        )
        return sorted((one for _, _, one in found), key=lambda one: one.begun_at, reverse=True)

    async def _notices(
        self, session: AsyncSession, broken: Conditions, maintained: Conditions
    ) -> list[tuple[str, str, Notice]]:
        glass = await session.execute(
            select(BreakGlass, BreakGlassCamera.household, Camera.id, Camera.name)
            .join(
                BreakGlassCamera,
                (BreakGlassCamera.town == BreakGlass.town)
                & (BreakGlassCamera.break_glass == BreakGlass.id),
            )
            .join(
                Camera,
                (Camera.town == BreakGlassCamera.town) & (Camera.id == BreakGlassCamera.camera),
            )
            .where(*broken, BreakGlassCamera.household.is_not(None))
            .order_by(BreakGlass.id, Camera.number)
            .limit(_MOST)
        )
        cameras: dict[tuple[str, str], list[NoticeCamera]] = defaultdict(list)
        looks: dict[tuple[str, str], BreakGlass] = {}
        for row, household, camera, name in glass:
            if household is None:
                continue
            looks[(row.id, household)] = row
            cameras[(row.id, household)].append(NoticeCamera(id=camera, name=name))
        found = [
            (row.town, household, _of_glass(row, cameras[(row.id, household)]))
            for (_, household), row in looks.items()
        ]
        visits = await session.execute(
            select(MaintenanceConsent, Camera.name)
            .join(
                Camera,
                (Camera.town == MaintenanceConsent.town) & (Camera.id == MaintenanceConsent.camera),
            )
            .where(*maintained, MaintenanceConsent.household.is_not(None))
            .limit(_MOST)
        )
        for visit, name in visits:
            if visit.household is not None:
                place = NoticeCamera(id=visit.camera, name=name)
                found.append((visit.town, visit.household, _of_visit(visit, place)))
        return found


def _of_glass(row: BreakGlass, cameras: list[NoticeCamera]) -> Notice:
    assert row.approved_at is not None and row.expires_at is not None
    return Notice(
        id=row.id,
        kind="break_glass",
        cameras=cameras,
        who=row.asker_name,
        role=RoleName(row.asker_role),
        approver=row.approver_name,
        purpose=purpose_said(row.purpose_code, row.purpose_text),
        begun_at=row.approved_at,
        until=row.expires_at,
        ended_at=row.ended_at,
    )


def _of_visit(row: MaintenanceConsent, camera: NoticeCamera) -> Notice:
    return Notice(
        id=row.id,
        kind="maintenance",
        cameras=[camera],
        who=row.given_by_name,
        role=None,
        approver=None,
        purpose=purpose_said("maintenance", ""),
        begun_at=row.opened_at,
        until=row.expires_at,
        ended_at=row.closed_at,
    )
