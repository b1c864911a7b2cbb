"""What the page's two WebSockets (session channel, media fallback) have in common."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

log = logging.getLogger(__name__)
HELLO_TIMEOUT_S = 5.0
_MOST_BAD = 16
_MOST_TEXT = 32 * 1024
# Private close codes (RFC 6455 7.4.2), like the HTTP statuses.
CLOSE_UNAUTHENTICATED, CLOSE_FORBIDDEN, CLOSE_NO_SESSION, CLOSE_BAD = 4401, 4403, 4404, 4400


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class GrantMessage(_Message):
    type: Literal["grant"]
    token: str = Field(max_length=16 * 1024)


class TileMessage(_Message):
    type: Literal["tile"]
    tile: int = Field(ge=0, lt=64)
    camera: str | None = Field(pattern="^[A-Za-z0-9_-]{1,64}$")
    stream: Literal["main", "sub"] = "sub"
    seq: int = Field(default=0, ge=0, lt=1 << 53)


class PingMessage(_Message):
    type: Literal["ping"]
    t: float


class ByeMessage(_Message):
    type: Literal["bye"]


ClientMessage = Annotated[
    GrantMessage | TileMessage | PingMessage | ByeMessage, Field(discriminator="type")
]
READER: TypeAdapter[GrantMessage | TileMessage | PingMessage | ByeMessage] = TypeAdapter(
    ClientMessage
)


async def _receive_text(socket: WebSocket) -> str | None:
    """The next text message; None when the page has gone. Bytes and long texts count as bad."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    text = message.get("text")
    return text if isinstance(text, str) and len(text) <= _MOST_TEXT else ""


async def read_messages(
    socket: WebSocket,
) -> AsyncIterator[GrantMessage | TileMessage | PingMessage | ByeMessage]:
    """What the page says, until it goes, says goodbye (the last message) or says nonsense 16
    times."""
    bad = 0
    while (text := await _receive_text(socket)) is not None:
        try:
            message = READER.validate_json(text)
        except ValidationError:
            bad += 1
            if bad >= _MOST_BAD:
                return
            continue
        yield message
        if isinstance(message, ByeMessage):
            return


async def first_token(socket: WebSocket) -> str | None:
    """The token of the first message, which must be a grant and come within 5 s."""
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            text = await _receive_text(socket)
        message = READER.validate_json(text or "")
    except (TimeoutError, ValidationError):
        return None
    return message.token if isinstance(message, GrantMessage) else None


async def run_both(
    name: str, read: Coroutine[Any, Any, None], write: Coroutine[Any, Any, None]
) -> None:
    """Run the two directions until one of them ends; its error is raised."""
    tasks = {
        asyncio.create_task(read, name=f"{name} reader"),
        asyncio.create_task(write, name=f"{name} writer"),
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def send(socket: WebSocket, message: dict[str, Any]) -> None:
    """Send one JSON message."""
    await socket.send_text(json.dumps(message))


async def close_socket(socket: WebSocket, code: int = 1000) -> None:
    """Close, unless it is closed already."""
    if WebSocketState.DISCONNECTED in (socket.client_state, socket.application_state):
        return
    try:
        await socket.close(code)
    except (RuntimeError, WebSocketDisconnect):
        log.debug("the page was faster to close")
