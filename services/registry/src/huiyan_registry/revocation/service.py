"""Revokes: a row, and a KV entry through the outbox, in the transaction that withdraws."""

from datetime import datetime

from huiyan.registry.v1.access_pb2 import Revocation as RevocationMessage
from huiyan_kit import subjects
from huiyan_kit.clock import Clock
from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.outbox.repository import queue_write
from huiyan_registry.outbox.service import Outbox
from huiyan_registry.revocation.tables import Revocation
from huiyan_registry.times import ns_of, utc

KINDS = ("grant", "session", "principal", "camera")


async def write_revocation(
    session: AsyncSession,
    town: str,
    kind: str,
    subject: str,
    reason: str,
    *,
    now: datetime,
    spare_own: bool = False,
) -> None:
    """The row, and the outbox row that a running registry delivers; see `revoke`."""
    values = {"revoked_at": now, "reason": reason, "spare_own": spare_own}
    await session.execute(
        insert(Revocation)
        .values(town=town, kind=kind, subject=subject, **values)
        .on_conflict_do_update(index_elements=["town", "kind", "subject"], set_=values)
    )
    message = RevocationMessage(
        kind=kind, id=subject, revoked_at_ns=ns_of(now), reason=reason, spare_own=spare_own
    )
    queue_write(
        session,
        town,
        "revocations",
        subjects.key(town, kind, subject),
        message.SerializeToString(),
        now=now,
    )


class RevocationService:
    """What ends a picture within 10 s."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    async def revoke(
        self,
        session: AsyncSession,
        town: str,
        kind: str,
        subject: str,
        reason: str,
        *,
        spare_own: bool = False,
    ) -> None:
        """Void every grant of `subject` issued until now.

        Call it after the row that it withdraws has been locked: grants take a share lock on the
        same row, so that none can be issued unseen between our instant and our commit.
        """
        await write_revocation(
            session, town, kind, subject, reason, now=utc(self._clock), spare_own=spare_own
        )

    async def newest_of(
        self, session: AsyncSession, town: str, named: dict[str, list[str]]
    ) -> float:
        """UTC seconds of the newest revocation of these subjects (by kind), 0 without any."""
        wanted = [
            (Revocation.kind == kind) & Revocation.subject.in_(of_kind)
            for kind, of_kind in named.items()
            if of_kind
        ]
        newest = await session.scalar(
            select(func.max(Revocation.revoked_at)).where(Revocation.town == town, or_(*wanted))
        )
        return newest.timestamp() if newest is not None else 0.0

    async def flush(self, town: str) -> None:
        """After the commit: tell the relays at once."""
        await self._outbox.flush_soon(town)
