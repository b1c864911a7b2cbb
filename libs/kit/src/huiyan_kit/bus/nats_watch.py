"""One watch of a bucket on one connection: what it holds now, and then each change.

The server sends no faster than a busy reader takes it in. Without that limit its window of flow
control grows to 32 MB a watch; a process that begins with several full buckets lets more than the
server's `max_pending` pile up, and is cut off as a slow consumer (measured with 100,000 cameras).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Self

from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from huiyan_kit.bus.api import KvEvent, KvKind
from huiyan_kit.bus.nats_errors import BUS_ERRORS

_RATE_BITS_S = 32_000_000
_QUEUED = 256
_IDLE_END_S = 300.0
# ADR-8 of NATS: what a key's message says when it is no value.
_OPERATION, _MARKER = "KV-Operation", "Nats-Marker-Reason"


class NatsWatch:
    """Use as a context; iterate `events` until the connection is lost."""

    def __init__(self, jetstream: JetStreamContext, bucket: str, pattern: str) -> None:
        self._jetstream = jetstream
        self._stream = f"KV_{bucket}"
        self._prefix = f"$KV.{bucket}."
        self._pattern = pattern
        self._queue: asyncio.Queue[Msg | None] = asyncio.Queue(_QUEUED)

    async def __aenter__(self) -> Self:
        self._subscription = await self._jetstream.subscribe(
            f"{self._prefix}{self._pattern}",
            stream=self._stream,
            cb=self._take,
            ordered_consumer=True,
            config=ConsumerConfig(
                deliver_policy=DeliverPolicy.LAST_PER_SUBJECT,
                inactive_threshold=_IDLE_END_S,
                rate_limit_bps=_RATE_BITS_S,
            ),
        )
        try:
            info = await self._subscription.consumer_info()
            # Asked of the server: what it has sent may still be on its way to us.
            sent = info.delivered.consumer_seq if info.delivered is not None else 0
            self._synced = info.num_pending == 0 and sent == 0
        except BaseException:
            await self._subscription.unsubscribe()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        # The subscription goes with its connection; an error of it here would hide a cancellation.
        with contextlib.suppress(*BUS_ERRORS):
            await self._subscription.unsubscribe()

    async def _take(self, message: Msg) -> None:
        # A full queue holds nats-py's reader back, and with it the server.
        await self._queue.put(message)

    async def events(self, lost: "asyncio.Future[None]") -> AsyncIterator[KvEvent]:
        """Every key once, SYNCED, then changes; ends when `lost` is done."""
        if synced := self._synced:
            yield KvEvent(KvKind.SYNCED)
        lost.add_done_callback(self._wake)
        try:
            while not lost.done():
                message = await self._queue.get()
                if message is None:
                    continue
                revision, pending = _position(message.reply)
                event = self._event(message, revision)
                if event is not None:
                    yield event
                if not synced and pending == 0:
                    synced = True
                    yield KvEvent(KvKind.SYNCED)
        finally:
            lost.remove_done_callback(self._wake)

    def _wake(self, _: object) -> None:
        if self._queue.empty():
            self._queue.put_nowait(None)

    def _event(self, message: Msg, revision: int) -> KvEvent | None:
        key = message.subject[len(self._prefix) :]
        headers = message.headers
        if headers:
            if headers.get(_OPERATION) or headers.get(_MARKER) in ("MaxAge", "Purge", "Remove"):
                return KvEvent(KvKind.DELETE, key, b"", revision)
            if _MARKER in headers:
                return None
        return KvEvent(KvKind.PUT, key, message.data, revision)


def _position(reply: str) -> tuple[int, int]:
    """(sequence in the stream, messages still to come) of an acknowledgement subject:
    `$JS.ACK.[domain.account.]stream.consumer.delivered.sequence.consumed.time.pending[.random]`
    (ADR-15 of NATS)."""
    fields = reply.split(".")
    start = 2 if len(fields) < 11 else 4
    return int(fields[start + 3]), int(fields[start + 6])
