"""Chain and heads of the access register."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet: filled by its room."""


def downgrade() -> None:
    """The opposite."""
