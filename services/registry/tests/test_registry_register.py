"""The register's chain on a real database: what is changed as its owner is named."""

import asyncio
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.look.tables import RegisterEntry, ViewEvent
from huiyan_registry.register.chain import Head, genesis, linked, members, sign
from huiyan_registry.register.compose import compose_register
from huiyan_registry.register.repository import table_of
from huiyan_registry.register.trust import read_heads, read_keys
from huiyan_registry.register.verify import FaultError, FaultKind, verify
from huiyan_registry.register.witness import witnessed
from huiyan_registry.town_key import load_or_make_key
from sqlalchemy import text

TOWN = "510799101000"
# `source` and `row` of a link decide which row it means; the others are hashed or signed.
TABLES = ("access_register", "view_event", "register_link", "register_head")


class Chained:
    """A database with a grant that rows can hang on, its register room, and its owner's hands."""

    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        self.room = compose_register(world.registry.database, folder, [TOWN], world.clock)
        self.owner = Database(world.postgres.owner_url(world.database_name))
        self.grant = ""

    async def begin(self):
        clerk = await self.world.staff("lixiuying")
        given = await clerk.grant(self.world.camera("村口主路·东"), purpose="patrol")
        assert given.status_code == 201, given.text
        self.grant = given.json()["id"]
        return self

    async def sql(self, statement, **values):
        async with self.owner.transaction(EVERYTHING) as session:
            return await session.execute(text(statement), values)

    def rows(self, count, first=0):
        at = datetime(2026, 11, 1, 8, tzinfo=UTC)
        for number in range(first, first + count):
            yield RegisterEntry(
                town=TOWN, id=f"reg_{number:06d}", at=at + timedelta(seconds=number),
                grant=self.grant, kind="view", principal="prn_a", who="李秀英", role="clerk",
                place="新寨村监控室", own=False, camera=self.world.camera("院坝", "1"),
                camera_name="院坝", household=self.world.seed.household,
                purpose_code="other", purpose_text="找牛",
            )  # fmt: skip

    def event(self, number):
        at = datetime(2026, 11, 1, 9, tzinfo=UTC)
        return ViewEvent(
            town=TOWN, id=f"evt_{number:06d}", kind="ended", grant=self.grant, principal="prn_a",
            camera=self.world.camera("院坝", "1"), stream="main", first_frame_at=at,
            last_frame_at=at, frames=25, reason="bye", relay="relay-1", recorded_at=at,
        )  # fmt: skip

    async def write(self, *rows):
        async with self.world.registry.database.transaction(EVERYTHING) as session:
            session.add_all(rows)

    async def write_as_owner(self, id_):
        row = next(self.rows(1, first=70))
        row.id = id_
        async with self.owner.transaction(EVERYTHING) as session:
            session.add(row)

    async def write_and_seal(self, count=4):
        """Two batches, so that there is a head in the middle."""
        await self.room.sealer.seal(TOWN)
        await self.write(*self.rows(count), self.event(1))
        await self.room.sealer.seal(TOWN)
        await self.write(*self.rows(count, first=count), self.event(2))
        await self.room.sealer.seal(TOWN)

    async def lines(self, since=None, until=None):
        return [line async for line in self.room.export.lines(TOWN, since, until)]

    @property
    def trust(self):
        return read_keys(self.folder / f"register-{TOWN}.pem")

    async def fault(self, held=()):
        lines = await self.lines()
        with pytest.raises(FaultError) as caught:
            verify(lambda: lines, self.trust, held)
        return caught.value

    def held(self):
        return [head for path in witnessed(self.folder, TOWN) for head in read_heads(path)]


@pytest.fixture
async def chained(world, tmp_path):
    made = await Chained(world, tmp_path / "keys").begin()
    yield made
    await made.owner.close()


async def test_an_untouched_register_holds(chained):
    await chained.write_and_seal()
    lines = await chained.lines()
    proven = verify(lambda: lines, chained.trust, chained.held())
    assert proven.rows == 11 and proven.head is not None and proven.head.seq == 11
    rows = [json.loads(line) for line in lines if '"type":"row"' in line]
    reached = genesis(TOWN)
    for row in rows:
        reached = linked(reached, row["members"])
        assert row["hash"] == reached.hex()
    assert {row["source"] for row in rows} == {"access_register", "view_event"}
    assert len(chained.held()) == 1


