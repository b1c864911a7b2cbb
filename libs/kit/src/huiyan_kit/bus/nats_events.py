"""Durable events over JetStream: stored once per id, read at least once per durable name."""

import asyncio
import logging

from nats.aio.msg import Msg
from nats.js.client import JetStreamContext

from huiyan_kit import tracing
from huiyan_kit.bus.api import Handler, Message
from huiyan_kit.bus.nats_errors import BUS_ERRORS, unavailable

log = logging.getLogger(__name__)
_BATCH = 64
_WAIT_S = 2.0
_RETRY_S = 0.5


async def store_event(
    jetstream: JetStreamContext, subject: str, payload: bytes, event_id: str
) -> None:
    """Store once; UNAVAILABLE when the server has not confirmed it."""
    headers = {"Nats-Msg-Id": event_id, **tracing.outgoing_headers()}
    try:
        await jetstream.publish(subject, payload, headers=headers)
    except BUS_ERRORS as error:
        raise unavailable() from error


class EventReader:
    """Pulls batches and acknowledges each event after its handler; runs until closed."""

    def __init__(
        self, jetstream: JetStreamContext, subject: str, handler: Handler, durable: str
    ) -> None:
        self._jetstream = jetstream
        self._subject = subject
        self._handler = handler
        self._durable = durable
        self.dropped = 0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            try:
                reader = await self._jetstream.pull_subscribe(self._subject, durable=self._durable)
                while True:
                    try:
                        batch = await reader.fetch(_BATCH, timeout=_WAIT_S)
                    except TimeoutError:
                        continue
                    for message in batch:
                        await self._handle(message)
            except BUS_ERRORS:
                # No stream yet, or the server is away: what is stored waits for us.
                await asyncio.sleep(_RETRY_S)

    async def _handle(self, message: Msg) -> None:
        headers = message.headers or {}
        try:
            with tracing.continue_trace(headers, start=False):
                await self._handler(Message(message.subject, message.data, headers))
        except Exception:
            log.exception("an event handler failed", extra={"subject": message.subject})
            await message.nak(delay=1)
        else:
            await message.ack()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})
