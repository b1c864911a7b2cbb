"""How a service process starts, runs and ends: the same for all of them."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self

import uvicorn
import uvloop
from prometheus_client import CollectorRegistry

from huiyan_kit.health import Health
from huiyan_kit.internal_http import bind, http_server, internal_app
from huiyan_kit.logging import configure_logging
from huiyan_kit.settings import ServiceSettings, write_ports_file

log = logging.getLogger(__name__)
Compose = Callable[["Lifecycle"], Awaitable[None]]


class Lifecycle:
    """Owns a process's background tasks, servers and what must be closed at the end.

    A background task that fails ends the process: the supervisor starts a clean one.
    """

    def __init__(self, service: str, settings: ServiceSettings) -> None:
        self.service = service
        self.settings = settings
        self.metrics = CollectorRegistry()
        self.health = Health(self.metrics)
        self.stopping = asyncio.Event()
        self.failed: BaseException | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closers = contextlib.AsyncExitStack()
        self._servers: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []
        self._ports: dict[str, int] = {}

    def background(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run until the process ends."""
        task = asyncio.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background task failed: %s", task.get_name(), exc_info=error)
            self.failed = error
            self.stopping.set()

    def on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Call at the end, the last one first."""
        self._closers.push_async_callback(close)

    def serve(
        self,
        name: str,
        app: Callable[..., object],
        host: str,
        port: int,
        *,
        tls_cert: str | None = None,
        tls_key: str | None = None,
        trusted_proxies: Sequence[str] = (),
    ) -> int:
        """Serve an ASGI app; return the port. `trusted_proxies`: see `http_server`."""
        listener: socket.socket = bind(host, port)
        server = http_server(
            app, tls_cert=tls_cert, tls_key=tls_key, trusted_proxies=trusted_proxies
        )
        task = self.background(server.serve(sockets=[listener]), f"http {name}")
        self._servers.append((server, task))
        self._ports[name] = int(listener.getsockname()[1])
        return self._ports[name]

    async def __aenter__(self) -> Self:
        settings = self.settings
        settings.check_internal_exposure()
        self.background(self.health.run(), "heartbeat")
        token = (
            settings.secret(settings.internal_token_file) if settings.internal_token_file else ""
        )
        app = internal_app(self.health, self.metrics, token)
        self.serve("internal", app, settings.internal_host, settings.internal_port)
        return self

    def announce(self) -> None:
        """Everything is composed and bound: be ready, and tell the supervisor our ports."""
        self.health.started = True
        write_ports_file(self.settings.ports_file, self._ports)
        log.info("ready", extra={"ports": self._ports})

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.health.draining = True
        for server, _ in self._servers:
            server.should_exit = True
        if self._servers:
            await asyncio.wait([task for _, task in self._servers], timeout=5)
        await self._closers.aclose()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=5)


async def _composed(lifecycle: Lifecycle, compose: Compose) -> None:
    await compose(lifecycle)
    lifecycle.announce()


async def _run(service: str, settings: ServiceSettings, compose: Compose) -> int:
    lifecycle = Lifecycle(service, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lifecycle.stopping.set)
    async with lifecycle:
        composing = asyncio.ensure_future(_composed(lifecycle, compose))
        stopping = asyncio.ensure_future(lifecycle.stopping.wait())
        # A stop is obeyed while the bus or the database is still waited for.
        await asyncio.wait({composing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if composing.done():
            composing.result()
        await stopping
        composing.cancel()
        log.info("stopping")
    return 1 if lifecycle.failed is not None else 0


def run_service(service: str, settings: ServiceSettings, compose: Compose) -> int:
    """Run a service until SIGTERM or SIGINT; the exit status is 1 when a part of it failed."""
    configure_logging(service, settings.log_level)
    return uvloop.run(_run(service, settings, compose))