def _columns():
    for table in ("access_register", "view_event"):
        for column in table_of(table).c:
            yield table, column.name
    for column in ("town", "seq", "source", "row", "hash"):
        yield "register_link", column
    for column in ("town", "seq", "previous", "hash", "sealed_at", "kid", "signature"):
        yield "register_head", column


async def test_one_byte_in_any_column_is_found(chained):
    await chained.write_and_seal()
    await chained.sql("ALTER TABLE access_register DROP CONSTRAINT fk_access_register_town_grant")
    await chained.sql("ALTER TABLE register_link DROP CONSTRAINT ck_register_link_source_known")
    await chained.sql("ALTER TABLE view_event DROP CONSTRAINT ck_view_event_kind_known")
    kept = (await chained.sql("SELECT seq FROM register_link WHERE row = 'reg_000002'")).scalar()
    tried = 0
    for table, column in _columns():
        kind = (
            await chained.sql(
                "SELECT data_type FROM information_schema.columns "
                "WHERE table_name = :table AND column_name = :column",
                table=table, column=column,
            )
        ).scalar()  # fmt: skip
        change = {
            "text": f"coalesce(\"{column}\", '') || 'x'",
            "boolean": f'NOT "{column}"',
            "bigint": f'"{column}" + 1000',
            "integer": f'"{column}" + 1',
            "bytea": f'set_byte("{column}", 7, get_byte("{column}", 7) # 1)',
            "timestamp with time zone": f"\"{column}\" + interval '1 microsecond'",
            "jsonb": "'{\"x\": 1}'::jsonb",
        }[str(kind)]
        key = {"access_register": "id = 'reg_000002'", "view_event": "id = 'evt_000001'"}.get(
            table, f"seq = {kept}" if table == "register_link" else "seq = 6"
        )
        was = (await chained.sql(f'SELECT "{column}" FROM {table} WHERE {key}')).scalar()
        await chained.sql(f"CREATE TABLE spare AS SELECT * FROM {table} WHERE {key}")
        await chained.sql(f'UPDATE {table} SET "{column}" = {change} WHERE {key}')
        fault = await chained.fault(chained.held())
        named = {"access_register": "reg_000002", "view_event": "evt_000001"}.get(table)
        if named is not None:
            assert fault.row == named, (table, column, fault)
            assert fault.kind in (FaultKind.CHANGED, FaultKind.MISSING), (column, fault)
        elif table == "register_link":
            assert fault.seq == kept or fault.row == "reg_000002", (column, fault)
        else:
            assert fault.seq in (1, 6, 7), (column, fault)
        # Back as it was.
        changed = f'"{column}" = (SELECT "{column}" FROM spare)'
        where = key if column not in ("id", "seq") else f'"{column}" = {_shown(was)}'
        await chained.sql(f"UPDATE {table} SET {changed} WHERE {where}")
        await chained.sql("DROP TABLE spare")
        tried += 1
    lines = await chained.lines()
    assert verify(lambda: lines, chained.trust).rows == 11
    assert tried >= 40


def _shown(was):
    return f"{was} + 1000" if isinstance(was, int) else f"'{was}x'"


async def test_a_removed_row_and_one_that_was_slipped_in(chained):
    await chained.write_and_seal()
    await chained.sql("DELETE FROM access_register WHERE id = 'reg_000001'")
    fault = await chained.fault()
    assert (fault.kind, fault.row) == (FaultKind.MISSING, "reg_000001")
    await chained.write(*chained.rows(1, first=1))
    lines = await chained.lines()
    # It is queued again, has its link already, and holds what it held: nothing is wrong.
    assert verify(lambda: lines, chained.trust).rows == 11
    await chained.sql("ALTER TABLE access_register DISABLE TRIGGER queue_unsealed")
    await chained.write_as_owner("reg_slipped_in")
    fault = await chained.fault()
    assert (fault.kind, fault.row) == (FaultKind.ADDED, "reg_slipped_in")


