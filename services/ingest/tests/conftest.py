"""Real servers for the tests of ingest: nats-server, and simulated cameras over RTSP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan.ingest.v1.demand_pb2 import (
    DemandReply,
    DemandRequest,
    SnapshotReply,
    SnapshotRequest,
)
from huiyan_ingest.app import compose_on_bus
from huiyan_ingest.fleet import Fleet
from huiyan_ingest.settings import IngestSettings
from huiyan_kit import subjects
from huiyan_kit.bus.api import Message
from huiyan_kit.bus.buckets import ensure_buckets
from huiyan_kit.bus.nats import NatsBus
from huiyan_kit.lifecycle import Lifecycle
from huiyan_kit.sealing import CameraCredential, new_key_pair, seal
from huiyan_media.access_unit import AccessUnit
from huiyan_media.assembler import Assembler
from huiyan_testing.camera import CameraFarm, ClipLibrary, Credential
from huiyan_testing.nats_server import NatsServer

TOWN = "510799101000"
CANARY = Credential("watcher", 'c4nary p@ss/word?"&')


async def until(condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Wait for a condition; fail with its name."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"did not happen within {seconds} s: {what}")


class Bench:
    """One ingest on a real bus, and a client that plays registry and relay."""

    town = TOWN
    until = staticmethod(until)

    def __init__(self, server: NatsServer, farm: CameraFarm, folder: Path, source: str) -> None:
        self.source = source
        self.server = server
        self.farm = farm
        self.folder = folder
        self.bus = NatsBus()
        self.presence: dict[str, pb.Presence] = {}
        self.history: list[pb.Presence] = []
        self.bus_bytes = bytearray()
        private, self.public_key = new_key_pair()
        (folder / "key").write_text(private)
        self._revs: dict[str, int] = {}
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self.fleet: Fleet
        self.lifecycle: Lifecycle

    async def start(self, **changes: object) -> None:
        await self.bus.connect(self.server.url, name="bench")
        await ensure_buckets(self.bus._jetstream)
        self._tasks.append(asyncio.create_task(self._follow_presence()))
        await self.start_ingest(**changes)

    async def start_ingest(self, **changes: object) -> None:
        values = {
            "towns": TOWN,
            "nats_url": self.server.url,
            "key_file": self.folder / "key",
            "camera_networks": "127.0.0.0/8",
            "profile": "demo",
            "source": self.source,
            "open_timeout_s": 1.5,
            "stall_after_s": 0.6,
            "reopen_after_s": 1.5,
            "backoff_first_s": 0.1,
            "backoff_most_s": 0.4,
            "probe_every_s": 0.5,
        } | changes
        settings = IngestSettings.model_validate(values)
        ingest_bus = NatsBus()
        await ingest_bus.connect(self.server.url, name="ingest")
        self.lifecycle = Lifecycle("ingest", settings)
        await self._stack.enter_async_context(self.lifecycle)
        self.lifecycle.on_close(ingest_bus.close)
        self.fleet = await compose_on_bus(self.lifecycle, settings, ingest_bus)
        self.lifecycle.announce()

    async def stop_ingest(self) -> None:
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    async def stop(self) -> None:
        await self.stop_ingest()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.bus.close()

    async def _follow_presence(self) -> None:
        async for event in self.bus.key_value("presence").watch():
            if event.key and event.value:
                self.bus_bytes += event.value
                told = pb.Presence.FromString(event.value)
                self.presence[told.camera] = told
                self.history.append(told)
            elif event.key:
                self.presence.pop(event.key.partition(".")[2], None)

    def seal(self, credential: Credential) -> bytes:
        login = CameraCredential(user=credential.user, password=credential.password)
        return seal(login, self.public_key)

    async def put_row(self, camera: str, main_url: str, **fields: object) -> None:
        self._revs[camera] = self._revs.get(camera, 0) + 1
        live = bool(fields.pop("live", False))
        keys = bool(fields.pop("keys", False))
        row = pb.CameraRow(
            rev=self._revs[camera], town=TOWN, camera=camera, reach="direct", main_url=main_url
        )
        row.sinks.live, row.sinks.keys = live, keys
        for name, value in fields.items():
            setattr(row, name, value)
        await self.bus.key_value("cameras").put(f"{TOWN}.{camera}", row.SerializeToString())

    async def remove_row(self, camera: str) -> None:
        await self.bus.key_value("cameras").delete(f"{TOWN}.{camera}")

    async def demand(self, camera: str, track: str = "main", *, gop: bool = True) -> DemandReply:
        payload = DemandRequest(worker="relay-00000000", want_gop=gop).SerializeToString()
        answer = await self.bus.request(
            subjects.demand(TOWN, camera, track), payload, timeout_s=5.0
        )
        self.bus_bytes += answer
        return DemandReply.FromString(answer)

    async def snapshot(self, camera: str, max_width: int = 640) -> SnapshotReply:
        payload = SnapshotRequest(max_width=max_width).SerializeToString()
        answer = await self.bus.request(subjects.snapshot(TOWN, camera), payload, timeout_s=5.0)
        return SnapshotReply.FromString(answer)

    async def units(self, subject: str) -> list[AccessUnit]:
        """A list that fills with the units of a subject."""
        received: list[AccessUnit] = []
        assembler = Assembler()

        async def take(message: Message) -> None:
            self.bus_bytes.extend(message.payload)
            unit = assembler.push(message.payload)
            if unit is not None:
                received.append(unit)

        await self.bus.subscribe(subject, take)
        return received

    async def until_state(self, camera: str, state: int, seconds: float = 10.0) -> pb.Presence:
        name = pb.PresenceState.Name(state)  # type: ignore[arg-type]  # any int is tried
        await until(
            lambda: camera in self.presence and self.presence[camera].state == state,
            f"{camera} is {name} (it is {self.presence.get(camera)})",
            seconds,
        )
        return self.presence[camera]


@pytest.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
async def farm() -> AsyncIterator[CameraFarm]:
    clips = ClipLibrary(loop_frames=100, shared_clip=True)
    async with CameraFarm(clips, credentials=CANARY) as running:
        yield running


@pytest.fixture(params=["native", "pyav"])
async def bench(
    request: pytest.FixtureRequest, nats_server: NatsServer, farm: CameraFarm, tmp_path: Path
) -> AsyncIterator[Bench]:
    made = Bench(nats_server, farm, tmp_path, request.param)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
