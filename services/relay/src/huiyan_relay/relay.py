"""The parts of one relay, put together around a bus; `app.py` gives it a process."""

import logging
from collections.abc import Coroutine
from typing import Any

from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit.bus.api import Bus
from huiyan_kit.bus.mirror import KvMirror
from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.grants import GrantVerifier
from huiyan_kit.problem_http import ProblemMiddleware, problem_response
from huiyan_kit.worker_session import keep_session, new_worker_id
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from huiyan_relay.access import Access
from huiyan_relay.aiortc_insides import check_insides, extend_codecs
from huiyan_relay.camera_board import CameraBoard
from huiyan_relay.channel import ChannelEndpoint
from huiyan_relay.hub import Hub
from huiyan_relay.media_socket import MediaSocketEndpoint
from huiyan_relay.metrics import RelayMetrics
from huiyan_relay.rooms import Rooms
from huiyan_relay.sessions import Sessions
from huiyan_relay.settings import RelaySettings
from huiyan_relay.signing_keys import SigningKeys
from huiyan_relay.snapshot import SnapshotEndpoint
from huiyan_relay.views import ViewLog
from huiyan_relay.whep import WhepEndpoints

log = logging.getLogger(__name__)
_FLUSH_S = 2.0


class Relay:
    """Holds the parts; `jobs` must run while it serves `app`."""

    def __init__(
        self,
        settings: RelaySettings,
        bus: Bus,
        clock: Clock,
        registry: CollectorRegistry | None = None,
    ) -> None:
        check_insides()
        extend_codecs()
        self.settings = settings
        self.worker = new_worker_id("relay")
        self.metrics = RelayMetrics(registry)
        self._bus = bus
        self.sessions = Sessions(
            clock,
            self.metrics,
            most=settings.max_sessions,
            most_per_principal=settings.max_sessions_per_principal,
            connect_timeout_s=settings.connect_timeout_s,
        )
        keys = SigningKeys(clock)
        self.board = CameraBoard(self.sessions.look_now)
        self.access = Access(
            GrantVerifier(keys.key_of, clock),
            settings.town_list,
            clock,
            silent_for_s=lambda: bus.silent_for_s,
            synced=lambda: self.synced,
            on_change=self.sessions.look_now,
        )
        changes = {
            "signing_keys": keys.on_change,
            "revocations": self.access.on_revocation,
            "cameras": self.board.on_row,
            "presence": self.board.on_presence,
            "workers": self.board.workers.on_change,
        }
        self._mirrors = [
            KvMirror(bus.key_value(bucket), on_change, f"{town}.>")
            for bucket, on_change in changes.items()
            for town in settings.town_list
        ]
        self.hub = Hub(
            bus,
            self.worker,
            self.metrics,
            linger_s=settings.feed_linger_s,
            monotonic=clock.monotonic,
        )
        self.views = ViewLog(bus, self.worker, self.metrics)
        rooms = Rooms(
            self.hub,
            self.board,
            self.access,
            self.views,
            self.metrics,
            clock,
            bus_silent=lambda: bus.silent_for_s > 0,
        )
        whep = WhepEndpoints(
            self.access, self.sessions, rooms, settings.media_address, settings.burst_kbps
        )
        channel = ChannelEndpoint(self.access, self.sessions, clock)
        self.app = Starlette(
            routes=[
                *whep.routes(),
                *SnapshotEndpoint(bus, rooms).routes(),
                *channel.routes(),
                *MediaSocketEndpoint(self.sessions, rooms).routes(),
            ],
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=settings.origin_list,
                    allow_methods=["GET", "POST", "PATCH", "DELETE"],
                    allow_headers=["Authorization", "Content-Type", "If-Match", "traceparent"],
                    expose_headers=["Location", "ETag", "Accept-Patch", "Huiyan-Captured-At"],
                    max_age=600,
                ),
                Middleware(ProblemMiddleware),
            ],
            exception_handlers={HTTPException: _http_problem},
        )

    @property
    def synced(self) -> bool:
        """True once keys, revocations, cameras, presence and workers have been read."""
        return all(mirror.synced for mirror in self._mirrors)

    def jobs(self, url: str) -> dict[str, Coroutine[Any, Any, None]]:
        """Background work by name; `url` is the public base URL for the worker session."""
        named: dict[str, Coroutine[Any, Any, None]] = {
            f"mirror {number}": mirror.run() for number, mirror in enumerate(self._mirrors)
        }
        session = WorkerSession(worker=self.worker, service="relay", url=url)
        return named | {
            "sweep": self.sessions.sweep(),
            "bus watch": self.hub.watch_bus(),
            "view events": self.views.run(),
            "worker session": keep_session(
                self._bus.key_value("workers"),
                self.settings.town_list,
                session,
                lambda: len(self.sessions),
            ),
        }

    async def drain(self) -> None:
        """Pages were told to move: let them, then end the rest and store the last events."""
        self.sessions.tell_moved()
        await self.sessions.wait_empty(self.settings.drain_grace_s)
        await self.close()

    async def close(self) -> None:
        """End everything."""
        await self.sessions.close()
        await self.hub.close()
        await self.views.flush(_FLUSH_S)


async def _http_problem(_: Request, error: Exception) -> Response:
    """404 and 405 of the router as problem documents."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        problem = HuiyanError(ErrorKind.METHOD, "不能这样访问", "Method not allowed")
    else:
        problem = HuiyanError(ErrorKind.NOT_FOUND, "没有这个地址", "There is no such address")
    response = problem_response(problem)
    response.headers.update(error.headers or {})
    return response
