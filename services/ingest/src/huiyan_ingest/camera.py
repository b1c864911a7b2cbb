"""One camera: obeys its row, pulls what is wanted, answers for it, tells its presence."""

import asyncio
import logging
import random
from dataclasses import dataclass

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus, KeyValue
from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from huiyan_kit.sealing import CameraCredential
from huiyan_media.access_unit import AccessUnit
from huiyan_media.run_id import MAX_RUN, pack_run_id

from huiyan_ingest.answers import SNAPSHOT, CameraAnswers
from huiyan_ingest.causes import CameraError, Cause
from huiyan_ingest.credentials import CredentialOpener
from huiyan_ingest.demand import DemandBook
from huiyan_ingest.last_picture import LastPicture
from huiyan_ingest.metrics import IngestMetrics
from huiyan_ingest.presence import PresenceWriter
from huiyan_ingest.publisher import Publisher
from huiyan_ingest.pull import AUDIO, Pull, PullPorts, StreamLogin
from huiyan_ingest.still import StillMaker

log = logging.getLogger(__name__)
STREAMS = ("main", "sub")
_GENERATION = 0
_TICK_S = 0.5
_IDLE_TICK_S = 5.0
_CLAIM_RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class CameraPolicy:
    """Seconds, and which streams a live sink keeps open; see `IngestSettings`."""

    warm_streams: tuple[str, ...] = ("main",)
    probe_every_s: float = 60.0
    presence_every_s: float = 30.0
    demand_lives_s: float = 6.0
    first_keyframe_wait_s: float = 1.5


@dataclass(frozen=True, slots=True)
class CameraPorts:
    """What every camera of the process works with."""

    bus: Bus
    presence: KeyValue
    publisher: Publisher
    pulls: PullPorts
    credentials: CredentialOpener
    stills: StillMaker
    clock: Clock
    metrics: IngestMetrics
    worker: str
    policy: CameraPolicy


