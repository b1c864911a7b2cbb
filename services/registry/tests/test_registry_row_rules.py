"""Row-level security: a query that forgot its filter shows and changes one's own rows only."""

from datetime import timedelta

import pytest
from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.tables import Principal
from huiyan_registry.break_glass.tables import BreakGlass, BreakGlassCamera
from huiyan_registry.camera import repository as camera_repository
from huiyan_registry.camera.tables import Camera, CameraStateChange, SignPhoto
from huiyan_registry.consent.tables import Consent, MaintenanceConsent
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.database.row_scope import EVERYTHING, RowScope
from huiyan_registry.database.tables import metadata
from huiyan_registry.demo.seed import demo_id
from huiyan_registry.grant.tables import GrantedView, ViewGrant
from huiyan_registry.link.tables import OneTimeLink
from huiyan_registry.look.tables import RegisterEntry, ViewEvent
from huiyan_registry.onboarding.tables import CameraOnboarding
from huiyan_registry.session.tables import LoginSession
from matrix_rows import PLACES, changed_rows, foreign_rows, own_rows, seen_rows
from sqlalchemy import insert, select, text, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

TOWN = "510799101000"
XINZHAI, SHIQIAO = "510799101201", "510799101202"
HOME = demo_id("hh", "1")
CLERK = RowScope.of(TOWN, "prn_clerk", [XINZHAI], [])
SISTER = RowScope.of(TOWN, "prn_sister", [SHIQIAO], [])
FAMILY = RowScope.of(TOWN, "prn_family", [], [HOME])


@pytest.fixture
async def database(world):
    """Every protected table holds rows of both villages and of several homes."""
    async with world.registry.database.transaction(EVERYTHING) as session:
        now = world.clock.now()
        asker = await session.scalar(select(Principal.id).where(Principal.account == "lixiuying"))
        login = LoginSession(
            town=TOWN, id="ses_rows", token_hash=b"rows", principal=asker, kind="browser",
            idle_s=60, created_at=now, last_seen_at=now, expires_at=now,
        )  # fmt: skip
        session.add(login)
        await session.flush()
        cameras = (await session.scalars(select(Camera).order_by(Camera.id))).all()
        signed = set(await session.scalars(select(SignPhoto.camera)))
        for number, camera in enumerate(cameras):
            for some in _things(camera, number, asker, now, signed):
                session.add_all(some)
                await session.flush()
    return world.registry.database


def _things(camera, number, asker, now, signed):
    """What hangs on one camera, in the order in which it may be written."""
    town, it, home = TOWN, camera.id, camera.household
    facts = {"town": town, "camera": it}
    grant, look = f"grt_{number}", f"bgl_{number}"
    yield [
        MaintenanceConsent(**facts, id=f"mnt_{number}", household=home, opened_at=now,
                           expires_at=now),
        CameraStateChange(**facts, id=f"csc_{number}", before="draft", after="active",
                          reason="", by=asker, at=now),
        CameraOnboarding(**facts, maker="", model="", firmware="", serial="", codec="", width=0,
                         height=0, fps=0, gop_ms=0, b_frames=False, checked_by="", checked_at=now),
        BreakGlass(town=town, id=look, asker=asker, asker_name="", asker_role="clerk",
                   asker_area=camera.area[:12], purpose_code="search", purpose_text="",
                   minutes=9, asked_at=now),
        ViewGrant(town=town, id=grant, principal=asker, session="ses_rows", kind="view",
                  purpose_text="", issued_at=now, expires_at=now),
    ]  # fmt: skip
    if it not in signed:
        yield [SignPhoto(**facts, media_type="image/png", content=b"", width=1, height=1,
                         taken_in_by="", taken_in_at=now)]  # fmt: skip
    yield [
        BreakGlassCamera(**facts, break_glass=look, area=camera.area, household=home),
        GrantedView(**facts, grant=grant, streams=["main"], added_at=now),
        RegisterEntry(**facts, id=f"reg_{number}", at=now, grant=grant, kind="view",
                      principal=asker, who="", role="clerk", place="", own=False,
                      camera_name="", household=home, purpose_text=""),
        ViewEvent(**facts, id=f"evt_{number}", kind="started", grant=grant, principal=asker,
                  stream="main", first_frame_at=now, frames=1, reason="", relay="",
                  recorded_at=now),
    ]  # fmt: skip
    if home is not None:
        yield [
            Consent(town=town, id=f"con_{number}", household=home, camera=it, scope="record",
                    hours=[], purposes=[], granted_at=now),
            OneTimeLink(town=town, id=f"lnk_{number}", code_hash=it.encode(), household=home,
                        role="relative", name="", relation="", created_at=now,
                        expires_at=now + timedelta(days=1)),
        ]  # fmt: skip


