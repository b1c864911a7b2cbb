"""Keeps the buckets equal to the database: at start, after reconnection or a loss of buckets."""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import timedelta

from huiyan.registry.v1.access_pb2 import Revocation as RevocationMessage
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus, KeyValue, KvKind
from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.row import BUCKET, key_of, row_of
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.grant.keys import SigningKeys
from huiyan_registry.outbox.service import lock_town
from huiyan_registry.revocation.tables import Revocation
from huiyan_registry.times import ns_of, utc

log = logging.getLogger(__name__)
_EVERY_S = 5.0
_READ_S = 60.0
_TOGETHER = 200
_KEEP = timedelta(hours=1)
# Makes what is missing and names the set of buckets: another name, other (empty) buckets.
EnsureBuckets = Callable[[], Awaitable[str]]


class Reconciler:
    """Compares and repairs; under the town's lock no older row is written over a newer one."""

    def __init__(
        self,
        database: Database,
        *,
        bus: Bus,
        cameras: CameraRepository,
        keys: SigningKeys,
        ensure: EnsureBuckets,
        clock: Clock,
        towns: Sequence[str],
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._cameras = cameras
        self._keys = keys
        self._ensure = ensure
        self._clock = clock
        self._towns = towns
        self._known = ""
        self._repaired = Counter(
            "huiyan_registry_rows_repaired",
            "Camera rows that differed on the bus",
            registry=metrics,
        )

    @property
    def done(self) -> bool:
        """True once the buckets were equal to the database."""
        return bool(self._known)

    async def check(self) -> bool:
        """Repair when these buckets are not those of the last time; True when it did."""
        name = await self._ensure()
        if name == self._known:
            return False
        for town in self._towns:
            await self.repair(town)
        await self._keys.publish(self._bus)
        self._known = name
        return True

    async def repair(self, town: str) -> None:
        """Write every camera row that differs, remove what is unknown, tell recent revocations."""
        bucket = self._bus.key_value(BUCKET)
        async with self._database.transaction(EVERYTHING) as session:
            await lock_town(session, town)
            digests: dict[str, bytes] = {}
            async for row in self._cameras.of_town(session, town):
                if (value := row_of(row)) is not None:
                    digests[key_of(row)] = _digest(value)
            # Read the bucket itself: the mirror may still show a bucket that is no more.
            held = await _held(bucket, town)
            for key in held.keys() - digests.keys():
                await bucket.delete(key)
                self._repaired.inc()
            missing = [
                key.partition(".")[2] for key, digest in digests.items() if held.get(key) != digest
            ]
            for start in range(0, len(missing), _TOGETHER):
                rows = await self._cameras.named(session, town, missing[start : start + _TOGETHER])
                values = ((key_of(row), row_of(row)) for row in rows)
                await asyncio.gather(
                    *(bucket.put(key, value) for key, value in values if value is not None)
                )
                self._repaired.inc(len(rows))
            await self._tell_revocations(session, town)
        log.info("camera rows reconciled", extra={"town": town, "cameras": len(digests)})

    async def _tell_revocations(self, session: AsyncSession, town: str) -> None:
        revoked = await session.scalars(
            select(Revocation).where(
                Revocation.town == town, Revocation.revoked_at > utc(self._clock) - _KEEP
            )
        )
        revocations = self._bus.key_value("revocations")
        for row in revoked.all():
            message = RevocationMessage(
                kind=row.kind,
                id=row.subject,
                revoked_at_ns=ns_of(row.revoked_at),
                reason=row.reason,
                spare_own=row.spare_own,
            )
            await revocations.put(
                subjects.key(town, row.kind, row.subject), message.SerializeToString()
            )

    async def run(self) -> None:
        """Check until cancelled; an outage is waited out."""
        while True:
            try:
                await self.check()
            except HuiyanError:
                # Whatever comes back may be empty.
                self._known = self._known and "lost"
                log.debug("reconciliation waits for bus and database")
            await asyncio.sleep(_EVERY_S)


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16).digest()


async def _held(bucket: KeyValue, town: str) -> dict[str, bytes]:
    """Digests of what the bucket holds, by key: one watch, not a request a key. UNAVAILABLE."""
    held: dict[str, bytes] = {}
    begun = False
    watch = bucket.watch(f"{town}.>")
    assert isinstance(watch, AsyncGenerator)  # closed at once, not when memory is cleaned
    try:
        async with asyncio.timeout(_READ_S), contextlib.aclosing(watch) as events:
            async for event in events:
                if event.kind is KvKind.SYNCED:
                    return held
                if event.kind is KvKind.RESET:
                    if begun:
                        break
                    begun = True
                elif event.kind is KvKind.PUT:
                    held[event.key] = _digest(event.value)
                else:
                    held.pop(event.key, None)
    except TimeoutError as error:
        raise _bus_away() from error
    raise _bus_away()


def _bus_away() -> HuiyanError:
    return HuiyanError(ErrorKind.UNAVAILABLE, "总线暂时不通", "The bus is away", code="bus_away")
