"""Carries outbox rows to the bus: in order per town, at least once, never lost."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence

from huiyan_kit.bus.api import Bus
from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.outbox.repository import queue_write
from huiyan_registry.outbox.tables import OutboxMessage
from huiyan_registry.times import utc

log = logging.getLogger(__name__)
_BATCH = 500
# So many rows are on their way to the bus at once.
_TOGETHER = 100
_POLL_S = 1.0
_PUT_S = 2.0


async def lock_town(session: AsyncSession, town: str) -> None:
    """One writer to the bus per town, over all replicas, until this transaction ends.

    Rows of one key are numbered under the row lock of what they describe, so that reading them
    by number, one reader at a time, never lets an older state overtake a newer one.
    """
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtext("outbox"), func.hashtext(town)))
    )


def _groups(rows: Sequence[OutboxMessage]) -> Iterator[list[OutboxMessage]]:
    """Neighbours that may travel together: one bucket, no key twice. The order of the groups is
    that of the rows, so that a revocation never overtakes the camera row before it."""
    group: list[OutboxMessage] = []
    keys: set[str] = set()
    for row in rows:
        if group and (row.bucket != group[0].bucket or row.key in keys or len(group) >= _TOGETHER):
            yield group
            group, keys = [], set()
        group.append(row)
        keys.add(row.key)
    if group:
        yield group


class Outbox:
    """`add` within the transaction that makes it true; `flush` after its commit."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        towns: Sequence[str],
        clock: Clock,
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._towns = towns
        self._clock = clock
        self._wake = asyncio.Event()
        self._sent = Counter(
            "huiyan_registry_outbox_sent", "Outbox rows that reached the bus", registry=metrics
        )
        self._waiting = Gauge(
            "huiyan_registry_outbox_waiting", "Rows seen waiting at the last pass", registry=metrics
        )

    def add(
        self, session: AsyncSession, town: str, bucket: str, key: str, value: bytes | None
    ) -> None:
        """Write `key` of `bucket` once this transaction has committed; None removes it."""
        queue_write(session, town, bucket, key, value, now=utc(self._clock))

    def wake(self) -> None:
        """Something was committed: do not wait for the next pass."""
        self._wake.set()

    async def flush(self, town: str) -> bool:
        """Carry what waits for `town`; False when the bus took not all of it."""
        while True:
            complete, count = await self._pass(town)
            if not complete or count < _BATCH:
                return complete

    async def _pass(self, town: str) -> tuple[bool, int]:
        """One batch: (whether the bus took it, how many rows there were)."""
        complete = True
        async with self._database.transaction(EVERYTHING) as session:
            await lock_town(session, town)
            rows = (
                await session.scalars(
                    select(OutboxMessage)
                    .where(OutboxMessage.town == town)
                    .order_by(OutboxMessage.id)
                    .limit(_BATCH)
                    .with_for_update(skip_locked=True)
                )
            ).all()
            sent: list[int] = []
            for group in _groups(rows):
                carried = await asyncio.gather(
                    *(self._carry(row) for row in group), return_exceptions=True
                )
                sent += [row.id for row, done in zip(group, carried, strict=True) if done is None]
                failures = [done for done in carried if isinstance(done, BaseException)]
                if failures:
                    complete = False
                    unexpected = [one for one in failures if not isinstance(one, HuiyanError)]
                    if unexpected:
                        raise unexpected[0]
                    break
            if sent:
                await session.execute(
                    delete(OutboxMessage).where(
                        OutboxMessage.town == town, OutboxMessage.id.in_(sent)
                    )
                )
        self._sent.inc(len(sent))
        self._waiting.set(len(rows) - len(sent))
        return complete, len(rows)

    async def flush_soon(self, town: str) -> None:
        """Flush now for what must not wait; an outage is left to the worker."""
        with contextlib.suppress(HuiyanError):
            await self.flush(town)

    async def run(self) -> None:
        """Carry rows until cancelled: when woken, and each second for other replicas' rows."""
        while True:
            self._wake.clear()
            for town in self._towns:
                try:
                    if not await self.flush(town):
                        log.warning("the bus did not take the outbox; it waits")
                except HuiyanError:
                    log.warning("the outbox cannot be read; it waits")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _POLL_S)

    async def _carry(self, row: OutboxMessage) -> None:
        bucket = self._bus.key_value(row.bucket)
        try:
            async with asyncio.timeout(_PUT_S):
                if row.value is None:
                    await bucket.delete(row.key)
                else:
                    await bucket.put(row.key, row.value)
        except TimeoutError as error:
            raise HuiyanError(
                ErrorKind.TIMEOUT, "等得太久，没有回音", "The bus did not answer"
            ) from error