async def test_the_service_role_is_bound_by_row_rules(world):
    async with world.registry.database.transaction(EVERYTHING) as session:
        row = (
            await session.execute(
                text(
                    "SELECT current_user, not rolsuper and not rolbypassrls "
                    "FROM pg_roles WHERE rolname = current_user"
                )
            )
        ).one()
        owned = await session.scalar(
            text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        )
    assert tuple(row) == ("huiyan_app", True) and owned == 0


async def test_every_table_of_a_village_or_home_has_its_rules(world):
    async with world.registry.database.transaction(EVERYTHING) as session:
        protected = set(
            await session.scalars(
                text("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'")
            )
        )
    assert protected == set(PLACES)
    placed = {
        table.name
        for table in metadata.tables.values()
        if {"camera", "household", "area"} & {column.name for column in table.columns}
    }
    # Aliases and rooms are the town's own plan, which everybody may know.
    assert placed - protected == {"area_alias", "room", "room_area"}


@pytest.mark.parametrize("scope", [CLERK, SISTER, FAMILY], ids=["village", "sister", "family"])
async def test_without_a_filter_one_sees_and_changes_all_of_ones_own_and_nothing_else(
    database, scope
):
    own = await own_rows(database, scope)
    # A camera at home has no sign; everything else is there of each.
    assert all(own.values())
    assert await seen_rows(database, scope) == own
    changed = await changed_rows(database, scope)
    assert len(changed) >= 10 and changed == {table: own[table] for table in changed}
    assert await foreign_rows(database, scope) == []


async def test_villages_and_homes_share_no_row(database):
    seen = [await seen_rows(database, scope) for scope in (CLERK, SISTER, FAMILY)]
    for table in PLACES:
        village, sister, family = (rows[table] for rows in seen)
        assert not village & sister, table
        assert family < village, table


async def test_who_says_nothing_sees_nothing(database, world):
    nobody = RowScope("some", town=TOWN)
    for scope in (
        nobody,
        RowScope(""),
        RowScope("ALL"),
        RowScope.of("510722102000", "", [TOWN], []),
    ):
        assert not any((await seen_rows(database, scope)).values()), scope
    engine = create_async_engine(world.settings.database_url)
    async with engine.connect() as connection:
        for table in PLACES:
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    await engine.dispose()


async def test_a_scope_ends_with_its_transaction(world, database):
    one = Database(world.settings.database_url, pool_size=1)
    try:
        assert any((await seen_rows(one, EVERYTHING)).values())
        async with one.transaction(CLERK) as session:
            few = await session.scalar(text("SELECT count(*) FROM camera"))
            async with beyond(session, CLERK):
                all_of_them = await session.scalar(text("SELECT count(*) FROM camera"))
            assert 0 < few == await session.scalar(text("SELECT count(*) FROM camera"))
        assert few < all_of_them
        assert not any((await seen_rows(one, RowScope(""))).values())
    finally:
        await one.close()


@pytest.mark.parametrize("table", PLACES)
async def test_nobody_writes_a_row_into_a_foreign_village(database, table):
    theirs = sorted((await own_rows(database, SISTER))[table])[0]
    row = await _row(database, table, theirs)
    with pytest.raises(ProgrammingError, match="violates row-level security policy"):
        async with database.transaction(CLERK) as session:
            await session.execute(insert(metadata.tables[table]).values(row))
    # The same row is refused for another reason where it belongs, or not at all.
    mine = RowScope.of(TOWN, row.get("principal") or row.get("asker") or "prn_x", [SHIQIAO], [])
    async with database.transaction(mine) as session:
        written = postgresql.insert(metadata.tables[table]).values(row).on_conflict_do_nothing()
        assert (await session.execute(written)).rowcount == 0


