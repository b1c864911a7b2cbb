"""Seals the register: each second every new row gets its place in the town's chain.

Commit-safe: a row is found by its queue row, which was committed with it, never by a time or a
cursor. One process at a time holds the town's lock; the key (town, seq) would refuse a fork.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.register.chain import Head, genesis, linked, members, sign
from huiyan_registry.register.keys import RegisterKeys
from huiyan_registry.register.repository import ChainRepository, Link, SourceRow
from huiyan_registry.register.witness import Witness
from huiyan_registry.times import utc

log = logging.getLogger(__name__)
_EVERY_S = 1.0
_BATCH = 5000


class Sealer:
    """Runs in every registry process; the towns' locks keep them apart."""

    def __init__(
        self,
        database: Database,
        *,
        chain: ChainRepository,
        keys: RegisterKeys,
        witness: Witness,
        clock: Clock,
        towns: Sequence[str],
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self._database = database
        self._chain = chain
        self._keys = keys
        self._witness = witness
        self._clock = clock
        self._towns = list(towns)
        self._sealed = Counter(
            "huiyan_registry_register_sealed", "Register rows that were chained", registry=metrics
        )
        self._broken = Gauge(
            "huiyan_registry_register_broken",
            "1 while a town's chain does not fit its last signed head",
            ["town"],
            registry=metrics,
        )

    async def seal(self, town: str) -> int:
        """Chain what is committed and sign the new end; how many rows. UNAVAILABLE without the
        database. A chain that does not fit its last head is not built upon: nothing is sealed."""
        total = 0
        while True:
            async with self._database.transaction(EVERYTHING) as session:
                sealed, head = await self._seal_batch(session, town)
            if head is not None:
                self._witness.keep(head)
            self._sealed.inc(sealed)
            total += sealed
            if sealed < _BATCH:
                return total

    async def run(self) -> None:
        """Seal each second until cancelled."""
        while True:
            for town in self._towns:
                try:
                    await self.seal(town)
                except HuiyanError:
                    log.debug("sealing waits for the database")
            await asyncio.sleep(_EVERY_S)

    async def _seal_batch(self, session: AsyncSession, town: str) -> tuple[int, Head | None]:
        await self._chain.lock(session, town)
        await self._chain.forget_linked(session, town)
        rows = await self._chain.waiting(session, town, _BATCH)
        if not rows:
            return 0, None
        end = await self._chain.last_link(session, town)
        before = await self._chain.last_head(session, town)
        if not self._fits(town, end, before):
            return 0, None
        await self._ask_witness(session, town)
        links = _chained(town, end, rows)
        await self._chain.add_links(session, town, links)
        head = self._signed(town, links[-1], before)
        self._chain.add_head(session, head)
        await self._chain.leave_queue(session, town, rows)
        return len(rows), head

    def _signed(self, town: str, end: Link, before: Head | None) -> Head:
        key = self._keys.of(town)
        head = Head(
            town=town,
            seq=end.seq,
            previous=0 if before is None else before.seq,
            hash=end.hash,
            sealed_at=utc(self._clock),
            kid=key.kid,
        )
        return replace(head, signature=sign(head, key.private))

    def _fits(self, town: str, end: Link | None, head: Head | None) -> bool:
        told = None if head is None else (head.seq, head.hash)
        fits = told == (None if end is None else (end.seq, end.hash))
        if not fits:
            log.error("the register does not fit its last head: verify it", extra={"town": town})
        self._broken.labels(town).set(0 if fits else 1)
        return fits

    async def _ask_witness(self, session: AsyncSession, town: str) -> None:
        """A head that the database has lost is kept for the verification (a backup that was
        brought back looks the same: then the auditor knows why)."""
        kept = self._witness.read(town)
        if kept is None:
            return
        found = await self._chain.head_from(session, town, kept.seq)
        if found is None or (found.seq, found.hash) != (kept.seq, kept.hash):
            log.error("the register has lost a signed head", extra={"town": town, "seq": kept.seq})
            self._witness.put_aside(kept)


def _chained(town: str, end: Link | None, rows: Sequence[SourceRow]) -> list[Link]:
    seq, reached = (0, genesis(town)) if end is None else (end.seq, end.hash)
    links: list[Link] = []
    for row in rows:
        seq, reached = seq + 1, linked(reached, members(row.source, row.values))
        links.append(Link(seq, row.source, row.id, reached))
    return links
