"""Row-level security: what the service's role may touch in a transaction (docs/adr/0011)."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP = "huiyan_app"


def _told(name: str) -> str:
    """A setting of the transaction. As a scalar sub-select it is read once per query."""
    return f"(SELECT current_setting('huiyan.{name}', true))"


def _list(name: str) -> str:
    return f"((SELECT string_to_array(current_setting('huiyan.{name}', true), ','))::text[])"


def _in_area(column: str) -> str:
    """The settings hold patterns: digits and one `%`."""
    return f"{column} LIKE ANY {_list('areas')}"


def _at_home(column: str) -> str:
    return f"{column} = ANY {_list('households')}"


def _is_me(column: str) -> str:
    return f"{column} = {_told('principal')}"


def _seen(table: str, *also: str, **keys: str) -> str:
    """A row of another table is there for this transaction: that table's own rules count too."""
    where = " AND ".join([*(f'other."{theirs}" = {ours}' for theirs, ours in keys.items()), *also])
    return f"EXISTS (SELECT 1 FROM {table} other WHERE {where})"  # noqa: S608 - names of ours


def _with_camera(table: str, *also: str) -> str:
    return _seen("camera", *also, town=f"{table}.town", id=f"{table}.camera")


def _with_household(table: str) -> str:
    return _seen("household", town=f"{table}.town", id=f"{table}.household")


_PLACED = f"{_in_area('area')} OR {_at_home('household')}"
_GROUP = '"group"'
# Whose a row is. No rule asks its own table, at whatever remove:
# granted_view > view_grant > access_register > camera; the others ask camera or household.
RULES = {
    "camera": _PLACED,
    "household": f"{_in_area(_GROUP)} OR {_at_home('id')}",
    "consent": _with_household("consent"),
    "one_time_link": _with_household("one_time_link"),
    "role_assignment": f"{_in_area('area')} OR {_with_household('role_assignment')}",
    "maintenance_consent": f"{_at_home('household')} OR {_with_camera('maintenance_consent')}",
    "sign_photo": _with_camera("sign_photo"),
    "camera_onboarding": _with_camera("camera_onboarding"),
    "break_glass_camera": _PLACED,
    "break_glass": f"{_is_me('asker')} OR {_in_area('asker_area')} OR "
    + _seen("break_glass_camera", town="break_glass.town", break_glass="break_glass.id"),
    # By the household of its time: who has the camera now reads nothing of those before.
    "access_register": f"{_at_home('household')} OR "
    + _with_camera("access_register", _in_area("other.area")),
    "view_event": _seen(
        "access_register",
        town="view_event.town",
        grant='view_event."grant"',
        camera="view_event.camera",
    ),
    "view_grant": f"{_is_me('principal')} OR "
    + _seen("access_register", town="view_grant.town", grant="view_grant.id"),
    # A camera that moved away falls out of one's own grant, which is written in its row.
    "granted_view": f"{_with_camera('granted_view')} OR "
    + _seen(
        "view_grant",
        _is_me("other.principal"),
        town="granted_view.town",
        id='granted_view."grant"',
    ),
}
# What belongs to oneself is read wherever it stands; new rows are of one's own places only.
ADDED = {"break_glass": _in_area("asker_area"), "granted_view": _with_camera("granted_view")}
# `<>`, since the planner takes that for nearly always true and `=` for nearly never: so the rules
# leave its estimates as they are without them.
_SYSTEM = "(SELECT CASE current_setting('huiyan.rows', true) WHEN 'all' THEN 1 ELSE 0 END) <> 0"
_SOME = f"{_told('rows')} = 'some'"
# No operator of a GIN index is leak-proof, so row-level security would read every camera to find a
# name. This function runs as the owner, keeps to the same rows by itself, and tells ids only.
SEARCH = f"""
CREATE FUNCTION camera_search(
  of_town text, wanted text[], pattern text, within text[], beyond integer, most integer
) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
  SELECT id FROM camera
  WHERE town = of_town AND state <> 'retired' AND number > beyond
    AND name_grams @> wanted AND name ILIKE pattern
    AND (within IS NULL OR area LIKE ANY (within))
    AND ({_SYSTEM} OR ({_SOME} AND town = {_told("town")} AND ({_PLACED})))
  ORDER BY number LIMIT most
$$
"""  # noqa: S608 - nothing from outside
_SEARCHES = "camera_search(text, text[], text, text[], integer, integer)"


def upgrade() -> None:
    for table, rule in RULES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY everything ON {table} TO {APP} USING ({_SYSTEM})")
        op.execute(
            f"CREATE POLICY scoped ON {table} TO {APP} USING ({_SOME} "
            f"AND {table}.town = {_told('town')} AND ({rule}))"
        )
    for table, rule in ADDED.items():
        op.execute(
            f"CREATE POLICY added ON {table} AS RESTRICTIVE FOR INSERT TO {APP} "
            f"WITH CHECK ({_SYSTEM} OR {rule})"
        )
    op.execute(SEARCH)
    op.execute(f"REVOKE ALL ON FUNCTION {_SEARCHES} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_SEARCHES} TO {APP}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {_SEARCHES}")
    for table in reversed(ADDED):
        op.execute(f"DROP POLICY added ON {table}")
    for table in reversed(RULES):
        op.execute(f"DROP POLICY scoped ON {table}")
        op.execute(f"DROP POLICY everything ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
