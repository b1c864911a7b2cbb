"""The bus inside one process: for unit tests of rooms, with the same meaning as over NATS."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Mapping

from huiyan_kit.bus.api import (
    DEFAULT_PENDING_BYTES,
    Bus,
    Handler,
    KeyValue,
    KvEntry,
    KvEvent,
    KvKind,
    Message,
    Responder,
    Subscription,
)
from huiyan_kit.errors import ErrorKind, HuiyanError

log = logging.getLogger(__name__)


def subject_matches(pattern: str, subject: str) -> bool:
    """NATS wildcards: `*` is one token, a last `>` is one or more."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        if len(given) < len(wanted):
            return False
        wanted, given = wanted[:-1], given[: len(wanted) - 1]
    return len(wanted) == len(given) and all(
        want in ("*", token) for want, token in zip(wanted, given, strict=True)
    )


class _Reader:
    def __init__(self, bus: "LocalBus", subject: str, handler: Handler, pending_bytes: int) -> None:
        self.subject = subject
        self.dropped = 0
        self._bus = bus
        self._limit = pending_bytes
        self._held = 0
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(handler))

    def offer(self, message: Message) -> None:
        if self._held + len(message.payload) > self._limit:
            self.dropped += 1
            return
        self._held += len(message.payload)
        self._queue.put_nowait(message)

    async def _run(self, handler: Handler) -> None:
        while True:
            message = await self._queue.get()
            self._held -= len(message.payload)
            try:
                await handler(message)
            except Exception:
                log.exception("a reader failed", extra={"subject": self.subject})

    async def close(self) -> None:
        if self in self._bus.readers:
            self._bus.readers.remove(self)
        self._task.cancel()
        await asyncio.wait({self._task})


class _Answerer:
    def __init__(self, bus: "LocalBus", subject: str, responder: Responder) -> None:
        self.subject = subject
        self.responder = responder
        self.dropped = 0
        self._bus = bus

    async def close(self) -> None:
        if self in self._bus.answerers:
            self._bus.answerers.remove(self)


class _Bucket:
    def __init__(self) -> None:
        self._entries: dict[str, KvEntry] = {}
        self._revisions = itertools.count(1)
        self._watchers: set[asyncio.Queue[KvEvent]] = set()

    async def get(self, key: str) -> KvEntry | None:
        return self._entries.get(key)

    async def put(self, key: str, value: bytes) -> int:
        revision = next(self._revisions)
        self._entries[key] = KvEntry(value, revision)
        self._tell(KvEvent(KvKind.PUT, key, value, revision))
        return revision

    async def create(self, key: str, value: bytes) -> int:
        if key in self._entries:
            raise HuiyanError(ErrorKind.CONFLICT, "别处刚刚改过", "Somebody else wrote it")
        return await self.put(key, value)

    async def update(self, key: str, value: bytes, revision: int) -> int:
        entry = self._entries.get(key)
        if entry is None or entry.revision != revision:
            raise HuiyanError(ErrorKind.CONFLICT, "别处刚刚改过", "Somebody else wrote it")
        return await self.put(key, value)

    async def delete(self, key: str) -> None:
        if self._entries.pop(key, None) is not None:
            self._tell(KvEvent(KvKind.DELETE, key, b"", next(self._revisions)))

    def _tell(self, event: KvEvent) -> None:
        for queue in self._watchers:
            queue.put_nowait(event)

    async def watch(self, pattern: str = ">") -> AsyncIterator[KvEvent]:
        queue: asyncio.Queue[KvEvent] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield KvEvent(KvKind.RESET)
            for key, entry in list(self._entries.items()):
                if subject_matches(pattern, key):
                    yield KvEvent(KvKind.PUT, key, entry.value, entry.revision)
            yield KvEvent(KvKind.SYNCED)
            while True:
                event = await queue.get()
                if subject_matches(pattern, event.key):
                    yield event
        finally:
            self._watchers.discard(queue)


class LocalBus:
    """Conforms to `Bus`; nothing leaves the process."""

    def __init__(self) -> None:
        self.readers: list[_Reader] = []
        self.answerers: list[_Answerer] = []
        self._buckets: dict[str, _Bucket] = {}
        self._events: list[tuple[str, Message]] = []
        self.silent_for_s = 0.0

    async def publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        message = Message(subject, payload, headers or {})
        for reader in list(self.readers):
            if subject_matches(reader.subject, subject):
                reader.offer(message)

    async def subscribe(
        self,
        subject: str,
        handler: Handler,
        *,
        queue: str = "",
        pending_bytes: int = DEFAULT_PENDING_BYTES,
    ) -> Subscription:
        reader = _Reader(self, subject, handler, pending_bytes)
        self.readers.append(reader)
        return reader

    async def request(self, subject: str, payload: bytes, *, timeout_s: float = 2.0) -> bytes:
        for answerer in list(self.answerers):
            if subject_matches(answerer.subject, subject):
                try:
                    async with asyncio.timeout(timeout_s):
                        return await answerer.responder(Message(subject, payload))
                except TimeoutError as error:
                    raise HuiyanError(
                        ErrorKind.TIMEOUT, "等得太久，没有回音", "No answer in time"
                    ) from error
        raise HuiyanError(
            ErrorKind.UNAVAILABLE, "那边没有服务在", "Nobody serves this", code="no_responder"
        )

    async def respond(self, subject: str, responder: Responder, *, queue: str = "") -> Subscription:
        answerer = _Answerer(self, subject, responder)
        self.answerers.append(answerer)
        return answerer

    def key_value(self, bucket: str) -> KeyValue:
        return self._buckets.setdefault(bucket, _Bucket())

    async def publish_event(self, subject: str, payload: bytes, *, event_id: str) -> None:
        if event_id not in {stored for stored, _ in self._events}:
            self._events.append((event_id, Message(subject, payload)))
            await self.publish(subject, payload)

    async def consume(self, subject: str, handler: Handler, *, durable: str) -> Subscription:
        async def until_handled(message: Message) -> None:
            while True:
                try:
                    return await handler(message)
                except Exception:
                    log.exception("an event handler failed", extra={"subject": message.subject})
                    await asyncio.sleep(0.01)

        reader = _Reader(self, subject, until_handled, 1 << 40)
        for _, message in self._events:
            if subject_matches(subject, message.subject):
                reader.offer(message)
        self.readers.append(reader)
        return reader

    async def close(self) -> None:
        for reader in list(self.readers):
            await reader.close()


_conforms: type[Bus] = LocalBus
