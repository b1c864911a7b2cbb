"""Records about staff; a record is withdrawn, never changed or deleted."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from huiyan_registry.database.base import Base


class _Record:
    """What vetting and training share; at most one open record each of somebody."""

    __tablename__: str
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    valid_until: Mapped[datetime | None]
    recorded_by: Mapped[str | None]
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[ForeignKeyConstraint, Index]:
        return (
            ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
            Index(
                f"uq_{cls.__tablename__}_open",
                "town",
                "principal",
                unique=True,
                postgresql_where=text("withdrawn_at IS NULL"),
            ),
        )


class Vetting(_Record, Base):
    """Somebody was vetted, by whom."""

    __tablename__ = "vetting"
    vetted_by: Mapped[str]


class Training(_Record, Base):
    """Somebody was trained, in what."""

    __tablename__ = "training"
    course: Mapped[str]


class Agreement(Base):
    """A signed confidentiality agreement, [valid_from, valid_until)."""

    __tablename__ = "agreement"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    text_version: Mapped[str]
    recorded_by: Mapped[str | None]
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
        CheckConstraint("valid_from < valid_until", name="some_time"),
        Index(None, "town", "principal"),
    )


class AgreementDocument(Base):
    """The signed paper of an agreement; apart, so that lists do not read it."""

    __tablename__ = "agreement_document"
    town: Mapped[str] = mapped_column(primary_key=True)
    agreement: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    sha256: Mapped[bytes]
    content: Mapped[bytes]
    __table_args__ = (
        ForeignKeyConstraint(["town", "agreement"], ["agreement.town", "agreement.id"]),
        CheckConstraint("media_type IN ('application/pdf', 'image/png')", name="media_type_known"),
    )
