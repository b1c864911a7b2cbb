"""`huiyan up`, a backup while it runs, a restore, `up` again: people come in, no mode changed."""

import asyncio
import json
import re
import signal
import stat
import sys
from pathlib import Path

import httpx
import pytest
from huiyan_testing.parent_death import end_with_parent

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
_LOGIN = re.compile(r"account:\s+(\S+)\s+密码 password:\s+(\S+)")
_READY_S = 120.0


def command(data: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "huiyan_runner", *words, "--data", str(data)]


async def up(data: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        *command(data, "up", "--no-demo", "--port", "0", "--relay-port", "0"),
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


async def down(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), 30)


async def run(data: Path, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command(data, *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


def modes(root: Path) -> dict[str, int]:
    """Of every folder and file but the servers' own that come and go."""
    return {
        str(path.relative_to(root)): stat.S_IMODE(path.lstat().st_mode)
        for path in (root, *root.rglob("*"))
        if not path.is_socket() and "pgdata" not in path.parts
    } | {"pgdata": stat.S_IMODE((root / "data" / "postgres" / "pgdata").stat().st_mode)}


def unchanged(before: dict[str, int], after: dict[str, int]) -> None:
    both = before.keys() & after.keys()
    assert {".", "data", "pgdata"} <= both
    assert {name: after[name] for name in both} == {name: before[name] for name in both}


def server(data: Path, cookies: dict[str, str] | None = None) -> httpx.AsyncClient:
    state = json.loads((data / "state.json").read_text())
    return httpx.AsyncClient(base_url=state["registry_url"], trust_env=False, cookies=cookies)


async def test_a_restored_town_lets_its_people_in_and_no_session_of_before(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    data, file = tmp_path / "data", tmp_path / "town.huiyan"
    process, printed = await up(data)
    try:
        found = _LOGIN.search(printed)
        assert found is not None, printed
        login = dict(zip(("account", "password"), found.groups(), strict=True))
        async with server(data) as client:
            assert (await client.post("/api/v1/login", json=login)).status_code == 200
            cookies = dict(client.cookies)
        before = modes(tmp_path)
        status, told = await run(data, "registry", "backup", str(file))
        assert status == 0, told
        assert "KEYS" in told
        assert (await run(data, "registry", "restore", str(file), "--replace"))[0] == 1
        async with server(data, cookies) as client:
            assert (await client.get("/api/v1/me")).status_code == 200
    finally:
        await down(process)
    unchanged(before, modes(tmp_path))

    status, told = await run(data, "registry", "restore", str(file), "--replace")
    assert status == 0, told
    assert "all ended" in told
    unchanged(before, modes(tmp_path))
    status, told = await run(data, "register", "verify")
    assert status == 0, told

    process, printed = await up(data)
    try:
        assert _LOGIN.search(printed) is None, "nothing was made anew"
        async with server(data, cookies) as client:
            assert (await client.get("/api/v1/me")).status_code == 401
        async with server(data) as client:
            entered = await client.post("/api/v1/login", json=login)
            assert entered.status_code == 200, entered.text
        unchanged(before, modes(tmp_path))
    finally:
        await down(process)
