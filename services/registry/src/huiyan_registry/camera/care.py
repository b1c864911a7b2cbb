"""What becomes of a camera after it was added: its life, place, sign and mask."""

from collections.abc import Sequence
from datetime import date, timedelta, timezone

from huiyan_kit.clock import Clock
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.camera.history import CameraHistory
from huiyan_registry.camera.life import LifeFacts, LifeState, check_step, steps_for
from huiyan_registry.camera.mask import check_mask, keeps
from huiyan_registry.camera.photo import clean_photo
from huiyan_registry.camera.placement import PROHIBITED
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.schemas import CameraView, Location, MaskPoint
from huiyan_registry.camera.service import CameraService
from huiyan_registry.camera.tables import Camera, SignPhoto
from huiyan_registry.camera.views import CameraViews, place_at
from huiyan_registry.database.connection import Database
from huiyan_registry.refusals import forbidden, invalid, no_such_camera, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

_CHINA = timezone(timedelta(hours=8))
_FIRST_DAY = date(2000, 1, 1)


class CameraCare:
    """Cameras of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        cameras: CameraRepository,
        camera_service: CameraService,
        views: CameraViews,
        history: CameraHistory,
        revocations: RevocationService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._cameras = cameras
        self._service = camera_service
        self._views = views
        self._history = history
        self._revocations = revocations
        self._clock = clock

    async def move(
        self, caller: Caller, camera: str, wanted: LifeState, reason: str = ""
    ) -> CameraView:
        """To the next state. CONFLICT `not_next`, or `incomplete` with everything missing;
        FORBIDDEN for who may not take this step. The step and its reason are kept.
        Leaving `active` ends every picture."""
        async with self._database.transaction(caller.rows) as session:
            row = await self._known(session, caller, camera)
            state = LifeState(row.state)
            roles = {role.name for role in caller.viewer.roles if role.covers_area(row.area)}
            check_step(facts_of_life(row), wanted)
            if wanted not in steps_for(state, roles):
                raise forbidden(
                    "您的身份不能改摄像机的状态，找监控室管理员",
                    "Your role may not take this step; ask the room's administrator",
                )
            now = utc(self._clock)
            self._history.move(session, row, wanted, by=caller.principal, reason=reason, now=now)
            self._service.touch(session, row)
            if state is LifeState.ACTIVE:
                await self._revocations.revoke(
                    session, caller.town, "camera", row.id, "administrator"
                )
            view = await self._shown(session, caller, row)
        await self._revocations.flush(caller.town)
        return view

    async def locate(self, caller: Caller, camera: str, given: Location) -> CameraView:
        """Where it hangs; kept in WGS-84."""
        async with self._database.transaction(caller.rows) as session:
            row = await self._installed(session, caller, camera)
            place_at(row, given)
            self._service.touch(session, row)
            return await self._shown(session, caller, row)

    async def sign(
        self, caller: Caller, camera: str, posted_on: date, content: bytes
    ) -> CameraView:
        """The sign's photo and date. INVALID `photo`, `posted_on`; `no_sign` for a household's."""
        now = utc(self._clock)
        if not _FIRST_DAY <= posted_on <= now.astimezone(_CHINA).date():
            raise invalid("张贴日期不对", "The day of posting cannot be right", "posted_on")
        photo = clean_photo(content)
        values = {
            "media_type": photo.media_type,
            "content": photo.content,
            "width": photo.width,
            "height": photo.height,
            "taken_in_by": caller.principal,
            "taken_in_at": now,
        }
        async with self._database.transaction(caller.rows) as session:
            row = await self._installed(session, caller, camera)
            if row.notice_code is None:
                raise invalid(
                    "家庭摄像机不用贴告示牌", "A household's camera has no sign", "no_sign"
                )
            await session.execute(
                insert(SignPhoto)
                .values(town=row.town, camera=row.id, **values)
                .on_conflict_do_update(index_elements=["town", "camera"], set_=values)
            )
            row.sign_posted_on, row.sign_photo_at = posted_on, now
            self._service.touch(session, row)
            return await self._shown(session, caller, row)

    async def photo(self, caller: Caller, camera: str) -> SignPhoto:
        """The photo of a sign, for staff of the area. NOT_FOUND without one."""
        async with self._database.transaction(caller.rows) as session:
            row = await self._cameras.get(session, caller.viewer, camera)
            if row is None or not any(role.covers_area(row.area) for role in caller.viewer.roles):
                raise no_such_camera()
            found = await session.get(SignPhoto, (row.town, row.id))
        if found is None:
            raise not_found("还没有告示牌的照片", "The sign has no photo yet")
        return found

    async def signed(self, caller: Caller, camera: str) -> Camera:
        """The row of a public camera, to print its sign. NOT_FOUND for a household's."""
        async with self._database.transaction(caller.rows) as session:
            row = await self._cameras.get(session, caller.viewer, camera)
        if row is None or row.notice_code is None:
            raise no_such_camera()
        return row

    async def hide(
        self, caller: Caller, camera: str, polygons: Sequence[Sequence[MaskPoint]]
    ) -> CameraView:
        """Set the mask. INVALID `mask`. Who is not the household may only add to a household's
        mask. Pictures outside the household end until the mask is applied (rules.md P2)."""
        mask = [[(point.x, point.y) for point in polygon] for polygon in polygons]
        check_mask(mask)
        async with self._database.transaction(caller.rows) as session:
            row = await self._known(session, caller, camera)
            if not caller.viewer.in_household(row.household, RoleName.HOUSEHOLD_OWNER):
                self._service.check_installer(caller.viewer, row.area)
                held = [[(x, y) for x, y in polygon] for polygon in row.mask or []]
                if row.household is not None and not keeps(held, mask):
                    raise forbidden(
                        "户主画的遮挡只有户主能改小", "Only the household may take its mask away"
                    )
            row.mask = [[[x, y] for x, y in polygon] for polygon in mask] or None
            row.mask_applied = False
            self._service.touch(session, row)
            if row.mask is not None:
                await self._revocations.revoke(
                    session, caller.town, "camera", row.id, "administrator", spare_own=True
                )
            view = await self._shown(session, caller, row)
        await self._revocations.flush(caller.town)
        return view

    async def _known(self, session: AsyncSession, caller: Caller, camera: str) -> Camera:
        """A camera of which the caller may know, locked."""
        if await self._cameras.get(session, caller.viewer, camera) is None:
            raise no_such_camera()
        row = await self._cameras.lock(session, caller.town, camera)
        if row is None or row.state == LifeState.RETIRED:
            raise no_such_camera()
        return row

    async def _installed(self, session: AsyncSession, caller: Caller, camera: str) -> Camera:
        return await self._service.lock_installed(session, caller, camera)

    async def _shown(self, session: AsyncSession, caller: Caller, row: Camera) -> CameraView:
        await session.flush()
        return (await self._views.of(session, caller.viewer, [row]))[0]


def facts_of_life(row: Camera) -> LifeFacts:
    """What the next steps of this camera depend on."""
    return LifeFacts(
        state=LifeState(row.state),
        public=row.household is None,
        attested=(row.placement_attested_by is not None or row.simulated)
        and row.placement not in PROHIBITED,
        checked=row.live_check_at is not None,
        signed=row.sign_posted_on is not None and row.sign_photo_at is not None,
    )
