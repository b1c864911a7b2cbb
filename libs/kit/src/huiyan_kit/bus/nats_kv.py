"""Buckets over JetStream key-value, with a watch that outlives lost connections and servers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Protocol

import nats.js.errors
from nats.js.client import JetStreamContext
from nats.js.kv import KeyValue as NatsBucket

from huiyan_kit.bus.api import KvEntry, KvEvent, KvKind
from huiyan_kit.bus.nats_errors import BUS_ERRORS, unavailable
from huiyan_kit.bus.nats_watch import NatsWatch
from huiyan_kit.errors import ErrorKind, HuiyanError

log = logging.getLogger(__name__)
_RETRY_S = 0.25


class Link(Protocol):
    """What the watch needs to know of its connection."""

    async def wait_reconnected(self) -> None:
        """Return after the next reconnection."""


class NatsKeyValue:
    """One bucket; looked up at first use, so that it may be created later by its owner."""

    def __init__(self, jetstream: JetStreamContext, bucket: str, link: Link) -> None:
        self._jetstream = jetstream
        self._name = bucket
        self._link = link
        self._bucket: NatsBucket | None = None

    async def _open(self) -> NatsBucket:
        if self._bucket is None:
            self._bucket = await self._jetstream.key_value(self._name)
        return self._bucket

    async def get(self, key: str) -> KvEntry | None:
        try:
            entry = await (await self._open()).get(key)
        except nats.js.errors.KeyNotFoundError:
            return None
        except BUS_ERRORS as error:
            raise unavailable() from error
        # After a TTL has run out nats-py returns an entry without a value.
        return None if entry.value is None else KvEntry(entry.value, entry.revision or 0)

    async def put(self, key: str, value: bytes) -> int:
        try:
            return await (await self._open()).put(key, value)
        except BUS_ERRORS as error:
            raise unavailable() from error

    async def create(self, key: str, value: bytes) -> int:
        try:
            return await (await self._open()).create(key, value)
        except nats.js.errors.KeyWrongLastSequenceError as error:
            raise _taken() from error
        except BUS_ERRORS as error:
            raise unavailable() from error

    async def update(self, key: str, value: bytes, revision: int) -> int:
        try:
            return await (await self._open()).update(key, value, last=revision)
        except nats.js.errors.KeyWrongLastSequenceError as error:
            raise _taken() from error
        except BUS_ERRORS as error:
            raise unavailable() from error

    async def delete(self, key: str) -> None:
        try:
            await (await self._open()).delete(key)
        except nats.js.errors.KeyNotFoundError:
            return
        except BUS_ERRORS as error:
            raise unavailable() from error

    async def watch(self, pattern: str = ">") -> AsyncIterator[KvEvent]:
        while True:
            yield KvEvent(KvKind.RESET)
            self._bucket = None
            back = asyncio.ensure_future(self._link.wait_reconnected())
            try:
                async with NatsWatch(self._jetstream, self._name, pattern) as watch:
                    async for event in watch.events(back):
                        yield event
            except BUS_ERRORS:
                # The bucket is not there yet, or the server went away in the middle.
                log.debug("a watch begins anew", extra={"bucket": self._name})
                await asyncio.sleep(_RETRY_S)
            finally:
                back.cancel()


def _taken() -> HuiyanError:
    return HuiyanError(
        ErrorKind.CONFLICT, "别处刚刚改过", "Somebody else wrote it", code="kv_conflict"
    )
