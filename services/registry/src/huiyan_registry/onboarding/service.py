"""Puts cameras into service with an installer: looks for them, asks them, shows a test picture."""

import base64

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import RoleName
from huiyan_registry.camera.addresses import AddressRule, host_of
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import CameraService
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.connection import Database
from huiyan_registry.onboarding import remarks
from huiyan_registry.onboarding.check_remarks import offset_ms, remarks_of
from huiyan_registry.onboarding.discovery import Discovery
from huiyan_registry.onboarding.failures import ProbeError, ProbeProblem
from huiyan_registry.onboarding.live_check import CHECK_S, LiveChecker, Seen
from huiyan_registry.onboarding.look_entry import LookEntry
from huiyan_registry.onboarding.probe_pool import ProbePool
from huiyan_registry.onboarding.repository import OnboardingRepository
from huiyan_registry.onboarding.schemas import (
    Device,
    Discovered,
    Found,
    LiveCheck,
    ProbeAsked,
    Probed,
    Profile,
    Suggested,
)
from huiyan_registry.onboarding.stream_profile import StreamProfile, at_host, suggest
from huiyan_registry.onboarding.tables import CameraOnboarding, ProbedDevice
from huiyan_registry.outbox.service import Outbox
from huiyan_registry.refusals import no_such_camera
from huiyan_registry.session.caller import Caller
from huiyan_registry.times import of_ns, utc

_SPARE_NS = 5_000_000_000


