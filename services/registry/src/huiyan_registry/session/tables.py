"""Login sessions, the proofs that were used, and second factors."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
)
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


class SecondStep(Base):
    """What waits for a second factor: a login whose password was right (`login`), or a passkey
    that is being added (`enrol`, of one session). Spent once, dead after some wrong tries."""

    __tablename__ = "second_step"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    token_hash: Mapped[bytes]
    principal: Mapped[str]
    session: Mapped[str | None]
    challenge: Mapped[bytes | None]
    tries: Mapped[int] = mapped_column(Integer())
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
        UniqueConstraint("town", "token_hash"),
        CheckConstraint("kind IN ('login', 'enrol')", name="kind_known"),
        Index(None, "expires_at"),
    )


class Totp(Base):
    """Somebody's one-time codes (RFC 6238). Secrets are sealed; `pending` is not yet confirmed;
    `last_step` is the newest time step that was used and can be used no more."""

    __tablename__ = "totp"
    town: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[bytes | None]
    pending: Mapped[bytes | None]
    last_step: Mapped[int] = mapped_column(BigInteger())
    confirmed_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
    )


class Passkey(Base):
    """A credential of WebAuthn (Level 2): the public half only."""

    __tablename__ = "passkey"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger())
    transports: Mapped[list[str]]
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
        UniqueConstraint("town", "credential_id"),
        Index(None, "town", "principal"),
    )
