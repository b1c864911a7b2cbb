"""As much HTTP/1.1 as a small camera has: one request after the other, bodies with a length."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

_HEAD_BYTES = 16 * 1024
_BODY_BYTES = 256 * 1024
_IDLE_S = 30.0
REASONS = {200: "OK", 307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized"} | {
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """Names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """`stream` sends pieces without a length (chunked) instead of `body`."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/soap+xml; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None


Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """None at the end of the connection. ValueError for what is no request."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3:
        raise ValueError("no request line")
    pairs = (line.partition(":") for line in lines[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _BODY_BYTES:
        raise ValueError("body too long")
    return HttpRequest(words[0], words[1], headers, await reader.readexactly(length))


async def write_response(writer: asyncio.StreamWriter, response: HttpResponse) -> None:
    """Raises ConnectionError when the client has gone."""
    headers = {"Content-Type": response.content_type, **response.headers}
    if response.stream is None:
        headers["Content-Length"] = str(len(response.body))
    else:
        headers["Transfer-Encoding"] = "chunked"
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + response.body)
    if response.stream is not None:
        async for piece in response.stream:
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
    await writer.drain()


async def serve_connection(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
) -> None:
    """Answer until the client goes or says what is no HTTP."""
    try:
        while True:
            async with asyncio.timeout(_IDLE_S):
                request = await read_request(reader)
            if request is None:
                return
            await write_response(writer, await handler(request))
    except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError):
        return
    finally:
        writer.close()
