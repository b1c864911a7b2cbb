"""The access register: append-only by the rights of the service's database role."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class RegisterEntry(Base):
    """Leave to look at one camera: who, as what, why. Written with the grant, before its token."""

    __tablename__ = "access_register"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    grant: Mapped[str]
    kind: Mapped[str]
    principal: Mapped[str]
    who: Mapped[str]
    role: Mapped[str]
    place: Mapped[str]
    own: Mapped[bool]
    camera: Mapped[str]
    camera_name: Mapped[str]
    household: Mapped[str | None]
    purpose_code: Mapped[str | None]
    purpose_text: Mapped[str]
    # Of a break-glass look: which one, and the name of the second person (rules.md P14).
    break_glass: Mapped[str | None]
    approver: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "grant"], ["view_grant.town", "view_grant.id"]),
        Index(None, "town", "household", "at"),
        Index(None, "town", "grant", "camera"),
        Index(None, "town", "camera", "at"),
        Index(None, "town", "principal", "at"),
        Index(None, "town", "at"),
    )


class ViewEvent(Base):
    """What a relay told of a look: its first frame, or its first and last frame."""

    __tablename__ = "view_event"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    grant: Mapped[str]
    principal: Mapped[str]
    camera: Mapped[str]
    stream: Mapped[str]
    first_frame_at: Mapped[datetime]
    last_frame_at: Mapped[datetime | None]
    frames: Mapped[int] = mapped_column(BigInteger())
    reason: Mapped[str]
    relay: Mapped[str]
    recorded_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("kind IN ('started', 'ended')", name="kind_known"),
        Index(None, "town", "grant", "camera", "stream", "first_frame_at"),
        Index(None, "town", "recorded_at"),
    )