async def test_rows_that_changed_places(chained):
    await chained.write_and_seal()
    await chained.sql("ALTER TABLE register_link DROP CONSTRAINT uq_register_link_town_source_row")
    await chained.sql(
        "UPDATE register_link SET row = CASE row WHEN 'reg_000001' THEN 'reg_000002' "
        "ELSE 'reg_000001' END WHERE row IN ('reg_000001', 'reg_000002')"
    )
    fault = await chained.fault()
    assert (fault.kind, fault.row) == (FaultKind.REORDERED, "reg_000002")


async def test_a_shortened_register_fails_against_a_head_that_somebody_holds(chained):
    await chained.write_and_seal()
    newest = chained.held()
    for table, column in (("register_head", "seq"), ("register_link", "seq")):
        await chained.sql(f"DELETE FROM {table} WHERE {column} > 6")
    await chained.sql(
        "DELETE FROM access_register r WHERE NOT EXISTS "
        "(SELECT FROM register_link l WHERE l.row = r.id)"
    )
    await chained.sql("DELETE FROM view_event WHERE id = 'evt_000002'")
    lines = await chained.lines()
    assert verify(lambda: lines, chained.trust).rows == 6, "alone it looks whole"
    fault = await chained.fault(newest)
    assert (fault.kind, fault.seq) == (FaultKind.SHORTENED, 7)
    # What is written afterwards hides nothing: the lost head was put aside and still speaks.
    await chained.write(*chained.rows(9, first=100))
    await chained.room.sealer.seal(TOWN)
    assert len(witnessed(chained.folder, TOWN)) == 2
    fault = await chained.fault(chained.held())
    assert (fault.kind, fault.seq) == (FaultKind.REWRITTEN, 7)


async def test_a_wholly_rewritten_register_fails(chained, tmp_path):
    """Somebody with the database, but without the key, makes a new chain of his own."""
    await chained.write_and_seal()
    held = chained.held()
    await chained.sql("UPDATE access_register SET who = '别人' WHERE id = 'reg_000003'")
    await chained.sql("DELETE FROM register_link")
    await chained.sql("DELETE FROM register_head")
    await chained.sql(
        'INSERT INTO register_unsealed (town, source, "row") '
        "SELECT town, 'access_register', id FROM access_register "
        "UNION ALL SELECT town, 'view_event', id FROM view_event"
    )
    forger = compose_register(chained.world.registry.database, tmp_path / "forged", [TOWN],
                              chained.world.clock)  # fmt: skip
    assert await forger.sealer.seal(TOWN) == 11
    fault = await chained.fault(held)
    assert fault.kind in (FaultKind.FOREIGN_HEAD, FaultKind.REWRITTEN)
    fault = await chained.fault()
    assert (fault.kind, fault.seq) == (FaultKind.FOREIGN_HEAD, 11)
    # Without any head, nothing is proven either.
    await chained.sql("DELETE FROM register_head")
    fault = await chained.fault()
    assert (fault.kind, fault.seq) == (FaultKind.REWRITTEN, 1)


async def test_a_file_that_ends_early_and_one_that_is_none(chained):
    await chained.write_and_seal()
    lines = await chained.lines()
    for cut, kind in ((lines[:-1], FaultKind.SHORTENED), (lines[:0], FaultKind.UNREADABLE),
                      ([*lines[:-1], "{"], FaultKind.UNREADABLE),
                      ([*lines[:-1], '{"type":"x"}'], FaultKind.UNREADABLE)):  # fmt: skip
        with pytest.raises(FaultError) as caught:
            verify(lambda cut=cut: cut, chained.trust)
        assert caught.value.kind is kind
    with pytest.raises(FaultError) as caught:
        other = load_or_make_key(chained.folder / "other.pem")
        verify(lambda: lines, {other.kid: other.private.public_key()})
    assert caught.value.kind is FaultKind.FOREIGN_HEAD


