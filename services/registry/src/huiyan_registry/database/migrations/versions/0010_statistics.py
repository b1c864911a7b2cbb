"""The service may tell the planner that much has come in at once.

After an import of 100,000 cameras the planner still believes in an empty table, until autovacuum
comes round in a minute: one count of the town took 8 s meanwhile, and others waited. Only an owner
may run ANALYZE (before PostgreSQL 17, whose MAINTAIN would be the same right): hence a function of
the owner, which takes nothing from outside.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APP = "huiyan_app"
FUNCTION = """
CREATE FUNCTION refresh_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  ANALYZE area, household, camera, outbox;
END
$$
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION refresh_statistics() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION refresh_statistics() TO {APP}")


def downgrade() -> None:
    op.execute("DROP FUNCTION refresh_statistics()")
