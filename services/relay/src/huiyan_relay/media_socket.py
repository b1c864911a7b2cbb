"""WS /media/{camera}/{stream}: the fallback where WebRTC cannot be, fragmented MP4 for MSE."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from huiyan_kit.errors import HuiyanError
from huiyan_kit.grants import Grant
from huiyan_kit.ids import new_id
from huiyan_media.access_unit import AccessUnit
from huiyan_media.errors import MediaError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from huiyan_relay.access import EndReason, same_holder
from huiyan_relay.channel import TOLD_REASONS
from huiyan_relay.feed import FeedKey
from huiyan_relay.fragmenter import Fragmenter
from huiyan_relay.http_edge import camera_of, no_camera
from huiyan_relay.outgoing_unit import OutgoingUnit
from huiyan_relay.page_socket import (
    CLOSE_BAD,
    CLOSE_FORBIDDEN,
    CLOSE_NO_SESSION,
    CLOSE_UNAUTHENTICATED,
    GrantMessage,
    PingMessage,
    close_socket,
    first_token,
    read_messages,
    run_both,
    send,
)
from huiyan_relay.rooms import Rooms
from huiyan_relay.sessions import Sessions
from huiyan_relay.tile_status import TileState, TileStatus
from huiyan_relay.track_choice import STREAMS
from huiyan_relay.views import View

log = logging.getLogger(__name__)
MOST_WAITING_BYTES = 4 * 1024 * 1024
_STATE_EVERY_S = 1.0
# A GOP in one piece would be one very long message on a slow line.
_MOST_UNITS_IN_FRAGMENT = 50
_CLOSE_OF_STATUS = {401: CLOSE_UNAUTHENTICATED, 404: CLOSE_NO_SESSION, 503: 1013, 429: 1013}


class MediaSession:
    """One fallback viewer. Drop policy: when 4 MB wait for a slow socket, all of it is dropped
    and counted, and sending goes on at the next keyframe."""

    def __init__(
        self,
        socket: WebSocket,
        grant: Grant,
        camera: str,
        stream: str,
        *,
        rooms: Rooms,
        on_end: Callable[["MediaSession"], None],
    ) -> None:
        self.id = new_id("med")
        self.kind = "fallback"
        self.grant = grant
        self.end_reason: EndReason | None = None
        self._socket = socket
        self._camera = camera
        self._stream = stream
        self._rooms = rooms
        self._on_end = on_end
        self._waiting: deque[AccessUnit] = deque()
        self._waiting_bytes = 0
        self._needs_keyframe = True
        self._skipped = False
        self._wake = asyncio.Event()
        self._dirty = True
        self._fragmenter = Fragmenter()
        self._frames = 0
        self._last_at_ns = 0
        self._captured_ns: int | None = None
        self._view: View | None = None
        row = rooms.board.row(grant.iss, camera)
        track = "main" if stream == "sub" and row is not None and not row.sub_url else stream
        self._feed = rooms.hub.join(FeedKey(grant.iss, camera, track), self)
        if cached := self._feed.cached():
            self.catch_up(cached)

    # -- Listener

    def catch_up(self, units: Sequence[OutgoingUnit]) -> None:
        for unit in units:
            self.live(unit)

    def live(self, unit: OutgoingUnit) -> None:
        au = unit.au
        if not au.is_video or (self._needs_keyframe and not au.keyframe):
            self._rooms.metrics.units_dropped.labels("until_keyframe").inc()
            return
        if self._waiting_bytes + len(au.payload) > MOST_WAITING_BYTES:
            self._rooms.metrics.units_dropped.labels("queue_full").inc(len(self._waiting) + 1)
            self._waiting.clear()
            self._waiting_bytes = 0
            self._needs_keyframe = self._skipped = True
            return
        self._needs_keyframe = False
        self._waiting.append(au)
        self._waiting_bytes += len(au.payload)
        self._wake.set()

    def feed_changed(self) -> None:
        self._dirty = True
        self._wake.set()

    # -- Watching

    def check(self) -> None:
        rooms = self._rooms
        if (reason := rooms.access.why_over(self.grant)) is not None:
            self.end(reason)
        elif refusal := rooms.why_not(self.grant, self._camera, self._stream):
            self.end(refusal.reason)

    def end(self, reason: EndReason) -> None:
        if self.end_reason is not None:
            return
        self.end_reason = reason
        self._waiting.clear()
        self._rooms.hub.leave(self._feed, self)
        if self._view is not None:
            self._rooms.views.ended(self._view, self._last_at_ns, self._frames, reason)
        self._wake.set()
        self._on_end(self)

    def tell_moved(self) -> None:
        """There is no second connection to go on with: the page is told and let go."""
        self.end(EndReason.MOVED)

    def tile_states(self) -> list[TileState]:
        return [self._status().state]

    def _status(self) -> TileStatus:
        return self._rooms.status_of(self._feed)

    # -- the socket

    async def run(self) -> None:
        """Serve until the page or the session goes."""
        try:
            await run_both("media", self._read(), self._write())
        finally:
            self.end(EndReason.CLOSED)

    async def _read(self) -> None:
        async for message in read_messages(self._socket):
            if isinstance(message, GrantMessage):
                self._renew(message.token)
            elif isinstance(message, PingMessage):
                self._dirty = True
                self._wake.set()

    def _renew(self, token: str) -> None:
        try:
            grant = self._rooms.access.check(token)
        except HuiyanError as error:
            log.info("a renewal was refused", extra={"code": error.code})
            return
        if same_holder(grant, self.grant) and grant.iat >= self.grant.iat:
            self.grant = grant

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        next_state = loop.time()
        while self.end_reason is None:
            if self._waiting:
                await self._send_waiting()
            if self._dirty or loop.time() >= next_state:
                self._dirty = False
                next_state = loop.time() + _STATE_EVERY_S
                await send(self._socket, self._state())
            try:
                async with asyncio.timeout_at(next_state):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()
        if self.end_reason in TOLD_REASONS:
            ended = {"type": "ended", "reason": self.end_reason.value}
            await send(self._socket, ended)

    async def _send_waiting(self) -> None:
        units = self._next_units()
        if not units:
            return
        if self._skipped:
            self._skipped = False
            self._fragmenter.skip()
        try:
            init = self._fragmenter.init_for(units[0]) if units[0].keyframe else None
            data = self._fragmenter.fragment(units)
        except MediaError:
            self._needs_keyframe = self._skipped = True
            self._rooms.metrics.units_dropped.labels("malformed").inc(len(units))
            return
        if init is not None:
            told = {
                "type": "init",
                "mime": init.mime,
                "width": init.width,
                "height": init.height,
            }
            await send(self._socket, told)
            await self._socket.send_bytes(init.segment)
        await self._socket.send_bytes(data)
        self._count(units)

    def _next_units(self) -> list[AccessUnit]:
        """What waits, up to the next keyframe: an init segment may have to come before it."""
        units: list[AccessUnit] = []
        while self._waiting and len(units) < _MOST_UNITS_IN_FRAGMENT:
            if units and self._waiting[0].keyframe:
                break
            units.append(self._waiting.popleft())
            self._waiting_bytes -= len(units[-1].payload)
        if self._waiting:
            self._wake.set()
        return units

    def _count(self, units: list[AccessUnit]) -> None:
        rooms = self._rooms
        rooms.metrics.units_out.inc(len(units))
        self._frames += len(units)
        self._captured_ns = units[-1].arrival_ns
        self._last_at_ns = rooms.clock.utc_ns()
        if self._view is None and self.end_reason is None:
            track = self._feed.key.track
            self._view = View(self.grant, self._camera, track, self._last_at_ns)
            rooms.views.started(self._view)

    def _state(self) -> dict[str, Any]:
        status, captured = self._status(), self._captured_ns
        return {
            "type": "state",
            "now": self._rooms.clock.utc_ns() // 1_000_000,
            "tiles": [
                {
                    "tile": 0,
                    "camera": self._camera,
                    "stream": self._feed.key.track,
                    "state": status.state.value,
                    "cause": status.cause,
                    # 90 kHz on the media timeline: currentTime * 90000 of the page's video
                    "rtp": None if captured is None else self._fragmenter.newest & 0xFFFFFFFF,
                    "captured_at": None if captured is None else captured // 1_000_000,
                    "audio": False,
                }
            ],
        }


class MediaSocketEndpoint:
    """WS /media/{camera}/{stream}."""

    def __init__(self, sessions: Sessions, rooms: Rooms) -> None:
        self._sessions = sessions
        self._rooms = rooms

    def routes(self) -> list[WebSocketRoute]:
        """For the application."""
        return [WebSocketRoute("/media/{camera}/{stream}", self._serve)]

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            code = await self._greet_and_run(socket)
        except (WebSocketDisconnect, RuntimeError):
            log.debug("a page has gone")
            return
        await close_socket(socket, code)

    async def _greet_and_run(self, socket: WebSocket) -> int:
        token = await first_token(socket)
        if token is None:
            return CLOSE_BAD
        try:
            session = self._open(socket, token)
        except HuiyanError as error:
            return _CLOSE_OF_STATUS.get(error.status, CLOSE_FORBIDDEN)
        await session.run()
        return 1000

    def _open(self, socket: WebSocket, token: str) -> MediaSession:
        rooms = self._rooms
        grant = rooms.access.check(token)
        camera, stream = camera_of(socket.path_params["camera"]), socket.path_params["stream"]
        if stream not in STREAMS:
            raise no_camera()
        rooms.access.require(grant, camera, stream)
        if rooms.why_not(grant, camera, stream) is not None:
            raise no_camera()
        self._sessions.require_room(grant)
        session = MediaSession(
            socket, grant, camera, stream, rooms=rooms, on_end=self._sessions.remove
        )
        self._sessions.add(session)
        return session
