"""Shows, adds, changes and retires cameras, and obeys the household's off switch."""

from datetime import datetime

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.ids import new_id
from huiyan_kit.sealing import CameraCredential, seal
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName, Viewer
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.camera.addresses import AddressRule, host_of, split_url
from huiyan_registry.camera.history import CameraHistory
from huiyan_registry.camera.life import ANSWERABLE, LifeState, first_state
from huiyan_registry.camera.notice import new_notice_code
from huiyan_registry.camera.placement import LegalClass, Placement, check_placement
from huiyan_registry.camera.purpose import (
    RetentionClass,
    RetentionRule,
    check_camera_purpose,
    usual_purpose,
)
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.row import BUCKET, key_of, row_of
from huiyan_registry.camera.schemas import (
    CameraChange,
    CameraDetail,
    CameraPage,
    CameraView,
    NewCamera,
    PurposeOf,
)
from huiyan_registry.camera.search import grams
from huiyan_registry.camera.tables import Camera
from huiyan_registry.camera.views import CameraViews, place_at
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.outbox.service import Outbox
from huiyan_registry.refusals import forbidden, invalid, no_such_camera
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import utc

# Later instants leave the years that Python and PostgreSQL can convert.
_LATEST_YEAR = 2199


class Sealer:
    """Seals logins to the town's ingest key; without a key a login is refused."""

    def __init__(self, public_key: str) -> None:
        self._public_key = public_key

    def seal(self, credential: CameraCredential | None) -> bytes:
        """The sealed box; empty for a camera without a login. UNAVAILABLE `no_ingest_key`."""
        if credential is None:
            return b""
        if not self._public_key:
            raise HuiyanError(
                ErrorKind.UNAVAILABLE,
                "还没有配置采集端的公钥，摄像机密码没有保存",
                "No ingest public key is configured; the camera login was not stored",
                code="no_ingest_key",
            )
        return seal(credential, self._public_key)


