"""Cameras: purpose, place, signage, mask, retention."""

import sqlalchemy as sa
from alembic import op
from huiyan_registry.database.put_aside import (
    bring_columns,
    bring_table,
    put_columns,
    put_table,
)
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APP = "huiyan_app"
# What the cameras that are there already are for, by what they watch.
_PURPOSES = """
    UPDATE camera SET purpose_code = CASE
        WHEN legal_class = 'household' THEN 'home'
        WHEN site_kind = 'road' THEN 'traffic'
        WHEN site_kind = 'school' THEN 'school'
        WHEN site_kind = 'geohazard' THEN 'geohazard'
        WHEN site_kind = 'reservoir' THEN 'flood'
        WHEN site_kind IN ('forest_fire', 'thermal') THEN 'fire'
        WHEN site_kind = 'straw_burning' THEN 'burning'
        ELSE 'order' END,
    retention_class = CASE WHEN legal_class = 'household' THEN 'days_7' ELSE 'days_30' END
"""
_CHECKS = {
    "location": "(lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (datum IS NULL) "
    "AND lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180",
    "datum_known": "datum IN ('wgs84', 'gcj02', 'bd09')",
}
_COLUMNS = (
    ("purpose_code", sa.Text()),
    ("retention_class", sa.Text()),
    ("lat", sa.Float()),
    ("lon", sa.Float()),
    ("datum", sa.Text()),
    ("mask", postgresql.JSONB(none_as_null=True, astext_type=sa.Text())),
    ("notice_code", sa.Text()),
    ("sign_posted_on", sa.Date()),
    ("sign_photo_at", sa.DateTime(timezone=True)),
)
_ALL = (*(name for name, _ in _COLUMNS), "purpose_text", "mask_applied")


def upgrade() -> None:
    for name, kind in _COLUMNS:
        op.add_column("camera", sa.Column(name, kind, nullable=True))
    op.add_column("camera", sa.Column("purpose_text", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "camera",
        sa.Column("mask_applied", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute(_PURPOSES)
    bring_columns(revision, "camera", _ALL)
    for name in ("purpose_code", "retention_class"):
        op.alter_column("camera", name, nullable=False)
    for name, rule in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_camera_{name}"), "camera", rule)
    op.create_unique_constraint(
        op.f("uq_camera_town_notice_code"), "camera", ["town", "notice_code"]
    )
    op.create_table(
        "sign_photo",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("taken_in_by", sa.Text(), nullable=False),
        sa.Column("taken_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png')",
            name=op.f("ck_sign_photo_media_type_known"),
        ),
        sa.CheckConstraint("octet_length(content) <= 4194304", name=op.f("ck_sign_photo_size")),
        sa.ForeignKeyConstraint(
            ["town", "camera"],
            ["camera.town", "camera.id"],
            name=op.f("fk_sign_photo_town_camera"),
        ),
        sa.PrimaryKeyConstraint("town", "camera", name=op.f("pk_sign_photo")),
    )
    bring_table(revision, "sign_photo")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON sign_photo TO {APP}")


def downgrade() -> None:
    put_table(revision, "sign_photo")
    put_columns(revision, "camera", _ALL)
    op.drop_table("sign_photo")
    op.drop_constraint(op.f("uq_camera_town_notice_code"), "camera", type_="unique")
    for name in _CHECKS:
        op.drop_constraint(op.f(f"ck_camera_{name}"), "camera", type_="check")
    for name in reversed(_ALL):
        op.drop_column("camera", name)
