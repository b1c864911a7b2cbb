"""Second factor, vetting, training, agreements, new roles."""

import sqlalchemy as sa
from alembic import op
from huiyan_registry.database.put_aside import (
    bring_columns,
    bring_rows,
    bring_table,
    put_columns,
    put_rows,
    put_table,
)
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APP = "huiyan_app"
RIGHTS = {
    # A document that was signed never changes.
    "SELECT, INSERT": ("agreement_document",),
    "SELECT, INSERT, UPDATE": ("vetting", "training", "agreement"),
    "SELECT, INSERT, UPDATE, DELETE": ("second_step", "totp", "passkey"),
}
OLD_ROLES = ("household_owner", "relative", "clerk", "operator", "room_admin", "probe")
NEW_ROLES = ("police", "grid_officer", "installer", "administrator", "auditor")
_TIME = sa.DateTime(timezone=True)
# Who is named stands before who names it.
_TABLES = (
    *("vetting", "training", "agreement", "agreement_document"),
    *("second_step", "totp", "passkey"),
)
_OF_ROLES = ("given_by", "ended_by")
_OF_PEOPLE = ("must_change_password", "vetted_at", "vetted_until", "trained_at", "trained_until")


def _known(roles: tuple[str, ...]) -> str:
    return f"role IN ({', '.join(repr(role) for role in roles)})"


def _of_principal(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["town", "principal"],
        ["principal.town", "principal.id"],
        name=op.f(f"fk_{table}_town_principal"),
    )


def upgrade() -> None:
    op.drop_constraint(op.f("ck_role_assignment_role_known"), "role_assignment", type_="check")
    op.create_check_constraint(
        op.f("ck_role_assignment_role_known"), "role_assignment", _known(OLD_ROLES + NEW_ROLES)
    )
    op.add_column("role_assignment", sa.Column("given_by", sa.Text(), nullable=True))
    op.add_column("role_assignment", sa.Column("ended_by", sa.Text(), nullable=True))
    op.add_column(
        "principal",
        sa.Column(
            "must_change_password", sa.Boolean(), nullable=False, server_default=sa.text("false")
        ),
    )
    for column in ("vetted_at", "vetted_until", "trained_at", "trained_until"):
        op.add_column("principal", sa.Column(column, _TIME, nullable=True))
    _second_factor()
    _records()
    for table in _TABLES:
        bring_table(revision, table)
    bring_columns(revision, "principal", _OF_PEOPLE)
    bring_columns(revision, "role_assignment", _OF_ROLES)
    bring_rows(revision, "role_assignment")
    # An agreement of before this release goes on; vetting and training were never recorded.
    op.execute(
        "INSERT INTO agreement (town, id, principal, valid_from, valid_until, text_version, "
        "recorded_at) SELECT town, 'agr_' || substr(translate(md5(id), '0189', 'abcd'), 1, 16), "
        "id, least(created_at, agreement_valid_until - interval '1 second'), "
        "agreement_valid_until, '', created_at "
        "FROM principal WHERE agreement_valid_until IS NOT NULL AND NOT EXISTS (SELECT FROM "
        "agreement known WHERE known.town = principal.town AND known.principal = principal.id "
        "AND known.valid_until = principal.agreement_valid_until)"
    )
    for rights, tables in RIGHTS.items():
        for table in tables:
            op.execute(f"GRANT {rights} ON {table} TO {APP}")


def _second_factor() -> None:
    op.create_table(
        "second_step",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        sa.CheckConstraint("kind IN ('login', 'enrol')", name=op.f("ck_second_step_kind_known")),
        _of_principal("second_step"),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_second_step")),
        sa.UniqueConstraint("town", "token_hash", name=op.f("uq_second_step_town_token_hash")),
    )
    op.create_index(op.f("ix_second_step_expires_at"), "second_step", ["expires_at"], unique=False)
    op.create_table(
        "totp",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", _TIME, nullable=True),
        _of_principal("totp"),
        sa.PrimaryKeyConstraint("town", "principal", name=op.f("pk_totp")),
    )
    op.create_table(
        "passkey",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=True),
        _of_principal("passkey"),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("town", "credential_id", name=op.f("uq_passkey_town_credential_id")),
    )
    op.create_index(op.f("ix_passkey_town_principal"), "passkey", ["town", "principal"])


def _records() -> None:
    for table, told in (("vetting", "vetted_by"), ("training", "course")):
        op.create_table(
            table,
            sa.Column("town", sa.Text(), nullable=False),
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("principal", sa.Text(), nullable=False),
            sa.Column(told, sa.Text(), nullable=False),
            sa.Column("valid_until", _TIME, nullable=True),
            sa.Column("recorded_by", sa.Text(), nullable=True),
            sa.Column("recorded_at", _TIME, nullable=False),
            sa.Column("withdrawn_by", sa.Text(), nullable=True),
            sa.Column("withdrawn_at", _TIME, nullable=True),
            _of_principal(table),
            sa.PrimaryKeyConstraint("town", "id", name=op.f(f"pk_{table}")),
        )
        op.create_index(
            f"uq_{table}_open",
            table,
            ["town", "principal"],
            unique=True,
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )
    op.create_table(
        "agreement",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("valid_from", _TIME, nullable=False),
        sa.Column("valid_until", _TIME, nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", _TIME, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_agreement_some_time")),
        _of_principal("agreement"),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_agreement")),
    )
    op.create_index(
        op.f("ix_agreement_town_principal"), "agreement", ["town", "principal"], unique=False
    )
    op.create_table(
        "agreement_document",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('application/pdf', 'image/png')",
            name=op.f("ck_agreement_document_media_type_known"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "agreement"],
            ["agreement.town", "agreement.id"],
            name=op.f("fk_agreement_document_town_agreement"),
        ),
        sa.PrimaryKeyConstraint("town", "agreement", name=op.f("pk_agreement_document")),
    )


def downgrade() -> None:
    """Roles that the older release does not know wait aside."""
    put_rows(revision, "role_assignment", f"NOT ({_known(OLD_ROLES)})")
    put_columns(revision, "role_assignment", _OF_ROLES)
    put_columns(revision, "principal", _OF_PEOPLE)
    for table in reversed(_TABLES):
        put_table(revision, table)
        op.drop_table(table)
    for column in _OF_PEOPLE:
        op.drop_column("principal", column)
    for column in _OF_ROLES:
        op.drop_column("role_assignment", column)
    op.drop_constraint(op.f("ck_role_assignment_role_known"), "role_assignment", type_="check")
    op.create_check_constraint(
        op.f("ck_role_assignment_role_known"), "role_assignment", _known(OLD_ROLES)
    )
