"""Areas of a town (its county's row included), households and monitor rooms."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.area.codes import Level, level_of
from huiyan_registry.camera.search import grams
from huiyan_registry.database.base import Base


class RoomKind(StrEnum):
    """Whose monitor room it is."""

    VILLAGE = "village"
    COMMUNITY = "community"
    TOWN = "town"
    COUNTY_CENTRE = "county_centre"
    POLICE = "police"


_KINDS = {Level.COUNTY: RoomKind.COUNTY_CENTRE, Level.TOWN: RoomKind.TOWN}


def _written(context: DefaultExecutionContext, column: str) -> str:
    values = context.get_current_parameters()  # type: ignore[no-untyped-call] # SQLAlchemy's own
    return str(values[column])


def _kind(context: DefaultExecutionContext) -> str:
    """The kind of a room whose maker names none: that of its area's level."""
    return _KINDS.get(level_of(_written(context, "area")), RoomKind.VILLAGE).value


def _grams(context: DefaultExecutionContext) -> list[str]:
    return grams(_written(context, "name"))


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
        Index("ix_area_merged", "town", "code", postgresql_where=text("successor IS NOT NULL")),
    )


class AreaAlias(Base):
    """What another scheme calls an area; a code of a scheme names one area."""

    __tablename__ = "area_alias"
    town: Mapped[str] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    __table_args__ = (
        ForeignKeyConstraint(["town", "area"], ["area.town", "area.code"]),
        CheckConstraint("scheme ~ '^[a-z][a-z0-9_]{0,31}$'", name="scheme_form"),
        Index(None, "town", "area"),
    )


class Household(Base):
    """An opaque household under a group; its name is what the family calls its home."""

    __tablename__ = "household"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    group: Mapped[str]
    name: Mapped[str]
    name_grams: Mapped[list[str]] = mapped_column(default=_grams)
    created_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["town", "group"], ["area.town", "area.code"]),
        Index(None, "town", "group"),
        Index("ix_household_name_grams", "name_grams", postgresql_using="gin"),
    )


class Room(Base):
    """A monitor room of an area, and perhaps of more (`room_area`). A closed one has no staff."""

    __tablename__ = "room"
    town: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default=_kind)
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["town", "area"], ["area.town", "area.code"]),
        CheckConstraint(
            "kind IN ('village', 'community', 'town', 'county_centre', 'police')",
            name="kind_known",
        ),
    )


class RoomArea(Base):
    """A further area of a room, besides the one at which it stands."""

    __tablename__ = "room_area"
    town: Mapped[str] = mapped_column(primary_key=True)
    room: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (
        ForeignKeyConstraint(["town", "room"], ["room.town", "room.id"]),
        ForeignKeyConstraint(["town", "area"], ["area.town", "area.code"]),
        Index(None, "town", "area"),
    )
