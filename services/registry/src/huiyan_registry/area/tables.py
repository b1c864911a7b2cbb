"""Areas of a town (its county's row included), households and monitor rooms."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class Area(Base):
    """A county, town, village or group. Villages merge: `successor` names who took over."""

    __tablename__ = "area"
    town: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str]
    name: Mapped[str]
    parent: Mapped[str | None]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    successor: Mapped[str | None]
    gb_id: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "parent"], ["area.town", "area.code"]),
        ForeignKeyConstraint(["town", "successor"], ["area.town", "area.code"]),
        CheckConstraint("code ~ '^[0-9]{12}([0-9]{3})?$'", name="code_form"),
        CheckConstraint("level IN ('county', 'town', 'village', 'group')", name="level_known"),
        CheckConstraint("gb_id ~ '^[0-9]{20}$'", name="gb_id_form"),
    )


class Household(Base):
    """An opaque household under a group; its name is what the family calls its home."""

    __tablename__ = "household"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    group: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["town", "group"], ["area.town", "area.code"]),
        Index(None, "town", "group"),
    )


class Room(Base):
    """A monitor room of an area."""

    __tablename__ = "room"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    name: Mapped[str]
    __table_args__ = (ForeignKeyConstraint(["town", "area"], ["area.town", "area.code"]),)
