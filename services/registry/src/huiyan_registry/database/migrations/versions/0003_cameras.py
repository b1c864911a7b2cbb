"""Cameras: purpose, place, signage, mask, retention."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet: filled by its room."""


def downgrade() -> None:
    """The opposite."""