class OnboardingService:
    """For installers, in the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        cameras: CameraRepository,
        camera_service: CameraService,
        onboarding: OnboardingRepository,
        look_entry: LookEntry,
        addresses: AddressRule,
        discovery: Discovery,
        probes: ProbePool,
        checker: LiveChecker,
        outbox: Outbox,
        clock: Clock,
        metrics: CollectorRegistry,
    ) -> None:
        self._database = database
        self._cameras = cameras
        self._camera_service = camera_service
        self._onboarding = onboarding
        self._look_entry = look_entry
        self._addresses = addresses
        self._discovery = discovery
        self._probes = probes
        self._checker = checker
        self._outbox = outbox
        self._clock = clock
        self._probed = Counter(
            "huiyan_registry_probes", "Probes of devices by outcome", ["outcome"], registry=metrics
        )
        self._dropped = Counter(
            "huiyan_registry_discovery_dropped",
            "Answers to a search that were foreign, unreadable or too many",
            registry=metrics,
        )
        self._dropped_before = 0
        self._checking: set[tuple[str, str]] = set()

    async def discover(self, caller: Caller, seconds: float) -> Discovered:
        """Devices on the configured interfaces. UNAVAILABLE where none is configured."""
        caller.require(RoleName.INSTALLER)
        if not self._discovery.interfaces:
            raise HuiyanError(
                ErrorKind.UNAVAILABLE,
                "这里没有打开自动查找，请直接填摄像机的地址",
                "Searching is not set up here; enter the camera's address",
                code="discovery_off",
            )
        try:
            found = await self._discovery.search(seconds)
        except OSError as error:
            raise HuiyanError(
                ErrorKind.UNAVAILABLE,
                "查找用的网卡不可用，请找运维",
                "The interface for searching is not available; ask operations",
                code="discovery_interface",
            ) from error
        # Searches may overlap: what another one has counted is not counted again.
        self._dropped.inc(self._discovery.dropped - self._dropped_before)
        self._dropped_before = self._discovery.dropped
        return Discovered(
            found=[
                Found(
                    address=one.address,
                    port=one.port,
                    name=one.name,
                    model=one.model,
                    xaddr=one.xaddr,
                )
                for one in found
            ]
        )

    async def probe(self, caller: Caller, asked: ProbeAsked) -> Probed:
        """Ask a device. INVALID with what was wrong; TOO_MANY while others do."""
        caller.require(RoleName.INSTALLER)
        host = asked.address.strip().strip("[]")
        vetted = await self._addresses.vet(host)
        try:
            facts = await self._probes.probe(vetted[0], asked.port, asked.user, asked.password)
            placed = [found for one in facts.profiles if (found := at_host(one, host)) is not None]
            if not placed:
                raise ProbeError(ProbeProblem.NO_PROFILES)
        except ProbeError as error:
            self._probed.labels(error.problem.value).inc()
            raise error.refusal() from None
        self._probed.labels("good").inc()
        async with self._database.transaction(caller.rows) as session:
            await self._onboarding.keep_device(
                session,
                ProbedDevice(
                    town=caller.town,
                    address=host,
                    port=asked.port,
                    maker=facts.maker,
                    model=facts.model,
                    firmware=facts.firmware,
                    serial=facts.serial,
                    service=facts.service,
                    clock_offset_ms=facts.clock_offset_ms,
                    probed_by=caller.principal,
                    probed_at=utc(self._clock),
                ),
            )
        profiles = [profile for profile, _ in placed]
        main, sub = suggest(profiles)
        by_token = {profile.token: profile for profile in profiles}
        warnings = remarks.of_streams(by_token[main], by_token[sub] if sub else None)
        warnings += remarks.of_clock(facts.clock_offset_ms)
        if remarks.weak_password(asked.user, asked.password):
            warnings.append(remarks.default_password())
        if any(elsewhere for _, elsewhere in placed):
            warnings.append(remarks.other_host())
        return Probed(
            device=Device(
                maker=facts.maker, model=facts.model, firmware=facts.firmware, serial=facts.serial
            ),
            clock_offset_ms=facts.clock_offset_ms,
            service="media2" if facts.service == "media2" else "media",
            profiles=[_shown(profile) for profile in profiles],
            suggested=Suggested(main=main, sub=sub),
            ptz=facts.ptz,
            events=facts.events,
            warnings=warnings,
        )

    async def check(self, caller: Caller, camera: str) -> LiveCheck:
        """Pull the installer's own draft for a moment and show one picture of it, to nobody else.

        NOT_FOUND for a camera that is not his draft, CONFLICT while a check of it runs.
        """
        caller.require(RoleName.INSTALLER)
        key = (caller.town, camera)
        if key in self._checking:
            raise HuiyanError(
                ErrorKind.CONFLICT,
                "这路正在试看，请等它结束",
                "A check of this camera is running; wait for its end",
                code="check_running",
            )
        self._checking.add(key)
        try:
            rev = await self._begin(caller, camera)
            seen = Seen()
            try:
                seen = await self._checker.look(caller.town, camera, rev)
            finally:
                await self._end(caller, camera, seen)
        finally:
            self._checking.discard(key)
        return _checked(seen)

    async def _begin(self, caller: Caller, camera: str) -> int:
        """Let ingest pull the draft, with an end of its own; returns the row's revision."""
        async with self._database.transaction(caller.rows) as session:
            row = await self._draft(session, caller, camera)
            row.live_check_until = of_ns(self._clock.utc_ns() + round(CHECK_S * 1e9) + _SPARE_NS)
            self._camera_service.touch(session, row)
            rev = row.rev
        self._outbox.wake()
        return rev

    async def _end(self, caller: Caller, camera: str, seen: Seen) -> None:
        """Let go of the camera; what was seen is entered before anybody gets the picture."""
        async with self._database.transaction(caller.rows) as session:
            row = await self._cameras.lock(session, caller.town, camera)
            if row is None:
                raise no_such_camera()
            row.live_check_until = None
            self._camera_service.touch(session, row)
            if seen.jpeg:
                row.live_check_at = utc(self._clock)
                await self._keep(session, caller, row, seen)
                await self._look_entry.write(session, caller, row)
        self._outbox.wake()

    async def _draft(self, session: AsyncSession, caller: Caller, camera: str) -> Camera:
        if await self._cameras.get(session, caller.viewer, camera) is None:
            raise no_such_camera()
        row = await self._cameras.lock(session, caller.town, camera)
        mine = row is not None and row.placement_attested_by == caller.principal
        if row is None or not mine or row.state != "draft":
            raise no_such_camera()
        return row

    async def _keep(self, session: AsyncSession, caller: Caller, row: Camera, seen: Seen) -> None:
        device = await self._onboarding.device_at(session, row.town, host_of(row.main_url))
        main = seen.main
        await self._onboarding.keep_check(
            session,
            CameraOnboarding(
                town=row.town,
                camera=row.id,
                maker=device.maker if device else "",
                model=device.model if device else "",
                firmware=device.firmware if device else "",
                serial=device.serial if device else "",
                codec=main.codec if main else "",
                width=min(main.width, 2**31 - 1) if main else 0,
                height=min(main.height, 2**31 - 1) if main else 0,
                fps=main.fps if main else 0.0,
                gop_ms=min(main.gop_ms, 2**31 - 1) if main else 0,
                b_frames=main.b_frames if main else False,
                clock_offset_ms=offset_ms(main) if main else None,
                checked_by=caller.principal,
                checked_at=utc(self._clock),
            ),
        )


def _shown(profile: StreamProfile) -> Profile:
    return Profile(
        token=profile.token,
        name=profile.name,
        codec=profile.codec,
        width=profile.width,
        height=profile.height,
        fps=profile.fps,
        kbps=profile.kbps,
        gop=profile.gop or None,
        main_url=profile.url,
    )


def _checked(seen: Seen) -> LiveCheck:
    main = seen.main
    shown = LiveCheck(
        picture=base64.b64encode(seen.jpeg).decode() if seen.jpeg else None,
        problems=remarks_of(seen),
    )
    if main is not None:
        shown.codec, shown.b_frames = main.codec, main.b_frames
        shown.width, shown.height = main.width or None, main.height or None
        shown.fps, shown.gop_ms = main.fps or None, main.gop_ms or None
        shown.clock_offset_ms = offset_ms(main)
    return shown
