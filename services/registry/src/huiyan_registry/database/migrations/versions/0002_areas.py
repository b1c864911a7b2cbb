"""Areas merge, have aliases, officers; rooms watch several areas."""

import sqlalchemy as sa
from alembic import op
from huiyan_registry.camera.search import grams
from huiyan_registry.database.put_aside import (
    bring_columns,
    bring_table,
    put_columns,
    put_table,
)
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APP = "huiyan_app"
RIGHTS = {"SELECT, INSERT, UPDATE, DELETE": ("area_alias", "room_area")}
_OF_ROOMS = ("kind", "closed_at")


def upgrade() -> None:
    op.create_index(
        "ix_area_merged",
        "area",
        ["town", "code"],
        postgresql_where=sa.text("successor IS NOT NULL"),
    )
    op.create_index(op.f("ix_camera_town_updated_at"), "camera", ["town", "updated_at"])
    op.create_table(
        "area_alias",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "scheme ~ '^[a-z][a-z0-9_]{0,31}$'", name=op.f("ck_area_alias_scheme_form")
        ),
        sa.ForeignKeyConstraint(
            ["town", "area"], ["area.town", "area.code"], name=op.f("fk_area_alias_town_area")
        ),
        sa.PrimaryKeyConstraint("town", "scheme", "code", name=op.f("pk_area_alias")),
    )
    op.create_index(op.f("ix_area_alias_town_area"), "area_alias", ["town", "area"])
    op.add_column("household", sa.Column("name_grams", postgresql.ARRAY(sa.Text()), nullable=True))
    _fill_grams()
    op.alter_column("household", "name_grams", nullable=False)
    op.create_index("ix_household_name_grams", "household", ["name_grams"], postgresql_using="gin")
    op.add_column("room", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("room", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE room SET kind = CASE area.level WHEN 'county' THEN 'county_centre' "
        "WHEN 'town' THEN 'town' ELSE 'village' END "
        "FROM area WHERE area.town = room.town AND area.code = room.area"
    )
    bring_columns(revision, "room", _OF_ROOMS)
    op.alter_column("room", "kind", nullable=False)
    op.create_check_constraint(
        op.f("ck_room_kind_known"),
        "room",
        "kind IN ('village', 'community', 'town', 'county_centre', 'police')",
    )
    op.create_table(
        "room_area",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["town", "area"], ["area.town", "area.code"], name=op.f("fk_room_area_town_area")
        ),
        sa.ForeignKeyConstraint(
            ["town", "room"], ["room.town", "room.id"], name=op.f("fk_room_area_town_room")
        ),
        sa.PrimaryKeyConstraint("town", "room", "area", name=op.f("pk_room_area")),
    )
    op.create_index(op.f("ix_room_area_town_area"), "room_area", ["town", "area"])
    for table in ("area_alias", "room_area"):
        bring_table(revision, table)
    for rights, tables in RIGHTS.items():
        for table in tables:
            op.execute(f"GRANT {rights} ON {table} TO {APP}")


def _fill_grams() -> None:
    """Names of homes that are there already become findable."""
    connection = op.get_bind()
    homes = connection.execute(sa.text("SELECT town, id, name FROM household")).all()
    wanted = [{"town": home.town, "id": home.id, "grams": grams(home.name)} for home in homes]
    if wanted:
        connection.execute(
            sa.text("UPDATE household SET name_grams = :grams WHERE town = :town AND id = :id"),
            wanted,
        )


def downgrade() -> None:
    for table in ("area_alias", "room_area"):
        put_table(revision, table)
    put_columns(revision, "room", _OF_ROOMS)
    op.drop_table("room_area")
    op.drop_constraint(op.f("ck_room_kind_known"), "room")
    op.drop_column("room", "closed_at")
    op.drop_column("room", "kind")
    op.drop_index("ix_household_name_grams", table_name="household")
    op.drop_column("household", "name_grams")
    op.drop_table("area_alias")
    op.drop_index(op.f("ix_camera_town_updated_at"), table_name="camera")
    op.drop_index("ix_area_merged", table_name="area")
