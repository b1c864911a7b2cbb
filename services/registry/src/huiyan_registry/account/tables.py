"""Who may log in, and as what."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class Principal(Base):
    """A person or a machine. Staff have an account and a password, machines a key, families
    neither: they come by a one-time link."""

    __tablename__ = "principal"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    account: Mapped[str | None]
    password_hash: Mapped[str | None]
    key_hash: Mapped[bytes | None]
    room: Mapped[str | None]
    agreement_valid_until: Mapped[datetime | None]
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
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "principal"], ["principal.town", "principal.id"]),
        ForeignKeyConstraint(["town", "area"], ["area.town", "area.code"]),
        ForeignKeyConstraint(["town", "household"], ["household.town", "household.id"]),
        CheckConstraint(
            "role IN ('household_owner', 'relative', 'clerk', 'operator', 'room_admin', 'probe')",
            name="role_known",
        ),
        CheckConstraint(
            "(role IN ('household_owner', 'relative')) = (household IS NOT NULL) "
            "AND (area IS NULL) <> (household IS NULL)",
            name="scope_fits_role",
        ),
        Index(None, "town", "principal"),
        Index(None, "town", "household"),
    )
