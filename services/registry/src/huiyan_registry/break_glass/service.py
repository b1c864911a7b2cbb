"""Asks for, approves and ends break-glass looks: two people, an hour at most (rules.md P14)."""

from datetime import datetime, timedelta

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.break_glass.repository import BreakGlassRepository
from huiyan_registry.break_glass.rules import approving_role, asking_role, may_end, may_read
from huiyan_registry.break_glass.schemas import (
    BreakGlassPerson,
    BreakGlassView,
    NewBreakGlass,
    State,
)
from huiyan_registry.break_glass.tables import BreakGlass, BreakGlassCamera
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import CameraService
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.grant.purpose import PurposeCode, check_purpose
from huiyan_registry.refusals import forbidden, no_such_camera, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

# A request that nobody approved in an hour is over: what was urgent then must be asked anew.
_WAITS = timedelta(minutes=60)
_LISTED = timedelta(days=30)
_MOST_LISTED = 500


def state_of(row: BreakGlass, now: datetime) -> State:
    """Where a request stands at an instant."""
    if row.ended_at is not None:
        return State.OVER
    if row.expires_at is not None:
        return State.OPEN if now < row.expires_at else State.OVER
    return State.PENDING if now < row.asked_at + _WAITS else State.OVER


class BreakGlassService:
    """Break-glass looks of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        looks: BreakGlassRepository,
        cameras: CameraRepository,
        camera_service: CameraService,
        revocations: RevocationService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._looks = looks
        self._cameras = cameras
        self._camera_service = camera_service
        self._revocations = revocations
        self._clock = clock

    async def ask(self, caller: Caller, new: NewBreakGlass) -> BreakGlassView:
        """By a clerk or an officer, for cameras of the own area. NOT_FOUND for others."""
        caller.require(RoleName.CLERK, RoleName.POLICE)
        check_purpose(new.purpose, new.text)
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            found = []
            for camera in dict.fromkeys(new.cameras):
                row = await self._cameras.get(session, caller.viewer, camera)
                if row is None:
                    raise no_such_camera()
                found.append(row)
            role = asking_role(caller.viewer, [row.area for row in found])
            if role is None or role.area is None:
                raise no_such_camera()
            look = BreakGlass(
                town=caller.town,
                id=new_id("bgl"),
                asker=caller.principal,
                asker_name=caller.name,
                asker_role=role.name.value,
                asker_area=role.area,
                purpose_code=new.purpose.value,
                purpose_text=new.text,
                minutes=new.minutes,
                asked_at=now,
            )
            session.add(look)
            await session.flush()
            cameras = [
                BreakGlassCamera(
                    town=look.town,
                    break_glass=look.id,
                    camera=row.id,
                    area=row.area,
                    household=row.household,
                )
                for row in found
            ]
            session.add_all(cameras)
        return _view(look, cameras, now)

    async def approve(self, caller: Caller, look_id: str) -> BreakGlassView:
        """By another person: it is open from now. FORBIDDEN `two_people`; CONFLICT when it no
        longer waits."""
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            look, cameras = await self._get(session, caller, look_id)
            if look.asker == caller.principal:
                raise forbidden(
                    "自己不能批自己的，要另一个人批",
                    "Nobody approves his own request; it needs a second person",
                    "two_people",
                )
            role = approving_role(
                caller.viewer, [row.area for row in cameras], look.asker_area, now
            )
            if role is None:
                raise forbidden(
                    "要由管理员，或者管得更宽的民警来批",
                    "An administrator, or police of a wider area, approves",
                )
            if state_of(look, now) is not State.PENDING:
                raise _not_now()
            look.approver, look.approver_name = caller.principal, caller.name
            look.approver_role, look.approved_at = role.name.value, now
            look.expires_at = now + timedelta(minutes=look.minutes)
            await self._touch(session, caller, cameras)
        await self._revocations.flush(caller.town)
        return _view(look, cameras, now)

    async def end(self, caller: Caller, look_id: str) -> BreakGlassView:
        """By hand, before its time; pictures that rest on it end within 10 s."""
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            look, cameras = await self._get(session, caller, look_id)
            areas = [row.area for row in cameras]
            if not may_end(caller.viewer, areas, (look.asker, look.approver)):
                raise forbidden(
                    "只有申请人、批准人和管理员能结束",
                    "Only the two people and an administrator may end it",
                )
            state = state_of(look, now)
            if state is State.OVER:
                raise _not_now()
            look.ended_at, look.ended_by = now, caller.principal
            await session.flush()
            await self._touch(session, caller, cameras, revoke=state is State.OPEN)
        await self._revocations.flush(caller.town)
        return _view(look, cameras, now)

    async def listed(self, caller: Caller, state: State | None) -> list[BreakGlassView]:
        """Of the last 30 days: one's own, and for administrators, auditors and police those of
        their area."""
        caller.require(RoleName.CLERK, RoleName.POLICE, RoleName.ADMINISTRATOR, RoleName.AUDITOR)
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            rows = await self._looks.newest(
                session, caller.town, since=now - _LISTED, limit=_MOST_LISTED
            )
            async with beyond(session, caller.rows):
                # Who may read a look depends on every camera of it.
                cameras = await self._looks.cameras(session, caller.town, [row.id for row in rows])
        return [
            _view(row, cameras[row.id], now)
            for row in rows
            if may_read(caller.viewer, [one.area for one in cameras[row.id]], row.asker)
            and state in (None, state_of(row, now))
        ]

    async def _get(
        self, session: AsyncSession, caller: Caller, look_id: str
    ) -> tuple[BreakGlass, list[BreakGlassCamera]]:
        look = await self._looks.lock(session, caller.town, look_id)
        if look is None:
            raise _unknown()
        async with beyond(session, caller.rows):
            # Who may approve depends on every camera of it.
            cameras = (await self._looks.cameras(session, caller.town, [look.id]))[look.id]
        if not may_read(caller.viewer, [row.area for row in cameras], look.asker):
            raise _unknown()
        return look, cameras

    async def _touch(
        self,
        session: AsyncSession,
        caller: Caller,
        cameras: list[BreakGlassCamera],
        *,
        revoke: bool = False,
    ) -> None:
        """Pages hear of it by the cameras' new revision; a revocation comes after the lock, so
        that no grant slips by."""
        # A camera that moved away since is told too: its pictures rest on this look.
        async with beyond(session, caller.rows):
            for one in cameras:
                row = await self._cameras.lock(session, caller.town, one.camera)
                if row is None:
                    continue
                self._camera_service.touch(session, row)
                if revoke:
                    await self._revocations.revoke(
                        session, caller.town, "camera", row.id, "withdrawn", spare_own=True
                    )
            await session.flush()


def _view(look: BreakGlass, cameras: list[BreakGlassCamera], now: datetime) -> BreakGlassView:
    approver = None
    if look.approver is not None and look.approver_role is not None:
        approver = BreakGlassPerson(
            principal=look.approver,
            name=look.approver_name or "",
            role=RoleName(look.approver_role),
        )
    return BreakGlassView(
        id=look.id,
        state=state_of(look, now),
        cameras=[row.camera for row in cameras],
        purpose=PurposeCode(look.purpose_code),
        text=look.purpose_text,
        minutes=look.minutes,
        asker=BreakGlassPerson(
            principal=look.asker, name=look.asker_name, role=RoleName(look.asker_role)
        ),
        approver=approver,
        asked_at=look.asked_at,
        approved_at=look.approved_at,
        expires_at=look.expires_at,
        ended_at=look.ended_at,
    )


def _unknown() -> HuiyanError:
    return not_found("没有这次紧急查看", "No such break-glass look")


def _not_now() -> HuiyanError:
    return HuiyanError(
        ErrorKind.CONFLICT,
        "这次紧急查看已经批过或者结束了",
        "This break-glass look was approved or is over",
        code="break_glass_state",
    )
