"""What was measured while cameras were put into service."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from huiyan_registry.database.base import Base


class ProbedDevice(Base):
    """What the last probe of an address told of the device there. No login is kept."""

    __tablename__ = "probed_device"
    town: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    port: Mapped[int] = mapped_column(Integer(), primary_key=True)
    maker: Mapped[str]
    model: Mapped[str]
    firmware: Mapped[str]
    serial: Mapped[str]
    service: Mapped[str]
    clock_offset_ms: Mapped[int | None] = mapped_column(Integer())
    probed_by: Mapped[str]
    probed_at: Mapped[datetime]


class CameraOnboarding(Base):
    """What the last live check measured of a camera. Offsets: camera clock minus ours."""

    __tablename__ = "camera_onboarding"
    town: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str] = mapped_column(primary_key=True)
    maker: Mapped[str]
    model: Mapped[str]
    firmware: Mapped[str]
    serial: Mapped[str]
    codec: Mapped[str]
    width: Mapped[int] = mapped_column(Integer())
    height: Mapped[int] = mapped_column(Integer())
    fps: Mapped[float]
    gop_ms: Mapped[int] = mapped_column(Integer())
    b_frames: Mapped[bool]
    clock_offset_ms: Mapped[int | None] = mapped_column(Integer())
    checked_by: Mapped[str]
    checked_at: Mapped[datetime]
    __table_args__ = (ForeignKeyConstraint(["town", "camera"], ["camera.town", "camera.id"]),)
