"""Writes outbox rows."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.outbox.tables import OutboxMessage


def queue_write(
    session: AsyncSession,
    town: str,
    bucket: str,
    key: str,
    value: bytes | None,
    *,
    now: datetime,
) -> None:
    """Write `key` of `bucket` once this transaction has committed; None removes it."""
    session.add(OutboxMessage(town=town, bucket=bucket, key=key, value=value, created_at=now))
