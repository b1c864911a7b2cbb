"""Migrations on data: one revision at a time down to the first and up again, nothing lost."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_registry.database.connection import Database
from huiyan_registry.database.migrate import alembic_config, migrate
from huiyan_registry.database.revisions import known_revisions
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.register.trust import read_heads, read_keys
from huiyan_registry.register.verify import verify
from huiyan_registry.register.witness import witnessed
from sqlalchemy import text

TOWN = "510799101000"
Row = dict[str, Any]
Content = dict[str, list[Row]]
# What an older revision cannot tell, or would take for more than it is, is not there for it.
NOT_FOR_OLDER = {"0004": {"role_assignment"}, "0005": {"consent", "role_assignment"}}
# A link that was withdrawn has ended by its time in the revision that knows no withdrawing.
CHANGED_FOR_OLDER = {"0005": {("one_time_link", "expires_at")}}
FILL = """
UPDATE room SET kind = 'police' WHERE id = (SELECT min(id) FROM room);
UPDATE room SET closed_at = now() WHERE id = (SELECT max(id) FROM room);
INSERT INTO area_alias SELECT town, 'old_code', '999', code FROM area WHERE level = 'village'
  LIMIT 1;
INSERT INTO room_area SELECT r.town, r.id, a.code FROM room r JOIN area a USING (town)
  WHERE a.level = 'village';
UPDATE camera SET purpose_code = 'other', purpose_text = '看桥', lat = 31.6, lon = 105.1,
  datum = 'gcj02', mask = '[[[0, 0], [1, 0], [1, 1]]]', mask_applied = true, notice_code = 'n7',
  sign_posted_on = '2026-11-01', live_check_at = now(), live_check_until = now()
  WHERE name = '三岔路口';
INSERT INTO sign_photo SELECT town, id, 'image/png', '\\x89'::bytea, 1, 1, 'prn_x', now()
  FROM camera WHERE name = '三岔路口';
UPDATE principal SET must_change_password = true WHERE account = 'zhoumin';
UPDATE role_assignment SET given_by = 'prn_x', ended_by = 'prn_y' WHERE role = 'auditor';
INSERT INTO agreement_document SELECT town, id, 'image/png', '\\x01'::bytea, '\\x89'::bytea
  FROM agreement LIMIT 1;
INSERT INTO second_step SELECT town, 'stp_1', 'login', '\\x07'::bytea, id, NULL, NULL, 0, now(),
  now(), NULL FROM principal LIMIT 1;
INSERT INTO totp SELECT town, id, '\\x02'::bytea, NULL, 7, now() FROM principal LIMIT 1;
INSERT INTO passkey SELECT town, 'psk_1', id, '\\x03'::bytea, '\\x04'::bytea, 1, '{usb}', '钥匙',
  now(), NULL FROM principal LIMIT 1;
INSERT INTO consent (town, id, household, scope, granted_at)
  SELECT town, 'con_tv', id, 'tv', now() FROM household LIMIT 1;
INSERT INTO consent (town, id, household, scope, granted_at, camera, hours, purposes, text_version,
  signature, signed_on_site)
  SELECT town, 'con_camera', household, 'live_town', now(), id,
  '[{"days": [1], "from": "18:00", "to": "06:00"}]', '{fire}', 'v1', '\\x89'::bytea, true
  FROM camera WHERE household IS NOT NULL LIMIT 1;
UPDATE role_assignment SET rights = '{alarms}' WHERE role = 'relative';
UPDATE one_time_link SET withdrawn_at = now() - interval '1 hour', rights = '{live}';
INSERT INTO maintenance_consent (town, id, camera, household, given_by_name, opened_at, expires_at)
  SELECT town, 'mnt_1', id, household, '王大娘', now(), now() FROM camera LIMIT 1;
INSERT INTO probed_device VALUES (:town, '10.0.0.9', 80, 'm', 'm', 'f', 's', 'media2', 3, 'prn_x',
  now());
INSERT INTO camera_onboarding SELECT town, id, 'm', 'm', 'f', 's', 'h264', 1, 1, 25, 2000, false,
  NULL, 'prn_x', now() FROM camera LIMIT 1;
INSERT INTO view_event SELECT town, 'evt_1', 'ended', "grant", principal, camera, 'main', now(),
  now(), 25, 'bye', 'relay-1', now() FROM access_register LIMIT 1;
INSERT INTO camera_state_change SELECT town, 'chg_1', id, 'draft', 'verified', '', 'prn_x', now()
  FROM camera LIMIT 1;
