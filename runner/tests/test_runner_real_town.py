"""`huiyan up --no-demo` on a new folder: somebody can log in, a camera joins, nobody peeps."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from huiyan_testing.camera import CameraFarm, ClipLibrary
from huiyan_testing.parent_death import end_with_parent

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
_LOGIN = re.compile(r"account:\s+(\S+)\s+密码 password:\s+(\S+)")
_READY_S = 120.0


class NewTown:
    """A town of its own on a folder that stays over starts."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "huiyan_runner", *words, "--data", str(self.data)]

    async def up(self, *options: str) -> tuple[asyncio.subprocess.Process, str]:
        """The running command, and what it printed until it was ready."""
        words = ("up", "--no-demo", "--port", "0", "--relay-port", "0")
        process = await asyncio.create_subprocess_exec(
            *self._command(*words, "--camera-networks", "127.0.0.0/8", *options),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=end_with_parent(),
        )
        assert process.stdout is not None
        printed = ""
        try:
            async with asyncio.timeout(_READY_S):
                while "Ctrl-C" not in printed:
                    line = await process.stdout.readline()
                    assert line, printed
                    printed += line.decode()
        except BaseException:
            process.kill()
            raise
        return process, printed

    async def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run, self._command(*words), capture_output=True, text=True, timeout=60
        )


async def end(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), 30)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def farm(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CameraFarm]:
    """Cameras that are no part of the suite."""
    clips = ClipLibrary(tmp_path_factory.mktemp("clips"), loop_frames=100, shared_clip=True)
    await asyncio.to_thread(clips.prepare, [1])
    async with CameraFarm(clips) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
async def test_a_new_town_from_first_start_to_camera_and_link(
    tmp_path: Path, farm: CameraFarm
) -> None:
    town = NewTown(tmp_path / "data")
    process, printed = await town.up()
    try:
        found = _LOGIN.search(printed)
        assert found is not None, printed
        account, password = found.groups()
        state = json.loads((town.data / "state.json").read_text())
        assert f"{state['public_url']}/room" in printed
        assert "cameras" not in state["states"]
        logs = "".join(path.read_text() for path in (town.data / "logs").glob("*.log"))
        assert password not in logs

        async with httpx.AsyncClient(base_url=state["registry_url"], trust_env=False) as client:
            login = {"account": account, "password": password}
            entered = await client.post("/api/v1/login", json=login)
            assert entered.status_code == 200, entered.text
            assert "room_admin" in entered.json()["me"]["roles"]

        urls = (farm.url(1), "--sub-url", farm.url(1, "sub"), "--name", "后院")
        added = await town.run("camera", "add", *urls)
        assert added.returncode == 0, added.stderr
        assert "1280×720" in added.stdout

        watched = await town.run("watch", "--seconds", "1", "--json")
        assert watched.returncode == 1
        assert watched.stdout == ""
        assert "maintenance consent" in watched.stderr
        assert "检修许可" in watched.stderr

        link = await town.run("link", "new")
        assert link.returncode == 0, link.stderr
        assert f"{state['public_url']}/f#" in link.stdout
    finally:
        await end(process)
    assert process.returncode == 0

    process, printed = await town.up()
    try:
        assert _LOGIN.search(printed) is None
        assert f"account:  {account}" in printed
        assert "后院" in (await town.run("camera", "list")).stdout
    finally:
        await end(process)