class CameraService:
    """Cameras of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        cameras: CameraRepository,
        areas: AreaRepository,
        views: CameraViews,
        history: CameraHistory,
        revocations: RevocationService,
        outbox: Outbox,
        addresses: AddressRule,
        sealer: Sealer,
        retention: RetentionRule,
        clock: Clock,
    ) -> None:
        self._database = database
        self._cameras = cameras
        self._areas = areas
        self._views = views
        self._history = history
        self._revocations = revocations
        self._outbox = outbox
        self._addresses = addresses
        self._sealer = sealer
        self._retention = retention
        self._clock = clock

    # Showing

    async def page(
        self, viewer: Viewer, *, area: str | None, query: str, limit: int, after: int
    ) -> CameraPage:
        """Cameras that the viewer may know of, each with `may`."""
        async with self._database.transaction(viewer.rows) as session:
            rows = await self._cameras.page(
                session, viewer, area=area, query=query, limit=limit + 1, after=after
            )
            shown = rows[:limit]
            views = await self._views.of(session, viewer, shown)
        more = len(rows) > limit
        return CameraPage(items=views, next=str(shown[-1].number) if more else None)

    async def view(self, viewer: Viewer, camera: str) -> CameraDetail:
        """One camera, for staff of its area with its history. NOT_FOUND also for a camera of which
        the viewer may not know."""
        async with self._database.transaction(viewer.rows) as session:
            row = await self._cameras.get(session, viewer, camera)
            if row is None:
                raise no_such_camera()
            shown = (await self._views.of(session, viewer, [row]))[0]
            detail = CameraDetail(**dict(shown))
            if any(role.covers_area(row.area) for role in viewer.roles):
                detail.placement = Placement(row.placement)
                detail.history = await self._history.of(session, row.town, row.id)
            return detail

    # Changing

    async def add(self, caller: Caller, new: NewCamera) -> CameraView:
        """Add a camera: an installer's is a draft; of who answers for the area, a household's is
        active at once and a public one verified, until its sign is there. INVALID for place,
        purpose, retention, address or household."""
        check_placement(new.placement)
        self.check_installer(caller.viewer, new.area)
        answers = any(
            role.name in ANSWERABLE and role.covers_area(new.area) for role in caller.viewer.roles
        )
        purpose, retention = self._purpose(new)
        if (new.legal_class is LegalClass.HOUSEHOLD) != (new.household is not None):
            raise invalid("家庭摄像机要写明住户", "A household camera needs its household")
        main_url, in_url = await self._address(new.main_url)
        sub_url, in_sub_url = await self._address(new.sub_url) if new.sub_url else ("", None)
        login = _login(new.user, new.password) or in_url or in_sub_url
        sealed = self._sealer.seal(login)
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            await self._check_place(session, caller.town, new.area, new.household, now)
            async with beyond(session, caller.rows):
                # Numbers are the town's.
                number = await self._cameras.next_number(session, caller.town)
            row = Camera(
                town=caller.town,
                id=new_id("cam"),
                rev=0,
                number=number,
                name=new.name,
                name_grams=grams(new.name),
                area=new.area,
                household=new.household,
                legal_class=new.legal_class.value,
                site_kind=new.site_kind.value,
                placement=new.placement.value,
                placement_attested_by=caller.principal,
                placement_attested_at=now,
                state=first_state(answers=answers, public=new.household is None).value,
                reach="direct",
                main_url=main_url,
                sub_url=sub_url,
                credential=sealed,
                max_rtsp_sessions=new.max_rtsp_sessions,
                uplink_kbps=new.uplink_kbps,
                warm=True,
                simulated=False,
                off=False,
                gb_id=new.gb_id,
                purpose_code=purpose.code.value,
                purpose_text=purpose.text,
                retention_class=retention.value,
                notice_code=new_notice_code(new.legal_class),
                created_at=now,
                updated_at=now,
            )
            if new.location is not None:
                place_at(row, new.location)
            session.add(row)
            self.touch(session, row)
            await session.flush()
            view = (await self._views.of(session, caller.viewer, [row]))[0]
        self._outbox.wake()
        return view

    async def change(self, caller: Caller, camera: str, change: CameraChange) -> CameraView:
        """Change facts, address or login. A new host never gets the old login. INVALID as for a
        new camera; FORBIDDEN `not_your_draft` for the placement that somebody else attested."""
        if change.placement is not None:
            check_placement(change.placement)
        main = await self._address(change.main_url) if change.main_url else None
        sub = await self._address(change.sub_url) if change.sub_url else None
        now = utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            row = await self.lock_installed(session, caller, camera)
            if change.area is not None:
                self.check_installer(caller.viewer, change.area)
                await self._check_place(session, caller.town, change.area, row.household, now)
                if change.area != row.area:
                    # Other rooms are responsible now: those that still look must ask anew.
                    await self._revocations.revoke(
                        session, caller.town, "camera", row.id, "administrator", spare_own=True
                    )
                row.area = change.area
            self._change_facts(row, change)
            if change.placement is not None:
                self._attest(caller, row, change.placement)
            if change.name is not None:
                row.name, row.name_grams = change.name, grams(change.name)
            if main is not None or sub is not None:
                # What the installer saw was another picture.
                row.live_check_at = None
            hosts = {host_of(url) for url in (row.main_url, row.sub_url) if url}
            login = _login(change.user, change.password)
            if main is not None:
                row.main_url, login = main[0], login or main[1]
            if sub is not None:
                row.sub_url, login = sub[0], login or sub[1]
            if login is not None:
                row.credential = self._sealer.seal(login)
            elif not {host_of(url) for url in (row.main_url, row.sub_url) if url} <= hosts:
                row.credential = b""
            self.touch(session, row)
            await session.flush()
            view = (await self._views.of(session, caller.viewer, [row]))[0]
        await self._revocations.flush(caller.town)
        return view

    async def retire(self, caller: Caller, camera: str) -> None:
        """End a camera's life; its pictures end within 10 s."""
        async with self._database.transaction(caller.rows) as session:
            row = await self.lock_installed(session, caller, camera)
            self._history.move(
                session,
                row,
                LifeState.RETIRED,
                by=caller.principal,
                reason="",
                now=utc(self._clock),
            )
            self.touch(session, row)
            await self._revocations.revoke(session, caller.town, "camera", row.id, "administrator")
        await self._revocations.flush(caller.town)

    async def switch_off(self, caller: Caller, camera: str, until: datetime | None) -> CameraView:
        """The household owner turns the picture off for everyone outside and inside."""
        now = utc(self._clock)
        if until is not None and (
            until.tzinfo is None or until <= now or until.year > _LATEST_YEAR
        ):
            raise invalid("时间要在以后，并带时区", "The time must lie ahead and carry a zone")
        return await self._switch(caller, camera, off=True, until=until)

    async def switch_on(self, caller: Caller, camera: str) -> CameraView:
        """The household owner turns the picture on again."""
        return await self._switch(caller, camera, off=False, until=None)

    async def _switch(
        self, caller: Caller, camera: str, *, off: bool, until: datetime | None
    ) -> CameraView:
        async with self._database.transaction(caller.rows) as session:
            if await self._cameras.get(session, caller.viewer, camera) is None:
                raise no_such_camera()
            row = await self._cameras.lock(session, caller.town, camera)
            if row is None:
                raise no_such_camera()
            if not caller.viewer.in_household(row.household, RoleName.HOUSEHOLD_OWNER):
                raise forbidden("只有户主能开关画面", "Only the household's owner may switch it")
            row.off, row.off_until = off, until
            row.off_by = caller.principal if off else None
            self.touch(session, row)
            if off:
                await self._revocations.revoke(session, caller.town, "camera", row.id, "off")
            await session.flush()
            view = (await self._views.of(session, caller.viewer, [row]))[0]
        await self._revocations.flush(caller.town)
        return view

    async def switch_on_due(self, town: str) -> int:
        """Turn on what was off until a time that has come; returns how many."""
        async with self._database.transaction(EVERYTHING) as session:
            rows = await self._cameras.lock_due_on(session, town, utc(self._clock))
            for row in rows:
                row.off, row.off_until, row.off_by = False, None, None
                self.touch(session, row)
        if rows:
            self._outbox.wake()
        return len(rows)

    def touch(self, session: AsyncSession, row: Camera) -> None:
        """A new revision, and the row on its way to the bus."""
        row.rev += 1
        row.updated_at = utc(self._clock)
        self._outbox.add(session, row.town, BUCKET, key_of(row), row_of(row))

    async def lock_installed(self, session: AsyncSession, caller: Caller, camera: str) -> Camera:
        """A camera, locked, that the caller may set up. NOT_FOUND, FORBIDDEN."""
        if await self._cameras.get(session, caller.viewer, camera) is None:
            raise no_such_camera()
        row = await self._cameras.lock(session, caller.town, camera)
        if row is None or row.state == "retired":
            raise no_such_camera()
        self.check_installer(caller.viewer, row.area)
        return row

    def check_installer(self, viewer: Viewer, area: str) -> None:
        """FORBIDDEN for who sets up no cameras there."""
        if not viewer.installs_in(area):
            raise forbidden(
                "只有装维人员和监控室管理员能改这里的摄像机",
                "Only installers and room administrators of this area may do this",
            )

    def _purpose(self, new: NewCamera) -> tuple[PurposeOf, RetentionClass]:
        purpose = new.purpose or PurposeOf(code=usual_purpose(new.site_kind, new.legal_class))
        check_camera_purpose(purpose.code, purpose.text)
        retention = new.retention_class or self._retention.usual(new.legal_class)
        self._retention.check(retention, new.legal_class)
        return purpose, retention

    def _attest(self, caller: Caller, row: Camera, placement: Placement) -> None:
        """Who says where it hangs has attested it. A draft is his who did (he alone gets its test
        picture), so that nobody makes another's draft his own by this."""
        mine = row.placement_attested_by in (None, caller.principal)
        if row.state == LifeState.DRAFT and not mine:
            raise forbidden(
                "安装位置要由正在装的人来改",
                "Who sets this camera up says where it hangs",
                "not_your_draft",
            )
        row.placement = placement.value
        row.placement_attested_by = caller.principal
        row.placement_attested_at = utc(self._clock)

    def _change_facts(self, row: Camera, change: CameraChange) -> None:
        if change.purpose is not None:
            check_camera_purpose(change.purpose.code, change.purpose.text)
            row.purpose_code, row.purpose_text = change.purpose.code.value, change.purpose.text
        if change.retention_class is not None:
            self._retention.check(change.retention_class, LegalClass(row.legal_class))
            row.retention_class = change.retention_class.value
        if change.site_kind is not None:
            row.site_kind = change.site_kind.value
        if change.gb_id is not None:
            row.gb_id = change.gb_id

    async def _check_place(
        self, session: AsyncSession, town: str, area: str, household: str | None, now: datetime
    ) -> None:
        if area not in await self._areas.valid(session, town, now):
            raise invalid("没有这个区划代码", "No such area", "area")
        if household is not None:
            home = await self._areas.household(session, town, household)
            if home is None or home.group != area:
                raise invalid(
                    "住户不在这个社里", "The household does not belong to this group", "household"
                )

    async def _address(self, text: str) -> tuple[str, CameraCredential | None]:
        url, login = split_url(text)
        await self._addresses.check(url)
        return url, login


def _login(user: str | None, password: str | None) -> CameraCredential | None:
    if user is None and password is None:
        return None
    return CameraCredential(user=user or "", password=password or "")
