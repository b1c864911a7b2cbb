"""The bytes of one RTSP connection: collected while requests are asked, handed on while it plays.

A protocol of its own instead of asyncio's streams: while pictures come, their bytes go from the
socket straight to whoever takes them apart, without a buffer, a task switch and a timer for each.
"""

import asyncio
from collections.abc import Callable
from typing import cast

_MAX_PENDING_BYTES = 64 * 1024
Taker = Callable[[bytes], None]


class RtspConnection(asyncio.Protocol):
    """`lost` is done when the connection is gone: with None at its orderly end, else OSError.

    Drop policy: none. A camera that sends more than 64 KiB while we ask waits; while it plays,
    what comes is taken at once.
    """

    def __init__(self) -> None:
        self.lost: asyncio.Future[OSError | None] = asyncio.get_running_loop().create_future()
        self._pending = bytearray()
        self._arrived = asyncio.Event()
        self._taker: Taker | None = None
        self._transport: asyncio.Transport | None = None
        self._paused = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # a cast, as uvloop's transports are no subclasses of asyncio.Transport
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._taker is not None:
            self._taker(data)
            return
        self._pending += data
        self._arrived.set()
        if len(self._pending) > _MAX_PENDING_BYTES and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(exc if isinstance(exc, OSError) else None)
        self._arrived.set()

    # asking

    def write(self, data: bytes) -> None:
        """Send; what a lost connection should have sent is dropped."""
        if self._transport is not None and not self.lost.done():
            self._transport.write(data)

    async def read_exactly(self, size: int) -> bytes:
        """The next `size` bytes. IncompleteReadError at the end, OSError on a loss."""
        while len(self._pending) < size:
            await self._more(size)
        return self._cut(size)

    async def read_until(self, mark: bytes, most: int) -> bytes:
        """Everything up to and with `mark`. LimitOverrunError when it is not within `most`."""
        while (found := self._pending.find(mark)) < 0:
            if len(self._pending) > most:
                raise asyncio.LimitOverrunError("no end in sight", len(self._pending))
            await self._more(None)
        return self._cut(found + len(mark))

    async def _more(self, expected: int | None) -> None:
        if self.lost.done():
            if (error := self.lost.result()) is not None:
                raise error
            raise asyncio.IncompleteReadError(bytes(self._pending), expected)
        self._resume()  # more is wanted, whatever waits
        self._arrived.clear()
        await self._arrived.wait()

    def _cut(self, size: int) -> bytes:
        data = bytes(self._pending[:size])
        del self._pending[:size]
        self._resume()
        return data

    def _resume(self) -> None:
        if self._paused and self._transport is not None and not self.lost.done():
            self._paused = False
            self._transport.resume_reading()

    # playing

    def play(self, taker: Taker) -> None:
        """From now on `taker` gets every byte as it comes, first those that wait."""
        self._taker = taker
        if self._pending:
            data = bytes(self._pending)
            self._pending.clear()
            taker(data)
        self._resume()

    def stop(self) -> None:
        """Take nothing more and close."""
        self._taker = _drop
        if self._transport is not None:
            self._transport.close()


def _drop(data: bytes) -> None:
    """What comes after the end."""
