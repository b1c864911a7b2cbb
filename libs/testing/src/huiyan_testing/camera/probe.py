"""A minimal RTSP client over interleaved TCP, for tests that look at bytes and faults."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from huiyan_testing.camera.digest import (
    Credential,
    DigestAlgorithm,
    digest_response,
    parse_authorization,
)
from huiyan_testing.camera.errors import RtspSyntaxError


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class Packet:
    """One interleaved RTP or RTCP packet; even channels carry RTP."""

    channel: int
    payload: bytes


@dataclass(slots=True)
class RtspProbe:
    """Talks to one camera URL. Every wait is bounded by `timeout_s` (TimeoutError).

    End of the connection shows as EOFError or ConnectionError.
    """

    url: str
    credential: Credential | None = None
    timeout_s: float = 5.0
    _reader: asyncio.StreamReader = field(init=False)
    _writer: asyncio.StreamWriter = field(init=False)
    _cseq: int = 0
    _challenge: dict[str, str] = field(default_factory=dict)
    _early: list[Packet] = field(default_factory=list)

    async def __aenter__(self) -> RtspProbe:
        parts = urlsplit(self.url)
        self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return

    async def play(self, *media: int) -> str:
        """DESCRIBE, SETUP of the given media indices (video 0 by default), PLAY; returns the SDP.

        Raises ConnectionRefusedError naming the status of a refusal.
        """
        description = await self.checked("DESCRIBE", self.url)
        for index in media or (0,):
            await self.checked(
                "SETUP",
                f"{self.url}/trackID={index}",
                Transport=f"RTP/AVP/TCP;unicast;interleaved={2 * index}-{2 * index + 1}",
            )
        await self.checked("PLAY", self.url)
        return description.body.decode()

    async def checked(self, method: str, url: str, **headers: str) -> Response:
        """Like `request`, answering one digest challenge; anything but 200 raises."""
        response = await self.request(method, url, **headers)
        if response.status == 401 and self.credential is not None and not self._challenge:
            self._challenge = parse_authorization(response.headers["www-authenticate"]) or {}
            response = await self.request(method, url, **headers)
        if response.status != 200:
            raise ConnectionRefusedError(f"{method} {response.status}")
        return response

    async def request(self, method: str, url: str, **headers: str) -> Response:
        """Send one request and wait for its response; media on the way is kept for `packets`."""
        self._cseq += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._cseq}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self._challenge and self.credential is not None:
            lines.append(f"Authorization: {self._authorization(method, url)}")
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        async with asyncio.timeout(self.timeout_s):
            while True:
                message = await self._message()
                if isinstance(message, Response):
                    return message
                self._early.append(message)

    async def packets(self) -> AsyncIterator[Packet]:
        """Interleaved packets until the connection ends (EOFError, ConnectionError)."""
        while True:
            if self._early:
                yield self._early.pop(0)
                continue
            async with asyncio.timeout(self.timeout_s):
                message = await self._message()
            if isinstance(message, Packet):
                yield message

    async def _message(self) -> Response | Packet:
        first = await self._reader.readexactly(1)
        if first == b"$":
            head = await self._reader.readexactly(3)
            return Packet(head[0], await self._reader.readexactly(int.from_bytes(head[1:], "big")))
        try:
            head = first + await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as error:
            raise RtspSyntaxError("no RTSP response") from error
        match = re.match(rb"RTSP/1\.0 (\d{3}) ", head)
        if match is None:
            raise RtspSyntaxError("no RTSP response")
        pairs = (line.partition(":") for line in head.decode().split("\r\n")[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Response(int(match[1]), headers, body)

    def _authorization(self, method: str, url: str) -> str:
        assert self.credential is not None
        given = {**self._challenge, "uri": url}
        algorithm = DigestAlgorithm(given.get("algorithm", "MD5"))
        response = digest_response(given, method, self.credential, algorithm)
        text = f'Digest username="{self.credential.user}", realm="{given["realm"]}", '
        text += f'nonce="{given["nonce"]}", uri="{url}", response="{response}"'
        return text + (f", algorithm={algorithm}" if "algorithm" in given else "")
