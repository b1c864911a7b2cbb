"""Login sessions, and the proofs that were used."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class LoginSession(Base):
    """One login; only the SHA-256 of its 256-bit token is kept."""

    __tablename__ = "login_session"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    principal: Mapped[str]
    kind: Mapped[str]
    device_jwk: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    device_name: Mapped[str | None]
    idle_s: Mapped[int] = mapped_column(Integer())
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
        UniqueConstraint("town", "token_hash"),
        CheckConstraint("kind IN ('browser', 'machine')", name="kind_known"),
        Index(None, "town", "principal"),
    )


class UsedProof(Base):
    """A `jti` that a device proof has spent; forgotten when its time window is over."""

    __tablename__ = "used_proof"
    town: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["town", "session"], ["login_session.town", "login_session.id"]),
        Index(None, "used_at"),
    )
