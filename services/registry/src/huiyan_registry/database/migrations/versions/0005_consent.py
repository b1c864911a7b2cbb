"""Consent scopes, member rights, break-glass."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from huiyan_registry.database.put_aside import (
    bring_columns,
    bring_rows,
    bring_table,
    put_columns,
    put_rows,
    put_table,
    was_put,
)
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APP = "huiyan_app"
_SCOPES = (
    "scope ~ '^(live_(village|town|county|police)|record|retrieve_after_event|relatives|tv"
    "|analytics_[a-z]+)$'"
)
_ALL_RIGHTS = "'{live,playback,alarms,talk,ptz}'"
_OF_MAINTENANCE = ("household", "given_by_name")
_OF_REGISTER = ("break_glass", "approver")
# A link that was withdrawn must not open a door in the older release: it ends there by its time.
_OF_LINKS = ("rights", "withdrawn_at", "expires_at")
_KNOWN_RIGHTS = "rights <@ ARRAY['live', 'playback', 'alarms', 'talk', 'ptz']"


def _consent_columns() -> tuple[sa.Column[Any], ...]:
    # Made anew for each call: a column belongs to one table at a time.
    return (
        sa.Column("camera", sa.Text(), nullable=True),
        sa.Column("hours", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column(
            "purposes", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("text_version", sa.Text(), nullable=True),
        sa.Column("text_sha256", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("signatory", sa.Text(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("signed_on_site", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=True),
    )


def upgrade() -> None:
    _widen_consent()
    _tell_of_maintenance()
    _rights_of_relatives()
    _break_glass()
    op.add_column("access_register", sa.Column("break_glass", sa.Text(), nullable=True))
    op.add_column("access_register", sa.Column("approver", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_view_event_town_recorded_at"), "view_event", ["town", "recorded_at"], unique=False
    )
    _bring_back()


def _bring_back() -> None:
    for table in ("break_glass", "break_glass_camera"):
        bring_table(revision, table)
    bring_columns(revision, "access_register", _OF_REGISTER)
    bring_columns(revision, "maintenance_consent", _OF_MAINTENANCE)
    bring_columns(revision, "one_time_link", _OF_LINKS)
    bring_columns(revision, "role_assignment", ("rights",))
    bring_rows(revision, "role_assignment")
    bring_columns(revision, "consent", [column.name for column in _consent_columns()])
    if put := was_put(revision, "consent", "rows"):
        # Who withdrew anything in the older release meant all of it.
        op.execute(
            f"UPDATE {put} AS was SET withdrawn_at = now() "  # noqa: S608 - a table of ours
            "WHERE withdrawn_at IS NULL AND EXISTS (SELECT FROM consent WHERE "
            "consent.town = was.town AND consent.household = was.household "
            "AND consent.withdrawn_at > was.put_aside_at)"
        )
    bring_rows(revision, "consent")


def _widen_consent() -> None:
    for column in _consent_columns():
        op.add_column("consent", column)
    op.create_foreign_key(
        op.f("fk_consent_town_camera"), "consent", "camera", ["town", "camera"], ["town", "id"]
    )
    op.drop_constraint(op.f("ck_consent_scope_known"), "consent", type_="check")
    op.create_check_constraint(op.f("ck_consent_scope_known"), "consent", _SCOPES)
    op.create_check_constraint(
        op.f("ck_consent_signed_on_site"), "consent", "NOT signed_on_site OR signature IS NOT NULL"
    )
    op.drop_index("uq_consent_open", table_name="consent")
    for name, columns, which in (
        ("uq_consent_open", ["town", "household", "scope"], "camera IS NULL"),
        ("uq_consent_open_camera", ["town", "household", "scope", "camera"], "camera IS NOT NULL"),
    ):
        op.create_index(
            name,
            "consent",
            columns,
            unique=True,
            postgresql_where=sa.text(f"withdrawn_at IS NULL AND {which}"),
        )
    op.create_index(
        op.f("ix_consent_town_household"), "consent", ["town", "household"], unique=False
    )


def _tell_of_maintenance() -> None:
    op.add_column("maintenance_consent", sa.Column("household", sa.Text(), nullable=True))
    op.add_column(
        "maintenance_consent",
        sa.Column("given_by_name", sa.Text(), server_default=sa.text("''"), nullable=False),
    )
    op.execute(
        "UPDATE maintenance_consent AS m SET household = c.household FROM camera AS c "
        "WHERE c.town = m.town AND c.id = m.camera"
    )
    for columns in (["town", "household", "opened_at"], ["town", "opened_at"]):
        op.create_index(
            op.f(f"ix_maintenance_consent_{'_'.join(columns)}"),
            "maintenance_consent",
            columns,
            unique=False,
        )


def _rights_of_relatives() -> None:
    for table in ("role_assignment", "one_time_link"):
        # Who was there before goes on as before; the service always writes the rights itself.
        op.add_column(
            table,
            sa.Column(
                "rights",
                postgresql.ARRAY(sa.Text()),
                server_default=sa.text(_ALL_RIGHTS),
                nullable=False,
            ),
        )
        op.create_check_constraint(op.f(f"ck_{table}_rights_known"), table, _KNOWN_RIGHTS)
    op.add_column(
        "one_time_link", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(op.f("ix_one_time_link_town_household"), "one_time_link", ["town", "household"])


def _break_glass() -> None:
    op.create_table(
        "break_glass",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("asker_name", sa.Text(), nullable=False),
        sa.Column("asker_role", sa.Text(), nullable=False),
        sa.Column("asker_area", sa.Text(), nullable=False),
        sa.Column("purpose_code", sa.Text(), nullable=False),
        sa.Column("purpose_text", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver", sa.Text(), nullable=True),
        sa.Column("approver_name", sa.Text(), nullable=True),
        sa.Column("approver_role", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("asker <> approver", name=op.f("ck_break_glass_two_people")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 60", name=op.f("ck_break_glass_one_hour")),
        sa.CheckConstraint(
            "(approver IS NULL) = (approved_at IS NULL) AND "
            "(approved_at IS NULL) = (expires_at IS NULL)",
            name=op.f("ck_break_glass_approved_whole"),
        ),
        sa.CheckConstraint(
            "expires_at <= approved_at + interval '60 minutes'",
            name=op.f("ck_break_glass_ends_in_an_hour"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "asker"],
            ["principal.town", "principal.id"],
            name=op.f("fk_break_glass_town_asker"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "approver"],
            ["principal.town", "principal.id"],
            name=op.f("fk_break_glass_town_approver"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_break_glass")),
    )
    op.create_table(
        "break_glass_camera",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("break_glass", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["town", "break_glass"],
            ["break_glass.town", "break_glass.id"],
            name=op.f("fk_break_glass_camera_town_break_glass"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "camera"],
            ["camera.town", "camera.id"],
            name=op.f("fk_break_glass_camera_town_camera"),
        ),
        sa.PrimaryKeyConstraint(
            "town", "break_glass", "camera", name=op.f("pk_break_glass_camera")
        ),
    )
    for table, columns in (
        ("break_glass", ["town", "asker"]),
        ("break_glass", ["town", "approved_at"]),
        ("break_glass", ["town", "asked_at"]),
        ("break_glass_camera", ["town", "household"]),
    ):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns, unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON break_glass TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON break_glass_camera TO {APP}")


def downgrade() -> None:
    _put_aside()
    op.drop_index(op.f("ix_view_event_town_recorded_at"), table_name="view_event")
    op.drop_column("access_register", "approver")
    op.drop_column("access_register", "break_glass")
    op.drop_table("break_glass_camera")
    op.drop_table("break_glass")
    op.drop_index(op.f("ix_one_time_link_town_household"), table_name="one_time_link")
    op.drop_column("one_time_link", "withdrawn_at")
    for table in ("one_time_link", "role_assignment"):
        op.drop_column(table, "rights")
    for columns in ("town_opened_at", "town_household_opened_at"):
        op.drop_index(op.f(f"ix_maintenance_consent_{columns}"), table_name="maintenance_consent")
    op.drop_column("maintenance_consent", "given_by_name")
    op.drop_column("maintenance_consent", "household")
    _narrow_consent()


def _put_aside() -> None:
    """The older form knows two scopes for the whole household at any hour, and relatives who see
    everything: what it would widen or cannot say waits."""
    put_rows(
        revision,
        "consent",
        "scope NOT IN ('live_village', 'live_town') "
        "OR camera IS NOT NULL OR hours <> '[]' OR purposes <> '{}'",
    )
    put_columns(revision, "consent", [column.name for column in _consent_columns()])
    put_rows(revision, "role_assignment", "role = 'relative' AND NOT 'live' = ANY (rights)")
    put_columns(revision, "role_assignment", ("rights",))
    put_columns(revision, "one_time_link", _OF_LINKS)
    op.execute(
        "UPDATE one_time_link SET expires_at = least(expires_at, withdrawn_at) "
        "WHERE withdrawn_at IS NOT NULL"
    )
    put_columns(revision, "maintenance_consent", _OF_MAINTENANCE)
    put_columns(revision, "access_register", _OF_REGISTER)
    for table in ("break_glass", "break_glass_camera"):
        put_table(revision, table)


def _narrow_consent() -> None:
    op.drop_index(op.f("ix_consent_town_household"), table_name="consent")
    op.drop_index("uq_consent_open_camera", table_name="consent")
    op.drop_index("uq_consent_open", table_name="consent")
    op.drop_constraint(op.f("ck_consent_signed_on_site"), "consent", type_="check")
    op.drop_constraint(op.f("ck_consent_scope_known"), "consent", type_="check")
    op.drop_constraint(op.f("fk_consent_town_camera"), "consent", type_="foreignkey")
    for column in reversed(_consent_columns()):
        op.drop_column("consent", column.name)
    op.create_check_constraint(
        op.f("ck_consent_scope_known"), "consent", "scope IN ('live_village', 'live_town')"
    )
    op.create_index(
        "uq_consent_open",
        "consent",
        ["town", "household", "scope"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
