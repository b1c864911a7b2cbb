"""Requests and replies on one RTSP connection that we opened to a vetted address.

Nothing a camera answers makes us connect anywhere else: redirects are refused, and the URLs in
Content-Base and `a=control` are only names inside this connection.
"""

import asyncio
import contextlib
import ssl
from types import TracebackType
from typing import Self

from huiyan_kit.sealing import CameraCredential

from huiyan_ingest.address_guard import StreamAddress
from huiyan_ingest.causes import CameraError, Cause
from huiyan_ingest.pyav_causes import cause_of_os_error
from huiyan_ingest.rtsp_connection import RtspConnection, Taker
from huiyan_ingest.rtsp_login import authorization
from huiyan_ingest.rtsp_reply import (
    MAX_HEAD_BYTES,
    Reply,
    RtspSyntaxError,
    content_length,
    parse_head,
)

_USER_AGENT = "Huiyan"
_INTERLEAVED = b"$"
_MAX_SKIPPED_FRAMES = 10_000


class RtspDialogue:
    """Async context manager; leaves without TEARDOWN unless the caller sends one."""

    def __init__(
        self, address: StreamAddress, credential: CameraCredential | None, *, timeout_s: float
    ) -> None:
        self.address = address
        self._credential = credential
        self._timeout = timeout_s
        self._challenges: tuple[str, ...] = ()
        self._sequence = 0
        self._uses = 0
        self._connection: RtspConnection

    async def __aenter__(self) -> Self:
        """Connect. CameraError when that fails."""
        tls = _camera_tls() if self.address.scheme == "rtsps" else None
        try:
            async with asyncio.timeout(self._timeout):
                _, self._connection = await asyncio.get_running_loop().create_connection(
                    RtspConnection,
                    self.address.ip,
                    self.address.port,
                    ssl=tls,
                    server_hostname=self.address.host if tls else None,
                )
        except ssl.SSLError:
            raise CameraError(Cause.NO_RTSP) from None
        except OSError as error:  # TimeoutError is one
            raise CameraError(cause_of_os_error(error)) from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.shield(self._connection.lost)

    async def ask(self, method: str, url: str, **headers: str) -> Reply:
        """Send a request, log in when asked to, return a good reply. Else CameraError."""
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._exchange(method, url, headers)
                if reply.status == 401 and self._credential is not None:
                    self.take_challenge(reply)
                    reply = await self._exchange(method, url, headers)
        except TimeoutError:
            raise CameraError(Cause.TIMEOUT) from None
        except (RtspSyntaxError, asyncio.LimitOverrunError):
            raise CameraError(Cause.NO_RTSP) from None
        except asyncio.IncompleteReadError as error:
            cause = Cause.NO_RTSP if error.partial else Cause.CONNECTION_CLOSED
            raise CameraError(cause) from None
        except OSError as error:
            raise CameraError(cause_of_os_error(error)) from None
        _check_status(reply.status)
        return reply

    def send(self, method: str, url: str, **headers: str) -> None:
        """Send a request whose reply comes between media packets, or not at all."""
        self._connection.write(self._request(method, url, headers))

    def take_challenge(self, reply: Reply) -> None:
        """A reply to `send`: a stale nonce is renewed for the next request."""
        if reply.status == 401 and reply.challenges:
            self._challenges = reply.challenges
            self._uses = 0

    def play(self, taker: Taker) -> asyncio.Future[OSError | None]:
        """Hand `taker` every byte from now on; the future is done when the connection is gone."""
        self._connection.play(taker)
        return self._connection.lost

    async def _exchange(self, method: str, url: str, headers: dict[str, str]) -> Reply:
        self._connection.write(self._request(method, url, headers))
        return await self._read_reply()

    def _request(self, method: str, url: str, headers: dict[str, str]) -> bytes:
        self._sequence += 1
        lines = [
            f"{method} {url} RTSP/1.0",
            f"CSeq: {self._sequence}",
            f"User-Agent: {_USER_AGENT}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        if self._challenges and self._credential is not None:
            self._uses += 1
            answer = authorization(
                self._challenges, self._credential, method, url, count=self._uses
            )
            if answer is not None:
                lines.append(f"Authorization: {answer}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    async def _read_reply(self) -> Reply:
        read = self._connection.read_exactly
        first = await read(1)
        for _ in range(_MAX_SKIPPED_FRAMES):
            if first != _INTERLEAVED:
                break
            header = await read(3)
            await read(int.from_bytes(header[1:], "big"))
            first = await read(1)
        if first not in (b"R", b"\r"):
            raise RtspSyntaxError("not an RTSP reply")
        head = first + await self._connection.read_until(b"\r\n\r\n", MAX_HEAD_BYTES)
        if len(head) > MAX_HEAD_BYTES:
            raise RtspSyntaxError("a head that is too long")
        reply = parse_head(head[:-4].lstrip(b"\r\n"))
        length = content_length(reply)
        if not length:
            return reply
        body = await read(length)
        return Reply(reply.status, reply.headers, reply.challenges, body)


def _check_status(status: int) -> None:
    """RFC 2326 section 11."""
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise CameraError(Cause.REDIRECT_FORBIDDEN)
    raise CameraError(
        {
            401: Cause.LOGIN_REFUSED,
            403: Cause.LOGIN_REFUSED,
            404: Cause.NO_SUCH_PATH,
            461: Cause.TRANSPORT_UNSUPPORTED,
        }.get(status, Cause.CAMERA_REFUSED)
    )


def _camera_tls() -> ssl.SSLContext:
    """Cameras come with certificates of their own making: this hides the stream from listeners on
    the way, it does not prove who the camera is."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
