"""What a household agreed to: scope by scope (PIPL 23), and visits of the maintenance."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class Consent(Base):
    """One scope, given and perhaps withdrawn; never bundled, never deleted."""

    __tablename__ = "consent"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    household: Mapped[str]
    scope: Mapped[str]
    granted_by: Mapped[str | None]
    granted_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "household"], ["household.town", "household.id"]),
        CheckConstraint("scope IN ('live_village', 'live_town')", name="scope_known"),
        Index(
            "uq_consent_open",
            "town",
            "household",
            "scope",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )


class MaintenanceConsent(Base):
    """Leave to look at one camera while it is being repaired; it ends by itself."""

    __tablename__ = "maintenance_consent"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    given_by: Mapped[str | None]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "camera"], ["camera.town", "camera.id"]),
        Index(None, "town", "camera"),
    )
