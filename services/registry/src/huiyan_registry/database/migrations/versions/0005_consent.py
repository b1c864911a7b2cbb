"""Consent scopes, member rights, break-glass."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet: filled by its room."""


def downgrade() -> None:
    """The opposite."""
