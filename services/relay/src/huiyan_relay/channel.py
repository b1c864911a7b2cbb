"""The session channel: a WebSocket beside the connection for tiles, states and renewals."""

import asyncio
import logging
from collections import deque
from typing import Any

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from huiyan_relay.access import Access, EndReason
from huiyan_relay.page_socket import (
    CLOSE_BAD,
    CLOSE_FORBIDDEN,
    CLOSE_NO_SESSION,
    CLOSE_UNAUTHENTICATED,
    ByeMessage,
    GrantMessage,
    PingMessage,
    TileMessage,
    close_socket,
    first_token,
    read_messages,
    run_both,
    send,
)
from huiyan_relay.session import WhepSession
from huiyan_relay.sessions import Sessions

log = logging.getLogger(__name__)
STATE_EVERY_S = 1.0
# Changes in a burst (a wall that fills) go out together.
_GATHER_S = 0.02
_MOST_WAITING = 256
_MOST_CHANNELS = 4

# What a page is told; the other reasons are its own doing.
TOLD_REASONS = (EndReason.REVOKED, EndReason.EXPIRED, EndReason.MOVED, EndReason.CAMERA_OFF)


class _Channel:
    """One page on the channel. Drop policy: 256 messages wait; a page that does not read them
    is let go (its next connection gets the whole state anyway)."""

    def __init__(self, socket: WebSocket, session: WhepSession, access: Access, clock: Clock):
        self._socket = socket
        self._session = session
        self._access = access
        self._clock = clock
        self._out: deque[dict[str, Any]] = deque()
        self._wake = asyncio.Event()
        self._dirty = True
        self._over = False

    # -- called by the session

    def changed(self) -> None:
        self._dirty = True
        self._wake.set()

    def tell(self, message: dict[str, Any]) -> None:
        if len(self._out) >= _MOST_WAITING:
            self._over = True
        else:
            self._out.append(message)
        self._wake.set()

    def ended(self, reason: EndReason) -> None:
        told = reason.value if reason in TOLD_REASONS else EndReason.MOVED.value
        if reason not in (EndReason.CLOSED, EndReason.LOST):
            self._out.append({"type": "ended", "reason": told})
        self._over = True
        self._wake.set()

    # -- the two directions

    async def run(self) -> None:
        """Serve until the page or the session goes."""
        self._session.channels.add(self)
        try:
            await run_both("channel", self._read(), self._write())
        finally:
            self._session.channels.discard(self)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        next_state = loop.time()
        while True:
            while self._out:
                await send(self._socket, self._out.popleft())
            if self._over:
                return
            if self._dirty or loop.time() >= next_state:
                self._dirty = False
                next_state = loop.time() + STATE_EVERY_S
                await send(self._socket, self._state())
            try:
                async with asyncio.timeout_at(next_state):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()
            if not self._out:
                await asyncio.sleep(_GATHER_S)

    def _state(self) -> dict[str, Any]:
        return {"type": "state", "now": self._now_ms(), "tiles": self._session.states()}

    def _now_ms(self) -> int:
        return self._clock.utc_ns() // 1_000_000

    async def _read(self) -> None:
        async for message in read_messages(self._socket):
            if isinstance(message, ByeMessage):
                self._session.end(EndReason.CLOSED)
                return
            self._take(message)

    def _take(self, message: GrantMessage | TileMessage | PingMessage) -> None:
        if isinstance(message, PingMessage):
            self.tell({"type": "pong", "t": message.t, "now": self._now_ms()})
        elif isinstance(message, TileMessage):
            self._switch(message)
        else:
            try:
                self._session.renew(self._access.check(message.token))
            except HuiyanError as error:
                # The running grant goes on to its own end.
                log.info("a renewal was refused", extra={"code": error.code})

    def _switch(self, message: TileMessage) -> None:
        try:
            after = self._session.assign(message.tile, message.camera, message.stream)
        except HuiyanError:
            return
        self.tell(
            {
                "type": "switched",
                "tile": message.tile,
                "seq": message.seq,
                "camera": message.camera,
                "stream": message.stream,
                "after": after,
            }
        )


class ChannelEndpoint:
    """WS /channel/{session}."""

    def __init__(self, access: Access, sessions: Sessions, clock: Clock) -> None:
        self._access = access
        self._sessions = sessions
        self._clock = clock

    def routes(self) -> list[WebSocketRoute]:
        """For the application."""
        return [WebSocketRoute("/channel/{session}", self._serve)]

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            code = await self._greet_and_run(socket)
        except (WebSocketDisconnect, RuntimeError):
            log.debug("a page has gone")
            return
        await close_socket(socket, code)

    async def _greet_and_run(self, socket: WebSocket) -> int:
        """Serve; the close code is returned."""
        token = await first_token(socket)
        if token is None:
            return CLOSE_BAD
        try:
            grant = self._access.check(token)
            session = self._sessions.whep(socket.path_params["session"])
            session.renew(grant)
        except HuiyanError as error:
            return {401: CLOSE_UNAUTHENTICATED, 404: CLOSE_NO_SESSION}.get(
                error.status, CLOSE_FORBIDDEN
            )
        if len(session.channels) >= _MOST_CHANNELS:
            return CLOSE_BAD
        await _Channel(socket, session, self._access, self._clock).run()
        return 1000
