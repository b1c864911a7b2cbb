"""Onboarding facts of cameras."""

import sqlalchemy as sa
from alembic import op
from huiyan_registry.database.put_aside import (
    bring_columns,
    bring_table,
    put_columns,
    put_table,
)

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APP = "huiyan_app"
_TABLES = ("probed_device", "camera_onboarding")
_OF_CAMERAS = ("live_check_at", "live_check_until")


def upgrade() -> None:
    for name in _OF_CAMERAS:
        op.add_column("camera", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    bring_columns(revision, "camera", _OF_CAMERAS)
    op.create_table(
        "probed_device",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("firmware", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("clock_offset_ms", sa.Integer(), nullable=True),
        sa.Column("probed_by", sa.Text(), nullable=False),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("town", "address", "port", name=op.f("pk_probed_device")),
    )
    op.create_table(
        "camera_onboarding",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("firmware", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("fps", sa.Float(), nullable=False),
        sa.Column("gop_ms", sa.Integer(), nullable=False),
        sa.Column("b_frames", sa.Boolean(), nullable=False),
        sa.Column("clock_offset_ms", sa.Integer(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["town", "camera"],
            ["camera.town", "camera.id"],
            name=op.f("fk_camera_onboarding_town_camera"),
        ),
        sa.PrimaryKeyConstraint("town", "camera", name=op.f("pk_camera_onboarding")),
    )
    for table in _TABLES:
        bring_table(revision, table)
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP}")


def downgrade() -> None:
    put_columns(revision, "camera", _OF_CAMERAS)
    for table in reversed(_TABLES):
        put_table(revision, table)
        op.drop_table(table)
    for name in reversed(_OF_CAMERAS):
        op.drop_column("camera", name)
