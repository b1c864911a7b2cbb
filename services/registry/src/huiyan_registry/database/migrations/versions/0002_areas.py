"""Areas merge, have aliases, officers; rooms watch several areas."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet: filled by its room."""


def downgrade() -> None:
    """The opposite."""
