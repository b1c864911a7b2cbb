"""Grants that no longer hold."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class Revocation(Base):
    """The newest revocation of a grant, session, principal or camera."""

    __tablename__ = "revocation"
    town: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    revoked_at: Mapped[datetime]
    reason: Mapped[str]
    spare_own: Mapped[bool]
    __table_args__ = (
        CheckConstraint("kind IN ('grant', 'session', 'principal', 'camera')", name="kind_known"),
    )
