"""A whole running town for end-to-end tests and benchmarks: `huiyan up` as its own process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from huiyan_testing.parent_death import end_with_parent

_READY_S = 240.0
_DRAWN_S = 600.0
_STOP_S = 20.0
_LOGIN = re.compile(r"account:\s+(\S+)\s+密码 password:\s+(\S+)")
_FAMILY = re.compile(r"family:\s+(\S+)")


class TownError(Exception):
    """The town did not become ready; the text holds what it printed last."""


class Town:
    """`async with Town(cameras=4) as town:`; every port is a free one, the folder is temporary.

    Drawn camera clips are kept between runs (HUIYAN_CLIP_CACHE, else the user's cache). Entering
    returns when every camera is drawn; with `all_drawn=False` already at the welcome, when only
    the family's first camera is sure to have a picture. `ready_s` is the time to the welcome.
    """

    def __init__(
        self, *, cameras: int = 4, options: tuple[str, ...] = (), all_drawn: bool = True
    ) -> None:
        self.cameras = cameras
        self._all_drawn = all_drawn
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="huiyan-town-")
        self.data = Path(self._folder.name)
        self._process: asyncio.subprocess.Process | None = None
        self._printed: list[str] = []
        self._reader: asyncio.Task[None] | None = None
        self.ready_s = 0.0

    async def __aenter__(self) -> Self:
        _share_clips(self.data)
        began = time.monotonic()
        words = ("up", "--data", str(self.data), "--port", "0", "--relay-port", "0")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "huiyan_runner",
            *words,
            "--cameras",
            str(self.cameras),
            *self._options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=end_with_parent(),
        )
        self._reader = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(_READY_S):
                while not (_FAMILY.search(self.printed) and "Ctrl-C" in self.printed):
                    if self._process.returncode is not None:
                        raise TownError(self.printed[-3000:])
                    await asyncio.sleep(0.05)
            self.ready_s = time.monotonic() - began
            if self._all_drawn:
                await self.wait_drawn()
        except TimeoutError as error:
            await self.__aexit__(None, None, None)
            raise TownError("not ready in time:\n" + self.printed[-3000:]) from error
        return self

    async def wait_drawn(self, *, within_s: float = _DRAWN_S) -> None:
        """Return when every demo camera has its pictures. TimeoutError."""
        async with asyncio.timeout(within_s):
            while self.state["cameras_drawn"] < self.cameras:
                await asyncio.sleep(0.1)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.wait(), _STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._reader is not None:
            await self._reader
        self._folder.cleanup()

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._printed.append(line.decode("utf-8", "replace"))

    @property
    def printed(self) -> str:
        """What the command has printed so far."""
        return "".join(self._printed)

    @property
    def state(self) -> dict[str, Any]:
        """state.json of the data folder: pids, ports, states, restarts."""
        loaded: dict[str, Any] = json.loads((self.data / "state.json").read_text())
        return loaded

    @property
    def url(self) -> str:
        """Of the pages and the registry."""
        return str(self.state["registry_url"])

    @property
    def relay_url(self) -> str:
        """Of the relay."""
        return str(self.state["relay_url"])

    @property
    def clerk(self) -> tuple[str, str]:
        """Account and password of the demo's village clerk."""
        found = _LOGIN.search(self.printed)
        if found is None:
            raise TownError("no clerk was printed")
        return found.group(1), found.group(2)

    def demo_login(self, account: str) -> tuple[str, str]:
        """Account and password of one of the demo's staff, for example `wangjun`, the
        administrator (registry's `demo/people.py`)."""
        (file,) = self.data.rglob("demo-logins.json")
        return account, str(json.loads(file.read_text())[f"password:{account}"])

    @property
    def family_link(self) -> str:
        """A one-time link of the demo's household; using it spends it."""
        found = _FAMILY.search(self.printed)
        if found is None:
            raise TownError("no family link was printed")
        return found.group(1)

    def pid(self, name: str) -> int:
        """Of one process of the suite: nats, postgres, registry, ingest, relay, cameras …"""
        return int(self.state["pids"][name])

    def kill(self, name: str) -> int:
        """SIGKILL one process; return the pid that it had."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    async def wait_restarted(self, name: str, old_pid: int, *, within_s: float = 15.0) -> None:
        """Return when the supervisor has brought it back."""
        async with asyncio.timeout(within_s):
            while True:
                state = self.state
                if state["states"][name] == "ready" and state["pids"].get(name) != old_pid:
                    return
                await asyncio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def operator(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the registry, logged in as the operator's machine."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10) as client:
            login = json.loads((self.data / "keys" / "operator.key").read_text())
            answer = await client.post("/api/v1/login/key", json=login)
            answer.raise_for_status()
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            yield client


def _share_clips(data: Path) -> None:
    """Draw the cameras' clips once per machine, not once per town."""
    base = os.environ.get("HUIYAN_CLIP_CACHE") or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    shared = Path(base).expanduser() / "huiyan-clips"
    shared.mkdir(parents=True, exist_ok=True)
    (data / "clips").symlink_to(shared, target_is_directory=True)