async def _row(database, table, key):
    column = PLACES[table][0]
    async with database.transaction(EVERYTHING) as session:
        found = await session.execute(
            select(metadata.tables[table].alias("it")).where(text(f"{column} = :key")), {"key": key}
        )
        return dict(found.mappings().one())


async def test_a_camera_cannot_be_moved_into_a_foreign_village(database, world):
    camera = world.camera("村口主路·东")
    for area, refused in ((f"{XINZHAI}003", False), (f"{SHIQIAO}001", True)):
        move = text("UPDATE camera SET area = :area WHERE id = :camera")
        try:
            async with database.transaction(CLERK) as session:
                done = await session.execute(move, {"area": area, "camera": camera})
                assert done.rowcount == 1
        except ProgrammingError as error:
            assert refused and "violates row-level security policy" in str(error)
        else:
            assert not refused


async def _rows_of(database, account, now):
    accounts = AccountRepository()
    async with database.transaction(EVERYTHING) as session:
        (person,) = await accounts.by_account(session, [TOWN], account)
        return (await accounts.viewer(session, person, now)).rows


async def test_a_merged_village_is_reached_from_its_heir(database, world):
    before = await _rows_of(database, "lixiuying", world.clock.now())
    theirs = await own_rows(database, SISTER)
    own = await own_rows(database, before)
    # The looks that the fixture put down as this clerk's own are her own in both villages.
    shared = {table for table, rows in own.items() if rows & theirs[table]}
    assert shared == {"break_glass", "view_grant", "granted_view"}
    admin = await world.staff("wangjun")
    answer = await admin.call("POST", f"/api/v1/areas/{SHIQIAO}/merge", {"into": XINZHAI})
    assert answer.status_code == 200, answer.text
    after = await _rows_of(database, "lixiuying", world.clock.now())
    seen = await seen_rows(database, after)
    assert all(theirs[table] <= seen[table] for table in PLACES)
    assert await foreign_rows(database, after) == []


async def test_the_check_names_foreign_rows_when_there_are_no_rules(database, world):
    assert await foreign_rows(database, CLERK) == []
    engine = create_async_engine(world.postgres.owner_url(world.database_name))
    async with engine.begin() as connection:
        for table in PLACES:
            await connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
    await engine.dispose()
    wrong = await foreign_rows(database, CLERK)
    theirs = await own_rows(database, SISTER)
    assert {f"{table} {row}" for table, rows in theirs.items() for row in rows} <= set(wrong)
    assert f"changed camera {world.camera('三岔路口')}" in wrong


async def test_routes_that_forgot_their_filter_tell_nothing_foreign(world, database, monkeypatch):
    foreign = world.camera("三岔路口")
    clerk, boss = await world.staff("lixiuying"), await world.staff("zhaojianguo")
    monkeypatch.setattr(camera_repository, "_listed_for", lambda viewer: true())
    listed = {item["id"] for item in (await clerk.get("/api/v1/cameras"))["items"]}
    assert world.camera("村口主路·东") in listed and foreign not in listed
    assert (await clerk.call("GET", f"/api/v1/cameras/{foreign}")).status_code == 404
    assert (await boss.call("GET", f"/api/v1/cameras/{foreign}")).status_code == 200
    searched = await clerk.get("/api/v1/cameras?q=三岔路口")
    assert searched["items"] == []


async def test_names_are_searched_within_ones_own_rows_only(world, database):
    async def found(scope):
        async with database.transaction(scope) as session:
            asked = text("SELECT camera_search(:town, ARRAY['路口'], '%路口%', NULL, 0, 50)")
            return set(await session.scalars(asked, {"town": TOWN}))

    foreign = world.camera("三岔路口")
    assert foreign in await found(EVERYTHING) and foreign in await found(SISTER)
    assert foreign not in await found(CLERK)
    assert await found(RowScope("")) == set()


def test_a_scope_takes_codes_and_ids_only():
    scope = RowScope.of(TOWN, "prn_1", [XINZHAI, XINZHAI, TOWN], ["hh_1"])
    assert scope.areas == ("510799101", XINZHAI)
    assert scope.settings()["areas"] == f"510799101%,{XINZHAI}%"
    for areas, homes in ((["%"], []), ([XINZHAI[:5]], []), ([], ["hh_1,hh_2"]), ([], [""])):
        with pytest.raises(ValueError):
            RowScope.of(TOWN, "prn_1", areas, homes)
