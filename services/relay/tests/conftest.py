"""A real relay on loopback, and a real publisher of H.264 in the place of ingest."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan.registry.v1.access_pb2 import Revocation
from huiyan_kit.bus.api import Bus
from huiyan_kit.bus.local import LocalBus
from huiyan_kit.clock import SystemClock
from huiyan_kit.internal_http import bind, http_server
from huiyan_relay.relay import Relay
from huiyan_relay.settings import RelaySettings
from huiyan_testing.grant_signer import TOWN, GrantSigner
from huiyan_testing.media_publisher import Clip, MediaPublisher, make_clip


@dataclass
class Harness:
    """A relay that serves, and what is around it."""

    relay: Relay
    bus: Bus
    signer: GrantSigner
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def channel_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/channel"

    def whep(self, camera: str, stream: str = "main") -> str:
        return f"{self.url}/whep/{camera}/{stream}"

    async def revoke(self, kind: str, subject: str) -> None:
        row = Revocation(kind=kind, id=subject, revoked_at_ns=time.time_ns(), reason="withdrawn")
        bucket = self.bus.key_value("revocations")
        await bucket.put(f"{TOWN}.{kind}.{subject}", row.SerializeToString())


@asynccontextmanager
async def running_relay(
    bus: Bus, signer: GrantSigner, **settings: object
) -> AsyncIterator[Harness]:
    """A relay with its HTTP server on a free port."""
    await signer.publish(bus)
    configured = RelaySettings.model_validate(
        {"towns": TOWN, "origins": "https://town.example", "drain_grace_s": 0} | settings
    )
    relay = Relay(configured, bus, SystemClock())
    listener = bind("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    server = http_server(relay.app)
    jobs = relay.jobs(f"http://127.0.0.1:{port}")
    tasks = [asyncio.create_task(job, name=name) for name, job in jobs.items()]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(10):
        while not (server.started and relay.synced):
            await asyncio.sleep(0.01)
    try:
        yield Harness(relay, bus, signer, port)
    finally:
        await relay.close()
        server.should_exit = True
        await asyncio.wait([serving], timeout=5)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        failures = [task.exception() for task in tasks if not task.cancelled()]
        assert not any(failures), failures


@pytest.fixture(scope="session")
def clip() -> Clip:
    return make_clip(1)


@pytest.fixture(scope="session")
def other_clip() -> Clip:
    return make_clip(2)


@pytest.fixture(scope="session")
def signer() -> GrantSigner:
    return GrantSigner(ec.generate_private_key(ec.SECP256R1()))


MakeRelay = Callable[..., AbstractAsyncContextManager[Harness]]


@pytest.fixture
def make_relay(signer: GrantSigner) -> MakeRelay:
    """A relay on its own local bus with other settings."""
    return lambda **settings: running_relay(LocalBus(), signer, **settings)


@pytest.fixture
async def harness(signer: GrantSigner) -> AsyncIterator[Harness]:
    bus = LocalBus()
    async with running_relay(bus, signer) as running:
        yield running
    await bus.close()


@pytest.fixture
async def camera(harness: Harness, clip: Clip) -> AsyncIterator[MediaPublisher]:
    """One camera that is online and has a GOP."""
    publisher = MediaPublisher(harness.bus, "cam_one", clip)
    await publisher.start()
    async with asyncio.timeout(5):
        while harness.relay.board.presence(TOWN, "cam_one") is None:
            await asyncio.sleep(0.01)
    yield publisher
    await publisher.stop()


@pytest.fixture(scope="session")
def small_clip() -> Clip:
    return make_clip(3, 176, 96, 26)
