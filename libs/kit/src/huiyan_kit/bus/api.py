"""What a room may ask of the bus. NATS and the local bus pass the same conformance tests.

Delivery: `publish` is at most once and never waits for readers. A subscription has a bounded
queue; when it is full the newest message is dropped and counted (`Subscription.dropped`): media
readers notice the gap in au_seq and wait for the next keyframe.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

DEFAULT_PENDING_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a reader gets it."""

    subject: str
    payload: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Message], Awaitable[None]]
Responder = Callable[[Message], Awaitable[bytes]]


class KvKind(StrEnum):
    """What a watch tells."""

    PUT = "put"
    DELETE = "delete"
    # Every key that exists has been told since the last RESET.
    SYNCED = "synced"
    # The watch begins anew (first, or after a lost connection): keys that are not told before
    # the next SYNCED no longer exist.
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class KvEvent:
    """One event of a watch; `key` and `value` are empty for SYNCED and RESET."""

    kind: KvKind
    key: str = ""
    value: bytes = b""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class KvEntry:
    """A value and its revision."""

    value: bytes
    revision: int


class KeyValue(Protocol):
    """One bucket. Errors: HuiyanError UNAVAILABLE (no bus), CONFLICT (create, update)."""

    async def get(self, key: str) -> KvEntry | None:
        """The value, or None when absent, deleted or expired."""

    async def put(self, key: str, value: bytes) -> int:
        """Write whatever is there; return the revision."""

    async def create(self, key: str, value: bytes) -> int:
        """Write only where nothing is."""

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Write only over `revision`."""

    async def delete(self, key: str) -> None:
        """Remove; no error when absent."""

    def watch(self, pattern: str = ">") -> AsyncIterator[KvEvent]:
        """Tell all keys, then every change, for ever; survives reconnections (RESET, …, SYNCED)."""


class Subscription(Protocol):
    """A running subscription."""

    @property
    def dropped(self) -> int:
        """Messages lost because this reader was too slow."""

    async def close(self) -> None:
        """Stop; queued messages are not delivered."""


class Bus(Protocol):
    """Core verbs and what is built on them."""

    @property
    def silent_for_s(self) -> float:
        """Seconds since the bus was last known to be there; 0 while connected."""

    async def publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send and forget; while disconnected the message is dropped and counted."""

    async def subscribe(
        self,
        subject: str,
        handler: Handler,
        *,
        queue: str = "",
        pending_bytes: int = DEFAULT_PENDING_BYTES,
    ) -> Subscription:
        """Call `handler` for each message, one after another."""

    async def request(self, subject: str, payload: bytes, *, timeout_s: float = 2.0) -> bytes:
        """Ask and wait. HuiyanError UNAVAILABLE when nobody answers there, TIMEOUT when late."""

    async def respond(self, subject: str, responder: Responder, *, queue: str = "") -> Subscription:
        """Answer requests; each runs in its own task."""

    def key_value(self, bucket: str) -> KeyValue:
        """A bucket of proto/subjects.yaml; it need not exist yet."""

    async def publish_event(self, subject: str, payload: bytes, *, event_id: str) -> None:
        """Store one event durably (JetStream), once per `event_id`; else UNAVAILABLE."""

    async def consume(self, subject: str, handler: Handler, *, durable: str) -> Subscription:
        """Read stored events from the start or where `durable` left off; a handler that raises
        gets the event again. Handlers must be idempotent."""

    async def close(self) -> None:
        """Leave the bus."""
