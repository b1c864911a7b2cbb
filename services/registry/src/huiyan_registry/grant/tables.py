"""Viewing grants that were given, and their cameras."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class ViewGrant(Base):
    """One viewing session as the registry knows it; a renewal moves `expires_at`."""

    __tablename__ = "view_grant"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    session: Mapped[str]
    kind: Mapped[str]
    purpose_code: Mapped[str | None]
    purpose_text: Mapped[str]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
        ForeignKeyConstraint(["town", "session"], ["login_session.town", "login_session.id"]),
        CheckConstraint("kind IN ('view', 'wall', 'probe')", name="kind_known"),
        Index(None, "town", "expires_at"),
    )


class GrantedView(Base):
    """One camera of a grant; gone from the token once `dropped_at` is set."""

    __tablename__ = "granted_view"
    town: Mapped[str] = mapped_column(primary_key=True)
    grant: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str] = mapped_column(primary_key=True)
    streams: Mapped[list[str]]
    added_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "grant"], ["view_grant.town", "view_grant.id"]),
        ForeignKeyConstraint(["town", "camera"], ["camera.town", "camera.id"]),
        Index(None, "town", "camera"),
    )