class Camera:
    """Runs until cancelled. `obey` gives it a newer row at any time.

    run_id: generation 0, the revision of the presence bucket at our first write as claim revision
    (every worker's write raises it, so a restarted or other worker's runs are newer), then a run
    number that counts the RTSP sessions of all streams. A claims bucket will replace it together
    with a raised generation.
    """

    def __init__(self, row: pb.CameraRow, ports: CameraPorts) -> None:
        self.row = row
        self.pulls: dict[str, Pull] = {}
        self.book = DemandBook(ports.clock.monotonic, ports.policy.demand_lives_s)
        self.last_picture = LastPicture(ports.stills, ports.clock)
        self._ports = ports
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._probe_task: asyncio.Task[None] | None = None
        self._probe_due_at = 0.0
        self._probe_cause = Cause.OPENING
        self._poke = asyncio.Event()
        self._claim_revision = 0
        self._run = 0
        self._reconnects = 0
        self._media_subjects = {
            track: subjects.media(row.town, row.camera, track) for track in (*STREAMS, AUDIO)
        }
        self._keys_subject = subjects.keys(row.town, row.camera)
        self._presence = PresenceWriter(
            ports.presence,
            ports.clock,
            town=row.town,
            camera=row.camera,
            worker=ports.worker,
            every_s=ports.policy.presence_every_s,
        )
        self._living_demands: set[str] = set()
        self._opened: tuple[bytes, CameraCredential | None] | None = None

    def obey(self, row: pb.CameraRow) -> None:
        """The registry changed the row."""
        if row.main_url != self.row.main_url or row.credential != self.row.credential:
            self._probe_due_at = 0.0
        self.row = row
        self._reconcile()
        self._poke.set()

    def want(self, track: str) -> None:
        """Somebody demands a track (again)."""
        self.book.register(track)
        self._reconcile()
        self._poke.set()

    async def run(self, *, removed: asyncio.Event) -> None:
        """Until cancelled; after `removed` is set the presence goes too."""
        row = self.row
        bus = self._ports.bus
        answers = CameraAnswers(
            self,
            self._ports.metrics,
            first_keyframe_wait_s=self._ports.policy.first_keyframe_wait_s,
        )
        await self._claim()
        subscriptions = []
        try:
            for subject, responder in (
                (subjects.demand_any_track(row.town, row.camera), answers.demand),
                (subjects.snapshot(row.town, row.camera), answers.snapshot),
            ):
                subscriptions.append(await bus.respond(subject, responder))
            while True:
                self._reconcile()
                await self._tell_presence()
                await self._wait()
        finally:
            for subscription in subscriptions:
                await subscription.close()
            await self._close()
            if removed.is_set():
                await self._presence.forget()

    async def _claim(self) -> None:
        while True:
            try:
                self._claim_revision = await self._presence.claim(self.row.rev)
            except HuiyanError:
                await self._ports.clock.sleep(_CLAIM_RETRY_S)
            else:
                return

    async def _wait(self) -> None:
        """Until something changes or is due."""
        wait_s = min(_IDLE_TICK_S, self._presence.due_in_s + 0.05)
        if self._living_demands:
            wait_s = min(wait_s, _TICK_S)
        if not self.pulls and self.is_on:
            wait_s = min(wait_s, max(0.05, self._probe_due_at - self._ports.clock.monotonic()))
        try:
            async with asyncio.timeout(wait_s):
                await self._poke.wait()
        except TimeoutError:
            pass
        self._poke.clear()

    # what is wanted

    @property
    def is_on(self) -> bool:
        """False while the household's switch is off, or the row's time is over."""
        return self._off_cause() is Cause.NONE

    def _off_cause(self) -> Cause:
        if self.row.off:
            return Cause.SWITCHED_OFF
        if self.row.valid_until_ns and self._ports.clock.utc_ns() >= self.row.valid_until_ns:
            return Cause.EXPIRED
        return Cause.NONE

    def _wanted_streams(self) -> list[str]:
        if not self.is_on:
            return []
        row, demands = self.row, self._living_demands
        wanted = {stream for stream in STREAMS if stream in demands}
        if AUDIO in demands or SNAPSHOT in demands or row.sinks.keys:
            wanted.add("main")
        if row.sinks.live:
            wanted.update(self._ports.policy.warm_streams)
        urls = {"main": row.main_url, "sub": row.sub_url}
        streams = [stream for stream in STREAMS if stream in wanted and urls[stream]]
        return streams[:1] if row.max_rtsp_sessions == 1 else streams

    def _login(self, stream: str) -> StreamLogin:
        url = self.row.main_url if stream == "main" else self.row.sub_url
        sealed = self.row.credential
        if self._opened is None or self._opened[0] != sealed:
            self._opened = (sealed, self._ports.credentials.open(sealed))
        return StreamLogin(url, self._opened[1])

    def _reconcile(self) -> None:
        """Open and close pulls so that they are what the row and the demands want."""
        if not self.is_on:
            self.book.clear()
            self.last_picture.clear()
        self._living_demands = self.book.living()
        wanted: dict[str, StreamLogin] = {}
        try:
            wanted = {stream: self._login(stream) for stream in self._wanted_streams()}
        except CameraError as failure:
            self._probe_cause = failure.cause
        for stream, pull in list(self.pulls.items()):
            if wanted.get(stream) != pull.login:
                self._stop_pull(stream)
        for stream, login in wanted.items():
            if stream not in self.pulls:
                self._start_pull(stream, login)
            self.pulls[stream].set_demand(
                urgent=stream in self._living_demands
                or (stream == "main" and AUDIO in self._living_demands),
                audio=AUDIO in self._living_demands,
            )
        if not self.pulls:
            self._probe_when_due()

    def _start_pull(self, stream: str, login: StreamLogin) -> None:
        pull = Pull(stream, login, self._ports.pulls, self)
        before = self._tasks.get(stream)
        self.pulls[stream] = pull
        self._tasks[stream] = asyncio.create_task(_run_after(before, pull), name=f"pull {stream}")

    def _stop_pull(self, stream: str) -> None:
        pull = self.pulls.pop(stream)
        self._reconnects += pull.reconnects
        pull.gop.clear()
        self._tasks[stream].cancel()

    async def _close(self) -> None:
        for stream in list(self.pulls):
            self._stop_pull(stream)
        self.last_picture.clear()
        tasks = [*self._tasks.values()]
        if self._probe_task is not None:
            self._probe_task.cancel()
            tasks.append(self._probe_task)
        if tasks:
            await asyncio.wait(tasks)

    # presence of a cold camera

    def _probe_when_due(self) -> None:
        now = self._ports.clock.monotonic()
        running = self._probe_task is not None and not self._probe_task.done()
        if self.is_on and not running and now >= self._probe_due_at:
            every_s = self._ports.policy.probe_every_s
            # A town's cameras must not be asked all in the same second.
            spread = 0.9 + 0.2 * random.random()  # noqa: S311 - jitter is no secret
            self._probe_due_at = now + every_s * spread
            self._probe_task = asyncio.create_task(self._probe(), name="probe")

    async def _probe(self) -> None:
        pulls = self._ports.pulls
        try:
            login = self._login("main")
            address = await pulls.guard.vet(login.url)
            await pulls.probe(address, login.credential, pulls.limits.open_timeout_s)
            self._probe_cause = Cause.NONE
        except CameraError as failure:
            self._probe_cause = failure.cause
        self._ports.metrics.probes.labels(self._probe_cause.value).inc()
        self._poke.set()

    @property
    def cause(self) -> Cause:
        """Why the camera has no picture; NONE while it has one."""
        if not self.is_on:
            return self._off_cause()
        pull = self.pulls.get("main") or self.pulls.get("sub")
        return pull.cause if pull is not None else self._probe_cause

    async def _tell_presence(self) -> None:
        pulls = self.pulls.values()
        await self._presence.tell(
            self.cause,
            [info for pull in pulls for info in pull.track_infos()],
            row_rev=self.row.rev,
            last_frame_at_ns=max((pull.last_unit_at_ns for pull in pulls), default=0),
            reconnects=self._reconnects + sum(pull.reconnects for pull in pulls),
        )

    # PullListener

    def next_run_id(self) -> int:
        self._run += 1
        if self._run > MAX_RUN:  # after a million reconnections: the next claim revision
            self._run, self._claim_revision = 0, self._claim_revision + 1
        return pack_run_id(_GENERATION, self._claim_revision, self._run)

    def on_pull_changed(self) -> None:
        self._poke.set()

    def on_access_unit(self, track: str, unit: AccessUnit) -> None:
        publisher = self._ports.publisher
        if unit.keyframe and unit.is_video:
            self.last_picture.keep(unit)
            if self.row.sinks.keys and track == "main":
                publisher.offer(self._keys_subject, "keys", unit)
        if self.book.wanted(track):
            publisher.offer(self._media_subjects[track], "media", unit)


async def _run_after(before: asyncio.Task[None] | None, pull: Pull) -> None:
    """The camera may allow one session only: the old one ends first."""
    if before is not None:
        await asyncio.wait({before})
    await pull.run()
