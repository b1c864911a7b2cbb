"""The thin room runs as a service and does not pretend to do anything."""

import asyncio
import json
import os
import signal
import sys

import httpx
from huiyan_analytics.app import CAPABILITIES
from huiyan_testing.nats_server import NatsServer, service_users


async def test_it_runs_says_that_it_can_do_nothing_and_ends(tmp_path):
    async with NatsServer(tmp_path / "nats", users=service_users()) as server:
        ports = tmp_path / "ports.json"
        settings = {
            "TOWNS": "510799101000",
            "NATS_URL": server.url,
            "NATS_USER": "analytics",
            "NATS_PASSWORD_FILE": str(server.password_file("analytics")),
            "PORTS_FILE": str(ports),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "huiyan_analytics",
            env={
                **os.environ,
                **{f"HUIYAN_ANALYTICS_{name}": value for name, value in settings.items()},
            },
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(20):
                while not ports.exists():
                    assert process.returncode is None
                    await asyncio.sleep(0.02)
            base = f"http://127.0.0.1:{json.loads(ports.read_text())['internal']}"
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(f"{base}/health/ready")).json() == {
                    "bus": True,
                    "accepting": True,
                }
                assert "huiyan_capabilities 0.0" in (await client.get(f"{base}/metrics")).text
        finally:
            process.send_signal(signal.SIGTERM)
            _, logged = await asyncio.wait_for(process.communicate(), 10)
    lines = [json.loads(line) for line in logged.decode().splitlines()]
    told = [line for line in lines if "capabilities" in line]
    assert [line["capabilities"] for line in told] == [[]]
    assert "Nothing is analysed yet".lower() in told[0]["msg"].lower()
    assert server.password("analytics") not in logged.decode()
    assert process.returncode == 0
    assert CAPABILITIES == ()
