"""What became of a camera, step by step: who moved it, when, and why."""

from datetime import datetime

from huiyan_kit.ids import new_id
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.tables import Principal
from huiyan_registry.camera.life import LifeState
from huiyan_registry.camera.schemas import StateChange
from huiyan_registry.camera.tables import Camera, CameraStateChange

_NEWEST = 50


class CameraHistory:
    """Reads and adds; nothing there is ever changed. The caller owns the transaction."""

    def move(
        self,
        session: AsyncSession,
        row: Camera,
        wanted: LifeState,
        *,
        by: str,
        reason: str,
        now: datetime,
    ) -> None:
        """Put the camera into another state, and keep who did it."""
        session.add(
            CameraStateChange(
                town=row.town,
                id=new_id("csc"),
                camera=row.id,
                before=row.state,
                after=wanted.value,
                reason=reason.strip(),
                by=by,
                at=now,
            )
        )
        row.state = wanted.value

    async def of(self, session: AsyncSession, town: str, camera: str) -> list[StateChange]:
        """The newest fifty steps, newest first."""
        steps = CameraStateChange
        found = await session.execute(
            select(steps, Principal.name)
            .outerjoin(Principal, and_(Principal.town == steps.town, Principal.id == steps.by))
            .where(steps.town == town, steps.camera == camera)
            .order_by(steps.at.desc(), steps.id.desc())
            .limit(_NEWEST)
        )
        return [
            StateChange(
                at=step.at,
                who=name or step.by,
                before=LifeState(step.before),
                after=LifeState(step.after),
                reason=step.reason,
            )
            for step, name in found
        ]
