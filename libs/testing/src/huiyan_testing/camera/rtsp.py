"""RTSP 1.0 messages (RFC 2326) without I/O: bytes in, requests out; responses to bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from huiyan_testing.camera.errors import RtspSyntaxError

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 64 * 1024
_DOLLAR = 0x24
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    500: "Internal Server Error",
}


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""

    @property
    def cseq(self) -> str:
        return self.headers.get("cseq", "0")

    @property
    def path(self) -> str:
        """Path of the URL without scheme, authority and query; `*` stays `*`."""
        rest = self.url.split("?", 1)[0]
        if "://" in rest:
            rest = rest.split("://", 1)[1]
            return "/" + rest.split("/", 1)[1] if "/" in rest else "/"
        return rest


@dataclass(frozen=True, slots=True)
class InterleavedFrame:
    channel: int
    packet: bytes


@dataclass(slots=True)
class RequestReader:
    """Collects bytes of one connection and yields complete messages.

    After an RtspSyntaxError the connection cannot be used any more.
    """

    _pending: bytearray = field(default_factory=bytearray)

    def feed(self, chunk: bytes) -> Iterator[Request | InterleavedFrame]:
        self._pending += chunk
        while self._pending:
            message = self._frame() if self._pending[0] == _DOLLAR else self._request()
            if message is None:
                return
            yield message

    def _frame(self) -> InterleavedFrame | None:
        pending = self._pending
        if len(pending) < 4:
            return None
        end = 4 + int.from_bytes(pending[2:4], "big")
        if len(pending) < end:
            return None
        frame = InterleavedFrame(pending[1], bytes(pending[4:end]))
        del pending[:end]
        return frame

    def _request(self) -> Request | None:
        pending = self._pending
        while pending[:2] == b"\r\n":  # RFC 2326 allows empty lines between messages
            del pending[:2]
        end = pending.find(b"\r\n\r\n")
        if end > MAX_HEAD_BYTES or (end < 0 and len(pending) > MAX_HEAD_BYTES):
            raise RtspSyntaxError("request head too long")
        if end < 0:
            return None
        request = parse_head(bytes(pending[:end]))
        length = _content_length(request)
        if len(pending) < end + 4 + length:
            return None
        body = bytes(pending[end + 4 : end + 4 + length])
        del pending[: end + 4 + length]
        return Request(request.method, request.url, request.headers, body)


def parse_head(head: bytes) -> Request:
    """Request line and headers, without the empty line. Raises RtspSyntaxError."""
    try:
        lines = head.decode("utf-8").split("\r\n")
    except UnicodeDecodeError as error:
        raise RtspSyntaxError("request head is not UTF-8") from error
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("RTSP/") or not parts[0].isidentifier():
        raise RtspSyntaxError("not an RTSP request line")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise RtspSyntaxError("header line without a name")
        headers[name.strip().lower()] = value.strip()
    return Request(parts[0], parts[1], headers)


def build_response(
    cseq: str, status: int = 200, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {cseq}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _content_length(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()) or len(text) > 6 or int(text) > MAX_BODY_BYTES:
        raise RtspSyntaxError("bad Content-Length")
    return int(text)
