"""The committed configuration of NATS: fresh, accepted by a real server, users kept apart."""

import asyncio
import importlib.util
import json
import secrets
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from huiyan_kit.bus.api import Message
from huiyan_kit.bus.buckets import ensure_buckets
from huiyan_kit.bus.nats import connect_bus
from huiyan_kit.errors import HuiyanError
from huiyan_testing.nats_server import nats_server_binary

ROOT = Path(__file__).parents[2]
TOWN, OTHER_TOWN = "510799101000", "510799102000"
USERS = ("registry", "ingest", "relay", "recorder", "analytics")


def generator() -> Any:
    path = ROOT / "deploy/nats/generate_users.py"
    spec = importlib.util.spec_from_file_location("generate_users", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_fresh_and_hold_no_password() -> None:
    wanted = generator().wanted()
    assert len(wanted) == 4
    for path, text in wanted.items():
        assert path.read_text("utf-8") == text, f"{path}: run deploy/nats/generate_users.py"
        assert 'password: "' not in text
    shuangban = (ROOT / "k8s/towns/shuangban/users.conf").read_text("utf-8")
    assert f"huiyan.v1.{TOWN}." in shuangban
    assert "huiyan.v1.*" not in shuangban


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """nats-server with the files as Kubernetes mounts them; ports and folders are ours."""
    conf = (ROOT / "k8s/base/nats.conf").read_text("utf-8")
    conf = conf.replace("0.0.0.0:4222", "127.0.0.1:-1").replace('http: "127.0.0.1:8222"', "")
    conf = conf.replace("/data/jetstream", str(tmp_path / "store"))
    conf = conf.replace("sync_interval: always", "")  # a test's disk need not be asked each time
    (tmp_path / "nats.conf").write_text(conf, "utf-8")
    users = (ROOT / "k8s/towns/shuangban/users.conf").read_text("utf-8")
    (tmp_path / "users.conf").write_text(users, "utf-8")
    passwords = {user: secrets.token_hex(24) for user in USERS}
    (tmp_path / "secret").mkdir()
    lines = [f'{user.upper()}_PASSWORD: "{word}"' for user, word in passwords.items()]
    (tmp_path / "secret/passwords.conf").write_text("\n".join(lines), "utf-8")
    process = await asyncio.create_subprocess_exec(
        nats_server_binary(), "-c", tmp_path / "nats.conf", "--ports_file_dir", tmp_path,
        env={"NATS_NAME": "nats-0"}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        ports = tmp_path / f"nats-server_{process.pid}.ports"
        async with asyncio.timeout(10):
            while not ports.exists() or not ports.read_text():
                assert process.returncode is None
                await asyncio.sleep(0.01)
        yield json.loads(ports.read_text())["nats"][0], passwords
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_the_server_knows_the_users_and_their_limits(
    server: tuple[str, dict[str, str]],
) -> None:
    url, passwords = server
    # Refused with an error or asked again and again: a wrong password gets nobody in.
    with pytest.raises((HuiyanError, TimeoutError)):
        async with asyncio.timeout(1):
            await connect_bus(url, user="relay", password="wrong", name="t")
    buses = {
        user: await connect_bus(url, user=user, password=passwords[user], name=user)
        for user in ("registry", "ingest", "relay")
    }
    await ensure_buckets(buses["registry"].jetstream)
    got: asyncio.Queue[str] = asyncio.Queue()

    async def seen(message: Message) -> None:
        await got.put(message.subject)

    mine = f"huiyan.v1.{TOWN}.media.cam_a.main"
    for town in (TOWN, OTHER_TOWN):
        await buses["relay"].subscribe(f"huiyan.v1.{town}.media.cam_a.main", seen)
    # A picture of another town, then one that a relay forges, then a real one: only that arrives.
    await buses["ingest"].publish(f"huiyan.v1.{OTHER_TOWN}.media.cam_a.main", b"x")
    await buses["relay"].publish(mine, b"forged")
    async with asyncio.timeout(10):
        while got.empty():
            await buses["ingest"].publish(mine, b"real")
            await asyncio.sleep(0.02)
    assert await got.get() == mine
    with pytest.raises(HuiyanError):
        await buses["relay"].key_value("cameras").put(f"{TOWN}.cam_a", b"x")
    for bus in buses.values():
        await bus.close()
