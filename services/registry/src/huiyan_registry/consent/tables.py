"""What a household agreed to: scope by scope (PIPL 23), and visits of the maintenance."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class Consent(Base):
    """One scope, given and perhaps withdrawn; never bundled, never deleted.

    `camera` None covers every camera of the household. `hours`: [{days, from, to}], empty =
    always; `purposes` empty = any stated one. A change closes the row and opens another
    (`replaced_by`); `text_sha256` names the very words that were agreed to.
    """

    __tablename__ = "consent"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    household: Mapped[str]
    scope: Mapped[str]
    camera: Mapped[str | None]
    hours: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(), server_default=text("'[]'"))
    purposes: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    text_version: Mapped[str | None]
    text_sha256: Mapped[str | None]
    language: Mapped[str | None]
    signatory: Mapped[str | None]
    signature: Mapped[bytes | None]
    signed_on_site: Mapped[bool] = mapped_column(server_default=text("false"))
    granted_by: Mapped[str | None]
    granted_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    replaced_by: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "household"], ["household.town", "household.id"]),
        ForeignKeyConstraint(["town", "camera"], ["camera.town", "camera.id"]),
        CheckConstraint(
            "scope ~ '^(live_(village|town|county|police)|record|retrieve_after_event|relatives|tv"
            "|analytics_[a-z]+)$'",
            name="scope_known",
        ),
        CheckConstraint("NOT signed_on_site OR signature IS NOT NULL", name="signed_on_site"),
        Index(
            "uq_consent_open",
            "town",
            "household",
            "scope",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND camera IS NULL"),
        ),
        Index(
            "uq_consent_open_camera",
            "town",
            "household",
            "scope",
            "camera",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND camera IS NOT NULL"),
        ),
        Index(None, "town", "household"),
    )


class MaintenanceConsent(Base):
    """Leave to look at one camera while it is being repaired; it ends by itself."""

    __tablename__ = "maintenance_consent"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    household: Mapped[str | None]
    given_by: Mapped[str | None]
    given_by_name: Mapped[str] = mapped_column(server_default=text("''"))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "camera"], ["camera.town", "camera.id"]),
        Index(None, "town", "camera"),
        Index(None, "town", "household", "opened_at"),
        Index(None, "town", "opened_at"),
    )
