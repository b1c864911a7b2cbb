"""Break-glass looks: who asked, who approved, for which cameras, how long."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class BreakGlass(Base):
    """One request; it is open from `approved_at` until `expires_at` or `ended_at`."""

    __tablename__ = "break_glass"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    asker: Mapped[str]
    asker_name: Mapped[str]
    asker_role: Mapped[str]
    asker_area: Mapped[str]
    purpose_code: Mapped[str]
    purpose_text: Mapped[str]
    minutes: Mapped[int] = mapped_column(Integer())
    asked_at: Mapped[datetime]
    approver: Mapped[str | None]
    approver_name: Mapped[str | None]
    approver_role: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "asker"], ["principal.town", "principal.id"]),
        ForeignKeyConstraint(["town", "approver"], ["principal.town", "principal.id"]),
        CheckConstraint("asker <> approver", name="two_people"),
        CheckConstraint("minutes BETWEEN 1 AND 60", name="one_hour"),
        CheckConstraint(
            "(approver IS NULL) = (approved_at IS NULL) AND "
            "(approved_at IS NULL) = (expires_at IS NULL)",
            name="approved_whole",
        ),
        CheckConstraint(
            "expires_at <= approved_at + interval '60 minutes'", name="ends_in_an_hour"
        ),
        Index(None, "town", "asker"),
        Index(None, "town", "approved_at"),
        Index(None, "town", "asked_at"),
    )


class BreakGlassCamera(Base):
    """A camera of a request, with the household that is told."""

    __tablename__ = "break_glass_camera"
    town: Mapped[str] = mapped_column(primary_key=True)
    break_glass: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    household: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "break_glass"], ["break_glass.town", "break_glass.id"]),
        ForeignKeyConstraint(["town", "camera"], ["camera.town", "camera.id"]),
        Index(None, "town", "household"),
    )
