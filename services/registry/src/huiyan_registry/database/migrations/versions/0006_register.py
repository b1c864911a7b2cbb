"""Chain and heads of the access register."""

import sqlalchemy as sa
from alembic import op
from huiyan_registry.database.put_aside import bring_table, put_table

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APP = "huiyan_app"
SOURCES = {
    "access_register": (
        'INSERT INTO register_unsealed (town, source, "row") '
        "SELECT town, 'access_register', id FROM access_register here WHERE NOT EXISTS "
        "(SELECT FROM register_link l WHERE l.town = here.town "
        "AND l.source = 'access_register' AND l.\"row\" = here.id)"
    ),
    "view_event": (
        'INSERT INTO register_unsealed (town, source, "row") '
        "SELECT town, 'view_event', id FROM view_event here WHERE NOT EXISTS "
        "(SELECT FROM register_link l WHERE l.town = here.town "
        "AND l.source = 'view_event' AND l.\"row\" = here.id)"
    ),
}
# The service adds links and heads and changes none; of the queue it removes what it has chained.
RIGHTS = {"register_link": "SELECT, INSERT", "register_head": "SELECT, INSERT"}
QUEUE_FUNCTION = """
CREATE FUNCTION queue_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO register_unsealed (town, source, "row") VALUES (NEW.town, TG_TABLE_NAME, NEW.id);
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "register_link",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "source IN ('access_register', 'view_event')",
            name=op.f("ck_register_link_source_known"),
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_register_link_seq_from_one")),
        sa.PrimaryKeyConstraint("town", "seq", name=op.f("pk_register_link")),
        sa.UniqueConstraint("town", "source", "row", name=op.f("uq_register_link_town_source_row")),
    )
    op.create_table(
        "register_head",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("town", "seq", name=op.f("pk_register_head")),
    )
    op.create_table(
        "register_unsealed",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("town", "source", "row", name=op.f("pk_register_unsealed")),
    )
    for table, rights in RIGHTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON register_unsealed TO {APP}")
    # A chain that was put aside goes on where it ended: auditors hold its heads.
    for table in ("register_link", "register_head"):
        bring_table(revision, table)
    op.execute(QUEUE_FUNCTION)
    for source, fill in SOURCES.items():
        op.execute(
            f"CREATE TRIGGER queue_unsealed AFTER INSERT ON {source} "
            "FOR EACH ROW EXECUTE FUNCTION queue_unsealed()"
        )
        # What was written before there was a chain becomes its beginning; what was written while
        # the chain was away follows.
        op.execute(fill)
    for columns in (["town", "camera", "at"], ["town", "principal", "at"], ["town", "at"]):
        op.create_index(
            op.f(f"ix_access_register_{'_'.join(columns)}"),
            "access_register",
            columns,
            unique=False,
        )


def downgrade() -> None:
    for columns in (["town", "camera", "at"], ["town", "principal", "at"], ["town", "at"]):
        op.drop_index(op.f(f"ix_access_register_{'_'.join(columns)}"), "access_register")
    for source in SOURCES:
        op.execute(f"DROP TRIGGER queue_unsealed ON {source}")
    op.execute("DROP FUNCTION queue_unsealed()")
    for table in ("register_head", "register_link"):
        put_table(revision, table)
    for table in ("register_unsealed", "register_head", "register_link"):
        op.drop_table(table)