INSERT INTO used_proof SELECT town, id, 'jti', now() FROM login_session LIMIT 1;
INSERT INTO revocation VALUES (:town, 'grant', 'grt_x', now(), 'test', false)
"""
POWERS = """
SELECT 'policy', tablename || policyname || roles::text || cmd || coalesce(qual, '')
  || coalesce(with_check, '') FROM pg_policies
UNION ALL SELECT 'table', relname || relrowsecurity || coalesce((SELECT string_agg(a::text, ','
  ORDER BY a::text) FROM unnest(relacl) a), '') FROM pg_class
  WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass || tgname FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2
"""


class Owner:
    """The hands of huiyan_owner, and the steps of the chain."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url)

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        async with self.database.transaction(EVERYTHING) as session:
            found = await session.execute(text(statement), values)
            return [dict(row) for row in found.mappings()] if found.returns_rows else []

    async def content(self) -> Content:
        """Every row of every table, in the order of its whole text."""
        tables = await self.rows(
            "SELECT table_name AS name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
        )
        return {
            table["name"]: await self.rows(f'SELECT * FROM "{table["name"]}" t ORDER BY t::text')
            for table in tables
        }

    async def step(self, revision: str, *, down: bool) -> None:
        # A connection of before would know the columns of before.
        await self.database.close()
        move = command.downgrade if down else command.upgrade
        await asyncio.to_thread(move, alembic_config(self.url), revision)
        self.database = Database(self.url)


@pytest.fixture
async def owner(world):
    made = Owner(world.postgres.owner_url(world.database_name))
    yield made
    await made.database.close()


def _relay_lives(world) -> None:
    """Steps take longer than a relay is believed to live without a word."""
    relay = WorkerSession(worker="relay-1", service="relay", url="http://127.0.0.1:9000")
    world.registry.workers.on_change(f"{TOWN}.relay-1", relay.SerializeToString())


async def _fill(world, owner: Owner) -> None:
    """Grants, a register with break-glass in it, and a row in every table."""
    clerk, admin = await world.staff("zhaojianguo"), await world.staff("wangjun")
    home = world.camera("院坝", "2")
    asked = await clerk.call(
        "POST",
        "/api/v1/break-glass",
        {"cameras": [home], "purpose": "search", "text": "院里有人喊救命", "minutes": 30},
    )
    _relay_lives(world)
    path = f"/api/v1/break-glass/{asked.json()['id']}/approve"
    assert (await admin.call("POST", path)).status_code == 200
    assert (await clerk.grant(home, purpose="search")).status_code == 201
    village = await world.staff("lixiuying")
    _relay_lives(world)
    given = await village.grant(world.camera("村口主路·东"), purpose="patrol")
    assert given.status_code == 201, given.text
    for statement in FILL.replace("\\\\", "\\").split(";\n"):
        # The demo may have some of it already.
        more = " ON CONFLICT DO NOTHING" if statement.lstrip().startswith("INSERT") else ""
        values = {"town": TOWN} if ":town" in statement else {}
        await owner.rows(statement + more, **values)
    await world.registry.register.sealer.seal(TOWN)


def _without(rows: list[Row], columns: set[str]) -> list[Row]:
    kept = [{name: value for name, value in row.items() if name in columns} for row in rows]
    return sorted(kept, key=repr)


def _same_for_older(revision: str, newer: Content, older: Content) -> None:
    """What the revision before `revision` knows holds what it held."""
    changed = CHANGED_FOR_OLDER.get(revision, set())
    for table, rows in older.items():
        if table not in newer or not newer[table]:
            assert rows == [] or table not in newer, table
            continue
        columns = {
            name
            for name in (rows or newer[table])[0].keys() & newer[table][0].keys()
            if (table, name) not in changed
        }
        before, after = _without(newer[table], columns), _without(rows, columns)
        if table in NOT_FOR_OLDER.get(revision, set()):
            assert 0 < len(after) < len(before), table
            assert [row for row in after if row not in before] == [], table
        else:
            assert after == before, (revision, table)