async def test_a_part_hangs_on_the_head_before_it(chained):
    await chained.write_and_seal(2)
    chained.world.clock.later(hours=1)
    middle = chained.world.clock.now()
    chained.world.clock.later(seconds=1)
    await chained.write(*chained.rows(3, first=50))
    await chained.room.sealer.seal(TOWN)
    later = await chained.lines(since=middle)
    assert (verify(lambda: later, chained.trust).first, len(later)) == (8, 8)
    earlier = await chained.lines(until=middle)
    assert verify(lambda: earlier, chained.trust, chained.held()).rows == 7
    with pytest.raises(FaultError):
        verify(lambda: [line for line in later if '"type":"head"' not in line], chained.trust)


async def test_heads_of_other_towns_are_foreign(chained):
    await chained.write_and_seal()
    key = load_or_make_key(chained.folder / f"register-{TOWN}.pem")
    head = Head("510799102000", 3, 0, b"x" * 32, datetime.now(UTC), key.kid)
    head = replace(head, signature=sign(head, key.private))
    fault = await chained.fault([head])
    assert fault.kind is FaultKind.FOREIGN_HEAD


async def test_nothing_is_built_on_a_broken_chain(chained):
    await chained.write_and_seal()
    await chained.sql("DELETE FROM register_link WHERE seq = 11")
    await chained.write(*chained.rows(1, first=90))
    assert await chained.room.sealer.seal(TOWN) == 0
    fault = await chained.fault(chained.held())
    assert (fault.kind, fault.seq) == (FaultKind.MISSING, 11)


async def test_rows_written_while_it_seals_are_not_lost(chained):
    """A transaction that began early commits late, and two processes seal at once."""
    await chained.room.sealer.seal(TOWN)
    late, second = chained.world.registry.database, Database(chained.world.settings.database_url)
    other = compose_register(second, chained.folder, [TOWN], chained.world.clock)
    rows = list(chained.rows(60))
    stop = asyncio.Event()

    async def sealing(room):
        while not stop.is_set():
            await room.sealer.seal(TOWN)

    async def writing(part):
        for row in part:
            await chained.write(row)

    sealers = [asyncio.create_task(sealing(room)) for room in (chained.room, other)]
    async with late.transaction(EVERYTHING) as session:
        # Earlier by its time than all the others, and committed after them.
        session.add(rows[0])
        await session.flush()
        await asyncio.gather(*(writing(rows[1:][start::3]) for start in range(3)))
    stop.set()
    await asyncio.gather(*sealers)
    await chained.room.sealer.seal(TOWN)
    await second.close()
    lines = await chained.lines()
    assert verify(lambda: lines, chained.trust, chained.held()).rows == 61
    assert (await chained.sql("SELECT count(*) FROM register_unsealed")).scalar() == 0


async def test_ten_thousand_rows_are_sealed_in_two_seconds(chained):
    """The best of three: the machine may be busy with other tests."""
    times, total = [], 1
    for attempt in range(3):
        await chained.sql(
            "INSERT INTO access_register SELECT g.* FROM generate_series(1, 10000) n, LATERAL ("
            "SELECT (jsonb_populate_record(a, jsonb_build_object('id', "
            f"'reg_{attempt}n' || n))).* FROM access_register a LIMIT 1) g"
        )
        began = time.perf_counter()
        total += 10_000
        sealed = await chained.room.sealer.seal(TOWN)
        times.append(time.perf_counter() - began)
        assert sealed in (10_000, 10_001)
        if times[-1] <= 2.0:
            break
    assert min(times) <= 2.0, times
    lines = await chained.lines()
    assert verify(lambda: lines, chained.trust).rows == total


def test_what_later_columns_leave_empty_changes_no_hash():
    row = {"town": TOWN, "id": "reg_1", "at": datetime(2026, 1, 1, 8, tzinfo=UTC)}
    before = members("access_register", row)
    assert before == members("access_register", {**row, "new_column": None})
    assert before != members("access_register", {**row, "new_column": ""})
    assert before["at"] == "2026-01-01T08:00:00.000000Z"
