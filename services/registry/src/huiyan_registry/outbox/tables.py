"""What must reach the bus, written in the transaction that makes it true."""

from datetime import datetime

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class OutboxMessage(Base):
    """One KV write; without a value the key is removed. Deleted once the bus has it."""

    __tablename__ = "outbox"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger(), Identity(always=True), primary_key=True)
    bucket: Mapped[str]
    key: Mapped[str]
    value: Mapped[bytes | None]
    created_at: Mapped[datetime]