async def test_down_and_up_step_by_step_on_data(world, owner):
    await _fill(world, owner)
    chain = known_revisions()
    newest = await owner.content()
    # Tables that the service empties by itself, or that are born empty.
    spare = {"outbox", "register_unsealed", "second_step"}
    assert {table for table, rows in newest.items() if not rows} <= spare | _later_tables(newest)
    powers = await owner.rows(POWERS)
    # Other tests' databases are witnessed in the same folder.
    own = {bytes(row["hash"]) for row in newest["register_head"]}
    held = [
        head
        for path in witnessed(world.settings.secrets_dir, TOWN)
        for head in read_heads(path)
        if head.hash in own
    ]
    seen = {chain[-1]: newest}
    for revision, before in zip(reversed(chain), reversed(chain[:-1]), strict=False):
        await owner.step(before, down=True)
        seen[before] = await owner.content()
        _same_for_older(revision, seen[revision], seen[before])
    assert "access_register" in seen["0001"] and "consent" in seen["0001"]
    links = seen["0004"]["one_time_link"]
    assert links and all(link["expires_at"] < world.clock.now() for link in links)
    for revision in chain[1:]:
        await owner.step(revision, down=False)
        now = await owner.content()
        assert now.keys() == seen[revision].keys()
        for table, rows in now.items():
            assert sorted(rows, key=repr) == sorted(seen[revision][table], key=repr), (
                revision,
                table,
            )
    assert await owner.rows(POWERS) == powers
    gone = await owner.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'put_aside'")
    assert gone == []
    await world.registry.database.close()  # its connections know the columns of before
    # The service goes on: its decision, and a register whose heads of before still fit.
    clerk = await world.staff("lixiuying")
    _relay_lives(world)
    assert (await clerk.grant(world.camera("村口主路·东"), purpose="patrol")).status_code == 201
    refused = await clerk.grant(world.camera("院坝", "2"), purpose="patrol")
    assert refused.json()["code"] == "no_consent"
    await world.registry.register.sealer.seal(TOWN)
    lines = [line async for line in world.registry.register.export.lines(TOWN)]
    trust = read_keys(world.settings.secrets_dir / f"register-{TOWN}.pem")
    assert held
    assert verify(lambda: lines, trust, held).rows == len(newest["register_link"]) + 1


def _later_tables(newest: Content) -> set[str]:
    """Those of revisions after this test was written: whoever adds them need not fill them here."""
    return {table for table in newest if table not in _FILLED}


_FILLED = {
    *re.findall(r"(?:INSERT INTO|UPDATE) (\w+)", FILL),
    *("area", "household", "camera", "login_session", "one_time_link", "view_grant", "vetting"),
    *("granted_view", "access_register", "training", "agreement", "break_glass", "register_link"),
    *("break_glass_camera", "register_head", "principal", "role_assignment", "room", "consent"),
}


async def test_what_was_done_in_the_older_release_counts(world, owner):
    """Down to before the chain and the scopes, work there, and up again."""
    await _fill(world, owner)
    linked = len(await owner.rows("SELECT 1 FROM register_link"))
    await owner.step("0004", down=True)
    home = (await owner.rows("SELECT household FROM consent WHERE withdrawn_at IS NULL"))[0]
    assert await owner.rows("SELECT 1 FROM consent WHERE scope = 'tv'") == []
    await owner.rows("UPDATE consent SET withdrawn_at = now() + interval '1 second'")
    await owner.rows(
        "INSERT INTO access_register SELECT (jsonb_populate_record(a, "
        '\'{"id": "reg_between"}\')).* FROM access_register a LIMIT 1'
    )
    await owner.step("head", down=False)
    queued = await owner.rows('SELECT "row" FROM register_unsealed')
    assert [row["row"] for row in queued] == ["reg_between"]
    back = await owner.rows("SELECT * FROM consent WHERE id IN ('con_tv', 'con_camera')")
    assert len(back) == 2
    for consent in back:
        # Who withdrew anything in the older release meant all of it.
        withdrawn = consent["withdrawn_at"] is not None
        assert withdrawn == (consent["household"] == home["household"])
    await world.registry.register.sealer.seal(TOWN)
    lines = [line async for line in world.registry.register.export.lines(TOWN)]
    trust = read_keys(world.settings.secrets_dir / f"register-{TOWN}.pem")
    assert verify(lambda: lines, trust).rows == linked + 1
    assert world.clock.now() > back[0]["granted_at"] - timedelta(days=1)


def test_the_list_of_revisions_is_alembics(seeded):
    script = ScriptDirectory.from_config(alembic_config(seeded.postgres.owner_url()))
    walked = [one.revision for one in script.walk_revisions()]
    assert known_revisions() == list(reversed(walked))
    assert asyncio.iscoroutinefunction(migrate)
