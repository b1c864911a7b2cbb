"""Cameras: what is known, decided and promised about each."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class Camera(Base):
    """One device. URLs carry no user info; the login is a box only ingest can open."""

    __tablename__ = "camera"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    rev: Mapped[int] = mapped_column(BigInteger())
    number: Mapped[int] = mapped_column(Integer())
    name: Mapped[str]
    name_grams: Mapped[list[str]]
    area: Mapped[str]
    household: Mapped[str | None]
    legal_class: Mapped[str]
    site_kind: Mapped[str]
    placement: Mapped[str]
    placement_attested_by: Mapped[str | None]
    placement_attested_at: Mapped[datetime]
    state: Mapped[str]
    reach: Mapped[str]
    main_url: Mapped[str]
    sub_url: Mapped[str]
    credential: Mapped[bytes]
    max_rtsp_sessions: Mapped[int] = mapped_column(Integer())
    uplink_kbps: Mapped[int] = mapped_column(Integer())
    warm: Mapped[bool]
    simulated: Mapped[bool]
    off: Mapped[bool]
    off_until: Mapped[datetime | None]
    off_by: Mapped[str | None]
    gb_id: Mapped[str | None]
    purpose_code: Mapped[str]
    purpose_text: Mapped[str] = mapped_column(default="")
    retention_class: Mapped[str]
    # WGS-84, degrees; `datum` is the system in which they were read.
    lat: Mapped[float | None] = mapped_column(Float())
    lon: Mapped[float | None] = mapped_column(Float())
    datum: Mapped[str | None]
    # [[[x, y], …], …], fractions of the picture.
    mask: Mapped[list[list[list[float]]] | None] = mapped_column(JSONB(none_as_null=True))
    mask_applied: Mapped[bool] = mapped_column(default=False)
    # Of the sign at a public place.
    notice_code: Mapped[str | None]
    sign_posted_on: Mapped[date | None]
    sign_photo_at: Mapped[datetime | None]
    # When the onboarding's test picture last came; a changed address makes it None again.
    live_check_at: Mapped[datetime | None]
    # While such a check runs, ingest pulls a draft too, until this instant.
    live_check_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["town", "area"], ["area.town", "area.code"]),
        ForeignKeyConstraint(["town", "household"], ["household.town", "household.id"]),
        UniqueConstraint("town", "number"),
        CheckConstraint(
            "state IN ('draft', 'verified', 'active', 'suspended', 'retired')", name="state_known"
        ),
        CheckConstraint(
            "legal_class IN ('gov_public', 'site_public', 'other_public', 'household')",
            name="legal_class_known",
        ),
        CheckConstraint("(legal_class = 'household') = (household IS NOT NULL)", name="household"),
        CheckConstraint("gb_id ~ '^[0-9]{20}$'", name="gb_id_form"),
        CheckConstraint("position('@' in split_part(main_url, '/', 3)) = 0", name="no_user_info"),
        CheckConstraint(
            "(lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (datum IS NULL) "
            "AND lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180",
            name="location",
        ),
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09')", name="datum_known"),
        UniqueConstraint("town", "notice_code"),
        Index(None, "town", "area"),
        Index(None, "town", "household"),
        Index(None, "town", "updated_at"),
        Index("ix_camera_name_grams", "name_grams", postgresql_using="gin"),
    )


class CameraStateChange(Base):
    """One step of a camera's life; rows are only added."""

    __tablename__ = "camera_state_change"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["town", "camera"], ["camera.town", "camera.id"]),
        Index(None, "town", "camera", "at"),
    )


class SignPhoto(Base):
    """The newest photo of the sign of a public camera, stripped of what it told of the phone."""

    __tablename__ = "sign_photo"
    town: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    content: Mapped[bytes]
    width: Mapped[int] = mapped_column(Integer())
    height: Mapped[int] = mapped_column(Integer())
    taken_in_by: Mapped[str]
    taken_in_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["town", "camera"], ["camera.town", "camera.id"]),
        CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name="media_type_known"),
        CheckConstraint("octet_length(content) <= 4194304", name="size"),
    )
