"""An HTTP/1.1 client that costs next to nothing, so that it is the service that is measured.

On two cores a comfortable client takes as much of the machine as the service that it asks.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Self

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_LIMIT = 4 * 1024 * 1024


class LeanClient:
    """One browser with its headers; kept-alive connections, as many as it has requests at once."""

    def __init__(self, host: str, port: int, headers: Mapping[str, str]) -> None:
        self._host, self._port = host, port
        lines = [f"Host: {host}:{port}", *(f"{name}: {value}" for name, value in headers.items())]
        self._head = "".join(f"{line}\r\n" for line in lines)
        self._idle: list[_Connection] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _, writer in self._idle:
            writer.close()
            await writer.wait_closed()

    async def get(self, target: str) -> int:
        """The status of the answer; it is read whole and thrown away."""
        return await self._ask(f"GET {target} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def post(self, target: str, body: object) -> int:
        """The status of the answer to a JSON body."""
        content = json.dumps(body).encode()
        kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        return await self._ask(
            f"POST {target} HTTP/1.1\r\n{self._head}{kind}\r\n".encode() + content
        )

    async def _ask(self, request: bytes) -> int:
        connection = await self._connected()
        reader, writer = connection
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = head.partition(b"\r\ncontent-length: ")
        if not rest:
            raise ValueError("an answer without its length")
        await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
        self._idle.append(connection)
        return int(head[9:12])

    async def _connected(self) -> _Connection:
        while self._idle:
            reader, writer = self._idle.pop()
            # The server closes what has been idle for some seconds.
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port, limit=_LIMIT)
