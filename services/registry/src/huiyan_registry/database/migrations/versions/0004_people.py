"""Second factor, vetting, training, agreements, new roles."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet: filled by its room."""


def downgrade() -> None:
    """The opposite."""
