"""Keeps the buckets equal to the database: at start, after reconnection or a loss of buckets."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from huiyan.registry.v1.access_pb2 import Revocation as RevocationMessage
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus
from huiyan_kit.bus.mirror import KvMirror
from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import select

from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.row import BUCKET, key_of, row_of
from huiyan_registry.database.connection import Database
from huiyan_registry.grant.keys import SigningKeys
from huiyan_registry.outbox.service import lock_town
from huiyan_registry.revocation.tables import Revocation
from huiyan_registry.times import ns_of, utc

log = logging.getLogger(__name__)
_EVERY_S = 5.0
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
        mirror: KvMirror,
        ensure: EnsureBuckets,
        clock: Clock,
        towns: Sequence[str],
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._cameras = cameras
        self._keys = keys
        self._mirror = mirror
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
        async with self._database.transaction() as session:
            await lock_town(session, town)
            wanted = {
                key_of(row): value
                for row in await self._cameras.of_town(session, town)
                if (value := row_of(row)) is not None
            }
            revoked = (
                await session.scalars(
                    select(Revocation).where(
                        Revocation.town == town, Revocation.revoked_at > utc(self._clock) - _KEEP
                    )
                )
            ).all()
            for key, value in wanted.items():
                # Read the bucket itself: the mirror may still show a bucket that is no more.
                held = await bucket.get(key)
                if held is None or held.value != value:
                    await bucket.put(key, value)
                    self._repaired.inc()
            stale = [key for key in self._mirror.values if key.startswith(f"{town}.")]
            for key in stale:
                if key not in wanted:
                    await bucket.delete(key)
                    self._repaired.inc()
            revocations = self._bus.key_value("revocations")
            for row in revoked:
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
        log.info("camera rows reconciled", extra={"town": town, "cameras": len(wanted)})

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
