"""The two embedded servers as units: they come back on the same port and socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping

from huiyan_testing.nats_server import NatsServer, NatsServerError
from huiyan_testing.postgres import EmbeddedPostgres, PostgresError

from huiyan_runner.unit import Unit, UnitError

_STOP_S = 3.0


class NatsUnit:
    """NATS with one user per service."""

    name = "nats"

    def __init__(self, server: NatsServer) -> None:
        self.server = server

    @property
    def pid(self) -> int | None:
        return self.server.pid if self.server.running else None

    @property
    def ports(self) -> Mapping[str, int]:
        return {"nats": self.server.port}

    async def start(self) -> None:
        try:
            await self.server.restart()
        except (NatsServerError, OSError) as error:
            raise UnitError(str(error)) from error

    async def ended(self) -> str:
        await process_ended(self.pid)
        return "nats-server 没了 / nats-server ended"

    async def stop(self) -> None:
        await self.server.stop()

    def kill(self) -> None:
        _kill(self.pid)


class PostgresUnit:
    """PostgreSQL on a socket; its URL changes only where the folder's path is very long."""

    name = "postgres"

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server

    @property
    def pid(self) -> int | None:
        return self.server.pid if self.server.running else None

    @property
    def ports(self) -> Mapping[str, int]:
        return {}

    async def start(self) -> None:
        try:
            await self.server.start()
        except (PostgresError, OSError) as error:
            raise UnitError(str(error)) from error

    async def ended(self) -> str:
        await process_ended(self.pid)
        return "PostgreSQL 没了 / PostgreSQL ended"

    async def stop(self) -> None:
        pid = self.pid
        try:
            await asyncio.wait_for(self.server.stop(), _STOP_S)
        except TimeoutError:
            _kill(pid)

    def kill(self) -> None:
        _kill(self.pid)


async def process_ended(pid: int | None) -> None:
    """Return when the process is gone, at once when there is none (pidfd_open(2))."""
    if pid is None:
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _kill(pid: int | None) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


_conforms: tuple[type[Unit], ...] = (NatsUnit, PostgresUnit)
