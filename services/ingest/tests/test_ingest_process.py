"""The whole process as the runner starts it: its own bus user, ports file, SIGTERM."""

import asyncio
import json
import os
import signal
import sys
import urllib.request
from pathlib import Path

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan.ingest.v1.demand_pb2 import DemandReply, DemandRequest
from huiyan_kit import subjects
from huiyan_kit.bus.buckets import ensure_buckets
from huiyan_kit.bus.nats import NatsBus
from huiyan_kit.sealing import CameraCredential, new_key_pair, seal
from huiyan_testing.nats_server import NatsServer, service_users

TOWN = "510799101000"
CAMERA = "cam_process"


async def read(url: str) -> tuple[int, bytes]:
    def get() -> tuple[int, bytes]:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read()

    return await asyncio.to_thread(get)


async def test_process_works_with_the_permissions_of_its_user(farm, tmp_path: Path) -> None:
    private, public = new_key_pair()
    (tmp_path / "key").write_text(private)
    login = CameraCredential(user=farm.credential.user, password=farm.credential.password)
    async with NatsServer(tmp_path / "nats", users=service_users(), town=TOWN) as server:
        registry, relay = NatsBus(), NatsBus()
        for bus, user in ((registry, "registry"), (relay, "relay")):
            await bus.connect(server.url, user=user, password=server.password(user), name=user)
        await ensure_buckets(registry._jetstream)
        env = os.environ | {
            "HUIYAN_INGEST_TOWNS": TOWN,
            "HUIYAN_INGEST_NATS_URL": server.url,
            "HUIYAN_INGEST_NATS_USER": "ingest",
            "HUIYAN_INGEST_NATS_PASSWORD_FILE": str(server.password_file("ingest")),
            "HUIYAN_INGEST_KEY_FILE": str(tmp_path / "key"),
            "HUIYAN_INGEST_CAMERA_NETWORKS": "127.0.0.0/8",
            "HUIYAN_INGEST_PROFILE": "demo",
            "HUIYAN_INGEST_PORTS_FILE": str(tmp_path / "ports"),
            "HUIYAN_INGEST_LOG_LEVEL": "DEBUG",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "huiyan_ingest", env=env, stderr=asyncio.subprocess.PIPE
        )
        try:
            row = pb.CameraRow(
                rev=1, town=TOWN, camera=CAMERA, main_url=farm.url(1, "main", "auth")
            )
            row.credential = seal(login, public)
            row.sinks.live = True
            await registry.key_value("cameras").put(f"{TOWN}.{CAMERA}", row.SerializeToString())
            async with asyncio.timeout(30):
                async for event in relay.key_value("presence").watch():
                    if event.value:
                        presence = pb.Presence.FromString(event.value)
                        if presence.state == pb.PRESENCE_STATE_ONLINE:
                            break
                async for event in registry.key_value("workers").watch():
                    if event.key == f"{TOWN}.{presence.worker}" and event.value:
                        break
            request = DemandRequest(worker="relay-1", want_gop=True).SerializeToString()
            subject = subjects.demand(TOWN, CAMERA, "main")
            reply = DemandReply.FromString(await relay.request(subject, request, timeout_s=5))
            assert reply.state == pb.PRESENCE_STATE_ONLINE
            assert reply.gop
            port = json.loads((tmp_path / "ports").read_text())["internal"]
            status, _ = await read(f"http://127.0.0.1:{port}/health/ready")
            assert status == 200
            _, metrics = await read(f"http://127.0.0.1:{port}/metrics")
            assert b"huiyan_ingest_units_total" in metrics
            assert CAMERA.encode() not in metrics
        finally:
            process.send_signal(signal.SIGTERM)
            _, logged = await asyncio.wait_for(process.communicate(), 15)
            await registry.close()
            await relay.close()
        assert process.returncode == 0
        assert farm.camera(1).sessions == 0
        assert farm.credential.password.encode() not in logged
