"""First tables of the registry, and the rights of the service's role."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APP = "huiyan_app"
# What the service may do with each table; the register only grows.
RIGHTS = {
    "SELECT": ("alembic_version",),
    "SELECT, INSERT": ("access_register", "view_event"),
    "SELECT, INSERT, UPDATE": (
        "area",
        "household",
        "room",
        "principal",
        "role_assignment",
        "login_session",
        "one_time_link",
        "camera",
        "consent",
        "maintenance_consent",
        "view_grant",
        "granted_view",
        "revocation",
    ),
    "SELECT, INSERT, UPDATE, DELETE": ("outbox", "used_proof"),
}


def upgrade() -> None:
    op.create_table(
        "area",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor", sa.Text(), nullable=True),
        sa.Column("gb_id", sa.Text(), nullable=True),
        sa.CheckConstraint("code ~ '^[0-9]{12}([0-9]{3})?$'", name=op.f("ck_area_code_form")),
        sa.CheckConstraint("gb_id ~ '^[0-9]{20}$'", name=op.f("ck_area_gb_id_form")),
        sa.CheckConstraint(
            "level IN ('county', 'town', 'village', 'group')", name=op.f("ck_area_level_known")
        ),
        sa.ForeignKeyConstraint(
            ["town", "parent"], ["area.town", "area.code"], name=op.f("fk_area_town_parent")
        ),
        sa.ForeignKeyConstraint(
            ["town", "successor"], ["area.town", "area.code"], name=op.f("fk_area_town_successor")
        ),
        sa.PrimaryKeyConstraint("town", "code", name=op.f("pk_area")),
    )
    op.create_table(
        "outbox",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "revocation",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("spare_own", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('grant', 'session', 'principal', 'camera')",
            name=op.f("ck_revocation_kind_known"),
        ),
        sa.PrimaryKeyConstraint("town", "kind", "subject", name=op.f("pk_revocation")),
    )
    op.create_table(
        "view_event",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grant", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("first_frame_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_frame_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('started', 'ended')", name=op.f("ck_view_event_kind_known")),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_view_event")),
    )
    op.create_index(
        op.f("ix_view_event_town_grant_camera_stream_first_frame_at"),
        "view_event",
        ["town", "grant", "camera", "stream", "first_frame_at"],
        unique=False,
    )
    op.create_table(
        "household",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["town", "group"], ["area.town", "area.code"], name=op.f("fk_household_town_group")
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_household")),
    )
    op.create_index(op.f("ix_household_town_group"), "household", ["town", "group"], unique=False)
    op.create_table(
        "room",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["town", "area"], ["area.town", "area.code"], name=op.f("fk_room_town_area")
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_room")),
    )
    op.create_table(
        "camera",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_grams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("legal_class", sa.Text(), nullable=False),
        sa.Column("site_kind", sa.Text(), nullable=False),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("placement_attested_by", sa.Text(), nullable=True),
        sa.Column("placement_attested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("main_url", sa.Text(), nullable=False),
        sa.Column("sub_url", sa.Text(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("max_rtsp_sessions", sa.Integer(), nullable=False),
        sa.Column("uplink_kbps", sa.Integer(), nullable=False),
        sa.Column("warm", sa.Boolean(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("off_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_by", sa.Text(), nullable=True),
        sa.Column("gb_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(legal_class = 'household') = (household IS NOT NULL)",
            name=op.f("ck_camera_household"),
        ),
        sa.CheckConstraint("gb_id ~ '^[0-9]{20}$'", name=op.f("ck_camera_gb_id_form")),
        sa.CheckConstraint(
            "legal_class IN ('gov_public', 'site_public', 'other_public', 'household')",
            name=op.f("ck_camera_legal_class_known"),
        ),
        sa.CheckConstraint(
            "position('@' in split_part(main_url, '/', 3)) = 0", name=op.f("ck_camera_no_user_info")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'verified', 'active', 'suspended', 'retired')",
            name=op.f("ck_camera_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "area"], ["area.town", "area.code"], name=op.f("fk_camera_town_area")
        ),
        sa.ForeignKeyConstraint(
            ["town", "household"],
            ["household.town", "household.id"],
            name=op.f("fk_camera_town_household"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_camera")),
        sa.UniqueConstraint("town", "number", name=op.f("uq_camera_town_number")),
    )
    op.create_index(
        "ix_camera_name_grams", "camera", ["name_grams"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_camera_town_area"), "camera", ["town", "area"], unique=False)
    op.create_index(op.f("ix_camera_town_household"), "camera", ["town", "household"], unique=False)
    op.create_table(
        "consent",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "scope IN ('live_village', 'live_town')", name=op.f("ck_consent_scope_known")
        ),
        sa.ForeignKeyConstraint(
            ["town", "household"],
            ["household.town", "household.id"],
            name=op.f("fk_consent_town_household"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_consent")),
    )
    op.create_index(
        "uq_consent_open",
        "consent",
        ["town", "household", "scope"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "principal",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("key_hash", sa.LargeBinary(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("agreement_valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["town", "room"], ["room.town", "room.id"], name=op.f("fk_principal_town_room")
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_principal")),
        sa.UniqueConstraint("town", "account", name=op.f("uq_principal_town_account")),
    )
    op.create_table(
        "login_session",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "device_jwk", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("device_name", sa.Text(), nullable=True),
        sa.Column("idle_s", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('browser', 'machine')", name=op.f("ck_login_session_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["town", "principal"],
            ["principal.town", "principal.id"],
            name=op.f("fk_login_session_town_principal"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("town", "token_hash", name=op.f("uq_login_session_town_token_hash")),
    )
    op.create_index(
        op.f("ix_login_session_town_principal"),
        "login_session",
        ["town", "principal"],
        unique=False,
    )
    op.create_table(
        "maintenance_consent",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["town", "camera"],
            ["camera.town", "camera.id"],
            name=op.f("fk_maintenance_consent_town_camera"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_maintenance_consent")),
    )
    op.create_index(
        op.f("ix_maintenance_consent_town_camera"),
        "maintenance_consent",
        ["town", "camera"],
        unique=False,
    )
    op.create_table(
        "one_time_link",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_session", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "role IN ('household_owner', 'relative')", name=op.f("ck_one_time_link_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["town", "household"],
            ["household.town", "household.id"],
            name=op.f("fk_one_time_link_town_household"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "principal"],
            ["principal.town", "principal.id"],
            name=op.f("fk_one_time_link_town_principal"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("town", "code_hash", name=op.f("uq_one_time_link_town_code_hash")),
    )
    op.create_table(
        "role_assignment",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role IN ('household_owner', 'relative')) = (household IS NOT NULL) "
            "AND (area IS NULL) <> (household IS NULL)",
            name=op.f("ck_role_assignment_scope_fits_role"),
        ),
        sa.CheckConstraint(
            "role IN ('household_owner', 'relative', 'clerk', 'operator', 'room_admin', 'probe')",
            name=op.f("ck_role_assignment_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "area"], ["area.town", "area.code"], name=op.f("fk_role_assignment_town_area")
        ),
        sa.ForeignKeyConstraint(
            ["town", "household"],
            ["household.town", "household.id"],
            name=op.f("fk_role_assignment_town_household"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "principal"],
            ["principal.town", "principal.id"],
            name=op.f("fk_role_assignment_town_principal"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_role_assignment")),
    )
    op.create_index(
        op.f("ix_role_assignment_town_household"),
        "role_assignment",
        ["town", "household"],
        unique=False,
    )
    op.create_index(
        op.f("ix_role_assignment_town_principal"),
        "role_assignment",
        ["town", "principal"],
        unique=False,
    )
    op.create_table(
        "used_proof",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["town", "session"],
            ["login_session.town", "login_session.id"],
            name=op.f("fk_used_proof_town_session"),
        ),
        sa.PrimaryKeyConstraint("town", "session", "jti", name=op.f("pk_used_proof")),
    )
    op.create_index(op.f("ix_used_proof_used_at"), "used_proof", ["used_at"], unique=False)
    op.create_table(
        "view_grant",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose_code", sa.Text(), nullable=True),
        sa.Column("purpose_text", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('view', 'wall', 'probe')", name=op.f("ck_view_grant_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["town", "principal"],
            ["principal.town", "principal.id"],
            name=op.f("fk_view_grant_town_principal"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "session"],
            ["login_session.town", "login_session.id"],
            name=op.f("fk_view_grant_town_session"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_view_grant")),
    )
    op.create_index(
        op.f("ix_view_grant_town_expires_at"), "view_grant", ["town", "expires_at"], unique=False
    )
    op.create_table(
        "access_register",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("camera_name", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("purpose_code", sa.Text(), nullable=True),
        sa.Column("purpose_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["town", "grant"],
            ["view_grant.town", "view_grant.id"],
            name=op.f("fk_access_register_town_grant"),
        ),
        sa.PrimaryKeyConstraint("town", "id", name=op.f("pk_access_register")),
    )
    op.create_index(
        op.f("ix_access_register_town_grant_camera"),
        "access_register",
        ["town", "grant", "camera"],
        unique=False,
    )
    op.create_index(
        op.f("ix_access_register_town_household_at"),
        "access_register",
        ["town", "household", "at"],
        unique=False,
    )
    op.create_table(
        "granted_view",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("grant", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("streams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["town", "camera"],
            ["camera.town", "camera.id"],
            name=op.f("fk_granted_view_town_camera"),
        ),
        sa.ForeignKeyConstraint(
            ["town", "grant"],
            ["view_grant.town", "view_grant.id"],
            name=op.f("fk_granted_view_town_grant"),
        ),
        sa.PrimaryKeyConstraint("town", "grant", "camera", name=op.f("pk_granted_view")),
    )
    op.create_index(
        op.f("ix_granted_view_town_camera"), "granted_view", ["town", "camera"], unique=False
    )
    for rights, tables in RIGHTS.items():
        for table in tables:
            op.execute(f"GRANT {rights} ON {table} TO {APP}")


def downgrade() -> None:
    op.drop_index(op.f("ix_granted_view_town_camera"), table_name="granted_view")
    op.drop_table("granted_view")
    op.drop_index(op.f("ix_access_register_town_household_at"), table_name="access_register")
    op.drop_index(op.f("ix_access_register_town_grant_camera"), table_name="access_register")
    op.drop_table("access_register")
    op.drop_index(op.f("ix_view_grant_town_expires_at"), table_name="view_grant")
    op.drop_table("view_grant")
    op.drop_index(op.f("ix_used_proof_used_at"), table_name="used_proof")
    op.drop_table("used_proof")
    op.drop_index(op.f("ix_role_assignment_town_principal"), table_name="role_assignment")
    op.drop_index(op.f("ix_role_assignment_town_household"), table_name="role_assignment")
    op.drop_table("role_assignment")
    op.drop_table("one_time_link")
    op.drop_index(op.f("ix_maintenance_consent_town_camera"), table_name="maintenance_consent")
    op.drop_table("maintenance_consent")
    op.drop_index(op.f("ix_login_session_town_principal"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_table("principal")
    op.drop_index(
        "uq_consent_open", table_name="consent", postgresql_where=sa.text("withdrawn_at IS NULL")
    )
    op.drop_table("consent")
    op.drop_index(op.f("ix_camera_town_household"), table_name="camera")
    op.drop_index(op.f("ix_camera_town_area"), table_name="camera")
    op.drop_index("ix_camera_name_grams", table_name="camera", postgresql_using="gin")
    op.drop_table("camera")
    op.drop_table("room")
    op.drop_index(op.f("ix_household_town_group"), table_name="household")
    op.drop_table("household")
    op.drop_index(
        op.f("ix_view_event_town_grant_camera_stream_first_frame_at"), table_name="view_event"
    )
    op.drop_table("view_event")
    op.drop_table("revocation")
    op.drop_table("outbox")
    op.drop_table("area")
    # Nothing is left that it could come back to.
    op.execute("DROP SCHEMA IF EXISTS put_aside CASCADE")
