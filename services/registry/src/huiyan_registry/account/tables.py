"""Who may log in, and as what."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class Principal(Base):
    """A person or a machine. Staff have an account and a password, machines a key, families
    neither: they come by a one-time link.

    `vetted_*`, `trained_*` and `agreement_valid_until` say what holds by the records of `staff/`,
    which writes both in one transaction; None at `vetted_until` is without an end.
    """

    __tablename__ = "principal"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    account: Mapped[str | None]
    password_hash: Mapped[str | None]
    key_hash: Mapped[bytes | None]
    room: Mapped[str | None]
    agreement_valid_until: Mapped[datetime | None]
    vetted_at: Mapped[datetime | None]
    vetted_until: Mapped[datetime | None]
    trained_at: Mapped[datetime | None]
    trained_until: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "room"], ["room.town", "room.id"]),
        UniqueConstraint("town", "account"),
    )


class RoleAssignment(Base):
    """A role within an area (staff, machines) or within a household (family)."""

    __tablename__ = "role_assignment"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    role: Mapped[str]
    area: Mapped[str | None]
    household: Mapped[str | None]
    relation: Mapped[str | None]
    rights: Mapped[list[str]] = mapped_column(
        server_default=text("'{live,playback,alarms,talk,ptz}'")
    )
    created_at: Mapped[datetime]
    given_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
        ForeignKeyConstraint(["town", "area"], ["area.town", "area.code"]),
        ForeignKeyConstraint(["town", "household"], ["household.town", "household.id"]),
        CheckConstraint(
            "role IN ('household_owner', 'relative', 'clerk', 'operator', 'room_admin', 'probe', "
            "'police', 'grid_officer', 'installer', 'administrator', 'auditor')",
            name="role_known",
        ),
        CheckConstraint(
            "(role IN ('household_owner', 'relative')) = (household IS NOT NULL) "
            "AND (area IS NULL) <> (household IS NULL)",
            name="scope_fits_role",
        ),
        CheckConstraint(
            "rights <@ ARRAY['live', 'playback', 'alarms', 'talk', 'ptz']", name="rights_known"
        ),
        Index(None, "town", "principal"),
        Index(None, "town", "household"),
    )
