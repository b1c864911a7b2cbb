"""One-time links by which families come in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class OneTimeLink(Base):
    """An invitation; only the SHA-256 of its 128-bit code is kept. With `principal` it lets an
    existing person in, otherwise the exchange makes one."""

    __tablename__ = "one_time_link"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes]
    household: Mapped[str]
    role: Mapped[str]
    name: Mapped[str]
    relation: Mapped[str]
    principal: Mapped[str | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_session: Mapped[str | None]
    rights: Mapped[list[str]] = mapped_column(
        server_default=text("'{live,playback,alarms,talk,ptz}'")
    )
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "household"], ["household.town", "household.id"]),
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
        UniqueConstraint("town", "code_hash"),
        CheckConstraint("role IN ('household_owner', 'relative')", name="role_known"),
        CheckConstraint(
            "rights <@ ARRAY['live', 'playback', 'alarms', 'talk', 'ptz']", name="rights_known"
        ),
        Index(None, "town", "household"),
    )
