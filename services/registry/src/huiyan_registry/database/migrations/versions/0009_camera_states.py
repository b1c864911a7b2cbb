"""Who moved a camera from state to state, and why."""

import sqlalchemy as sa
from alembic import op
from huiyan_registry.database.put_aside import bring_table, put_table

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP = "huiyan_app"
TABLE = "camera_state_change"
# As in 0008: the system's own work, or the rows of cameras that are there for this transaction.
_SYSTEM = "(SELECT CASE current_setting('huiyan.rows', true) WHEN 'all' THEN 1 ELSE 0 END) <> 0"
_SCOPED = (
    "(SELECT current_setting('huiyan.rows', true)) = 'some' "
    "AND town = (SELECT current_setting('huiyan.town', true)) "
    "AND EXISTS (SELECT 1 FROM camera other WHERE other.town = camera_state_change.town "
    "AND other.id = camera_state_change.camera)"
)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["town", "camera"],
            ["camera.town", "camera.id"],
            name=op.f("fk_camera_state_change_town_camera"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_camera_state_change")),
    )
    op.create_index(op.f("ix_camera_state_change_town_camera_at"), TABLE, ["town", "camera", "at"])
    bring_table(revision, TABLE)
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY everything ON {TABLE} TO {APP} USING ({_SYSTEM})")
    op.execute(f"CREATE POLICY scoped ON {TABLE} TO {APP} USING ({_SCOPED})")


def downgrade() -> None:
    put_table(revision, TABLE)
    op.drop_table(TABLE)
