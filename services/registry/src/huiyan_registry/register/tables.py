"""The chain over the register, its signed heads, and what still waits to be chained."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class RegisterLink(Base):
    """One sealed row: its place in the town's chain and the hash up to it.

    `source` names the table, `row` the id in it. Append-only, as the heads are. Three years of a
    town are some ten million rows; partitions by month can come when one is too big.
    """

    __tablename__ = "register_link"
    town: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)
    source: Mapped[str]
    row: Mapped[str]
    hash: Mapped[bytes]
    __table_args__ = (
        UniqueConstraint("town", "source", "row"),
        CheckConstraint("source IN ('access_register', 'view_event')", name="source_known"),
        CheckConstraint("seq > 0", name="seq_from_one"),
    )


class RegisterHead(Base):
    """The end of the chain at one moment, signed ES256 by a key that is not in the database.
    `previous` is the place of the head before it (0: none), so that no head can be taken away."""

    __tablename__ = "register_head"
    town: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)
    previous: Mapped[int] = mapped_column(BigInteger())
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime]
    kid: Mapped[str]
    signature: Mapped[bytes]


class UnsealedRow(Base):
    """A row that waits for the sealer. A trigger of the two tables writes it in the row's own
    transaction: whenever that commits, early or late, the row is found; no cursor can skip it."""

    __tablename__ = "register_unsealed"
    town: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    row: Mapped[str] = mapped_column(primary_key=True)
