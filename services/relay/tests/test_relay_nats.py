"""The relay as a process over a real nats-server with users: pictures, outages, SIGTERM."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from huiyan.relay.v1.view_pb2 import ViewEnded
from huiyan_kit import subjects
from huiyan_kit.bus.api import Message
from huiyan_kit.bus.buckets import ensure_buckets
from huiyan_kit.bus.nats import NatsBus, connect_bus
from huiyan_testing.grant_signer import TOWN, GrantSigner
from huiyan_testing.media_publisher import Clip, MediaPublisher
from huiyan_testing.nats_server import NatsServer, service_users
from huiyan_testing.whep_viewer import WhepViewer


async def connected(nats: NatsServer, user: str) -> NatsBus:
    return await connect_bus(nats.url, user=user, password=nats.password(user), name=user)


# To start costs a second and more of processor time for imports alone, and many times that on a
# machine that is busy with other tests. Nothing is tested meanwhile: who died is told at once.
START_S = 60.0
POLL_S = 0.02


async def wait_started(process: asyncio.subprocess.Process, ports: Path) -> dict[str, int]:
    """The ports, once keys, revocations, cameras and workers have been read."""
    async with asyncio.timeout(START_S), httpx.AsyncClient(trust_env=False) as client:
        while not ports.exists():
            assert process.returncode is None, "the relay ended instead of starting"
            await asyncio.sleep(POLL_S)
        bound: dict[str, int] = json.loads(ports.read_text())
        url = f"http://127.0.0.1:{bound['internal']}/health/ready"
        while (await client.get(url)).status_code != 200:
            assert process.returncode is None, "the relay ended before it was ready"
            await asyncio.sleep(POLL_S)
    return bound


async def wait_lost(bus: NatsBus) -> None:
    """The connection has gone, and stays away."""
    async with asyncio.timeout(5):
        while bus.silent_for_s < 1:
            await asyncio.sleep(POLL_S)


@asynccontextmanager
async def relay_process(
    nats: NatsServer, folder: Path
) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    ports = folder / "ports.json"
    environment = dict(
        os.environ,
        HUIYAN_RELAY_TOWNS=TOWN,
        HUIYAN_RELAY_NATS_URL=nats.url,
        HUIYAN_RELAY_NATS_USER="relay",
        HUIYAN_RELAY_NATS_PASSWORD_FILE=str(nats.password_file("relay")),
        HUIYAN_RELAY_PORTS_FILE=str(ports),
        HUIYAN_RELAY_DRAIN_GRACE_S="1",
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "huiyan_relay", env=environment
    )
    try:
        bound = await wait_started(process, ports)
        yield f"127.0.0.1:{bound['http']}", process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 15)


@pytest.fixture
async def nats() -> AsyncIterator[NatsServer]:
    async with NatsServer(users=service_users()) as server:
        yield server


async def test_process_over_nats(
    nats: NatsServer, signer: GrantSigner, clip: Clip, tmp_path: Path
) -> None:
    registry = await connected(nats, "registry")
    await ensure_buckets(registry.jetstream)
    await signer.publish(registry)
    ingest = await connected(nats, "ingest")
    camera = MediaPublisher(ingest, "cam_one", clip, row_bus=registry)
    await camera.start()
    ended: list[ViewEnded] = []

    async def on_ended(message: Message) -> None:
        ended.append(ViewEnded.FromString(message.payload))

    await registry.consume(subjects.view_ended(TOWN), on_ended, durable="test")
    async with relay_process(nats, tmp_path) as (host, process):
        viewer = WhepViewer(
            f"http://{host}/whep/cam_one/main",
            signer.token("cam_one"),
            channel_url=f"ws://{host}/channel",
        )
        async with viewer:
            await viewer.wait_units(20)

            await nats.kill()
            await wait_lost(ingest)
            frozen = viewer.tiles[0].counter.units
            await nats.restart()
            back_at = time.monotonic()
            await viewer.wait_units(frozen + 15, timeout_s=10)
            assert time.monotonic() - back_at < 6
            assert viewer.connection_state == "connected"

            process.terminate()
            moved = await viewer.wait_for(lambda message: message["type"] == "ended")
            assert moved["reason"] == "moved"
        assert await asyncio.wait_for(process.wait(), 10) == 0
    async with asyncio.timeout(10):
        while not ended:
            await asyncio.sleep(POLL_S)
    assert ended[-1].frames >= 30
    await camera.stop()
    await ingest.close()
    await registry.close()
