"""The bus over NATS: connection, publish, subscribe, request."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.js.client import JetStreamContext

from huiyan_kit import tracing
from huiyan_kit.bus.api import (
    DEFAULT_PENDING_BYTES,
    Bus,
    Handler,
    KeyValue,
    Message,
    Responder,
    Subscription,
)
from huiyan_kit.bus.nats_errors import BUS_ERRORS, unavailable
from huiyan_kit.bus.nats_events import EventReader, store_event
from huiyan_kit.bus.nats_kv import NatsKeyValue
from huiyan_kit.errors import ErrorKind, HuiyanError

log = logging.getLogger(__name__)

# nats-py's defaults notice a dead server after minutes (scale.md); these within 4 s.
_PING_S = 2
_RECONNECT_WAIT_S = 0.15
_PENDING_OUT_BYTES = 16 * 1024 * 1024
_PENDING_MESSAGES = 65536

Callback = Callable[[Msg], Awaitable[None]]


class _Subscribed:
    """A subscription over nats-py; also keeps the tasks of running responders."""

    def __init__(self) -> None:
        self.inner: NatsSubscription | None = None
        self.dropped = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        if self.inner is not None:
            try:
                await self.inner.unsubscribe()
            except BUS_ERRORS:
                log.debug("the subscription went with its connection")
        for task in list(self.tasks):
            task.cancel()


class NatsBus:
    """One connection of one process, as one NATS user; reconnects for ever.

    Replies come to `_INBOX_<user>.…`, so that no service can read another's answers.
    """

    def __init__(self) -> None:
        self._client = Client()
        self._jetstream: JetStreamContext = self._client.jetstream(timeout=2)
        self._lost_at: float | None = None
        self._subscribed: dict[int, _Subscribed] = {}
        self.publish_dropped = 0
        self.generation = 0
        self._back = asyncio.Event()
        self._refused = asyncio.Event()

    async def connect(self, url: str, *, user: str = "", password: str = "", name: str) -> None:
        """Connect; waits until the server is there. Wrong credentials raise FORBIDDEN."""
        connecting = asyncio.ensure_future(
            self._client.connect(
                url,
                name=name,
                inbox_prefix=f"_INBOX_{user or 'any'}".encode(),
                ping_interval=_PING_S,
                max_outstanding_pings=2,
                reconnect_time_wait=_RECONNECT_WAIT_S,  # type: ignore[arg-type]  # a float works
                max_reconnect_attempts=-1,
                connect_timeout=2,
                allow_reconnect=True,
                pending_size=_PENDING_OUT_BYTES,
                disconnected_cb=self._on_disconnected,
                reconnected_cb=self._on_reconnected,
                error_cb=self._on_error,
                user=user or None,
                password=password or None,
            )
        )
        refused = asyncio.ensure_future(self._refused.wait())
        try:
            await asyncio.wait({connecting, refused}, return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                raise HuiyanError(
                    ErrorKind.FORBIDDEN, "总线不认这个用户", "The bus refuses this user"
                )
            connecting.result()
        finally:
            refused.cancel()
            connecting.cancel()

    async def _on_disconnected(self) -> None:
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            log.warning("bus lost")

    async def _on_reconnected(self) -> None:
        self._lost_at = None
        self.generation += 1
        self._back.set()
        self._back = asyncio.Event()
        log.info("bus is back")

    async def _on_error(self, error: Exception) -> None:
        if isinstance(error, nats.errors.SlowConsumerError):
            if (subscribed := self._subscribed.get(error.sid)) is not None:
                subscribed.dropped += 1
            log.warning("slow reader, newest message dropped", extra={"subject": error.subject})
        elif "Authorization Violation" in str(error):
            # nats-py would try the same password for ever; a first connection gives up.
            self._refused.set()
            log.warning("the bus refuses this user")
        elif not isinstance(error, OSError):
            log.warning("bus error: %s %s", type(error).__name__, error)

    async def wait_reconnected(self) -> None:
        """Return after the next reconnection."""
        await self._back.wait()

    @property
    def silent_for_s(self) -> float:
        return 0.0 if self._lost_at is None else time.monotonic() - self._lost_at

    async def publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        if not self._client.is_connected:
            self.publish_dropped += 1
            return
        try:
            await self._client.publish(subject, payload, headers=dict(headers) if headers else None)
        except BUS_ERRORS:
            self.publish_dropped += 1

    async def subscribe(
        self,
        subject: str,
        handler: Handler,
        *,
        queue: str = "",
        pending_bytes: int = DEFAULT_PENDING_BYTES,
    ) -> Subscription:
        async def deliver(message: Msg) -> None:
            try:
                await handler(Message(message.subject, message.data, message.headers or {}))
            except Exception:
                log.exception("a reader failed", extra={"subject": subject})

        return await self._subscribe(_Subscribed(), subject, queue, deliver, pending_bytes)

    async def _subscribe(
        self,
        subscribed: _Subscribed,
        subject: str,
        queue: str,
        callback: Callback,
        pending_bytes: int,
    ) -> Subscription:
        try:
            subscribed.inner = await self._client.subscribe(
                subject,
                queue=queue,
                cb=callback,
                pending_msgs_limit=_PENDING_MESSAGES,
                pending_bytes_limit=pending_bytes,
            )
        except BUS_ERRORS as error:
            raise unavailable() from error
        self._subscribed[subscribed.inner._id] = subscribed
        return subscribed

    async def request(self, subject: str, payload: bytes, *, timeout_s: float = 2.0) -> bytes:
        headers = tracing.outgoing_headers() or None
        try:
            reply = await self._client.request(subject, payload, timeout=timeout_s, headers=headers)
        except nats.errors.NoRespondersError as error:
            raise HuiyanError(
                ErrorKind.UNAVAILABLE, "那边没有服务在", "Nobody serves this", code="no_responder"
            ) from error
        except (nats.errors.TimeoutError, TimeoutError) as error:
            raise HuiyanError(
                ErrorKind.TIMEOUT, "等得太久，没有回音", "No answer in time"
            ) from error
        except BUS_ERRORS as error:
            raise unavailable() from error
        return reply.data

    async def respond(self, subject: str, responder: Responder, *, queue: str = "") -> Subscription:
        subscribed = _Subscribed()

        async def answer(message: Msg) -> None:
            with tracing.continue_trace(message.headers, start=False):
                try:
                    headers = message.headers or {}
                    body = await responder(Message(message.subject, message.data, headers))
                    await message.respond(body)
                except BUS_ERRORS:
                    log.warning("an answer could not be sent", extra={"subject": subject})
                except Exception:
                    log.exception("a responder failed", extra={"subject": subject})

        async def deliver(message: Msg) -> None:
            task = asyncio.create_task(answer(message))
            subscribed.tasks.add(task)
            task.add_done_callback(subscribed.tasks.discard)

        return await self._subscribe(subscribed, subject, queue, deliver, DEFAULT_PENDING_BYTES)

    def key_value(self, bucket: str) -> KeyValue:
        return NatsKeyValue(self._jetstream, bucket, self)

    async def publish_event(self, subject: str, payload: bytes, *, event_id: str) -> None:
        await store_event(self._jetstream, subject, payload, event_id)

    async def consume(self, subject: str, handler: Handler, *, durable: str) -> Subscription:
        return EventReader(self._jetstream, subject, handler, durable)

    @property
    def jetstream(self) -> JetStreamContext:
        """For the owner of streams and buckets (the registry) only."""
        return self._jetstream

    async def close(self) -> None:
        for subscribed in self._subscribed.values():
            for task in list(subscribed.tasks):
                task.cancel()
        await self._client.close()


async def connect_bus(url: str, *, user: str = "", password: str = "", name: str) -> NatsBus:
    """Return a connected bus."""
    bus = NatsBus()
    await bus.connect(url, user=user, password=password, name=name)
    return bus


_conforms: type[Bus] = NatsBus
