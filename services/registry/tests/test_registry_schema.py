"""The schema: migrations equal the tables, towns come first, and the register only grows."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from huiyan_registry.database.connection import Database
from huiyan_registry.database.migrate import alembic_config, migrate
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.database.tables import FEATURES, metadata
from huiyan_registry.demo.logins import DemoLogins
from huiyan_testing.postgres import EmbeddedPostgres
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine


async def test_migrations_make_exactly_these_tables(seeded, database_name):
    engine = create_async_engine(seeded.postgres.owner_url(database_name))
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    await engine.dispose()
    assert differences == [] and len(FEATURES) >= 10


async def test_down_and_up_again(seeded, database_name):
    url = seeded.postgres.owner_url(database_name)
    await asyncio.to_thread(command.downgrade, alembic_config(url), "base")
    await migrate(url)
    database = Database(seeded.postgres.app_url(database_name))
    await database.wait()
    async with database.transaction(EVERYTHING) as session:
        assert await session.scalar(text("SELECT count(*) FROM camera")) == 0
    await database.close()


def test_town_stands_first_everywhere():
    for table in metadata.tables.values():
        assert next(iter(table.primary_key.columns)).name == "town", table.name
        for key in table.foreign_key_constraints:
            first = key.elements[0]
            assert first.parent.name == first.column.name == "town", (table.name, key.name)
        for column in table.columns:
            assert not hasattr(column.type, "timezone") or column.type.timezone, column


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_register SET who = 'x'",
        "DELETE FROM access_register",
        "TRUNCATE access_register",
        "DELETE FROM view_event",
        "UPDATE view_event SET frames = 0",
        "DELETE FROM consent",
        "DELETE FROM camera",
        "CREATE TABLE mine (x int)",
        "ALTER TABLE camera DISABLE TRIGGER ALL",
    ],
)
async def test_the_service_role_may_not(world, statement):
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        async with world.registry.database.transaction(EVERYTHING) as session:
            await session.execute(text(statement))


async def test_roles_have_no_special_powers(world):
    async with world.registry.database.transaction(EVERYTHING) as session:
        rows = await session.execute(
            text(
                "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb "
                "FROM pg_roles WHERE rolname LIKE 'huiyan%' ORDER BY 1"
            )
        )
        listening = await session.scalar(text("SHOW listen_addresses"))
    assert [tuple(row) for row in rows] == [("huiyan_app", False), ("huiyan_owner", False)]
    assert listening == ""


async def test_embedded_server_keeps_what_it_has_and_tells_nobody(tmp_path):
    folder = tmp_path / "a" / "b"
    folder.parent.mkdir(mode=0o755)
    async with EmbeddedPostgres(folder, fast_for_tests=True) as server:
        first = server.app_url()
        modes = {
            path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777
            for path in (folder, *folder.glob("*"), *folder.glob("secrets/*"))
        }
    assert folder.parent.stat().st_mode & 0o777 == 0o755
    assert modes["."] == modes["pgdata"] == modes["secrets"] == 0o700
    assert {mode for name, mode in modes.items() if name.startswith("secrets/")} == {0o600}
    async with EmbeddedPostgres(folder, fast_for_tests=True) as again:
        assert again.app_url() == first and again.running
        database = Database(again.app_url())
        await database.ping()
        assert database.reachable
        await database.close()
    assert not again.running


def test_demo_passwords_stay_and_are_private(tmp_path):
    logins = DemoLogins(tmp_path)
    password, key = logins.password("lixiuying"), logins.key("probe")
    logins.save()
    again = DemoLogins(tmp_path)
    assert (again.password("lixiuying"), again.key("probe")) == (password, key)
    assert (tmp_path / "demo-logins.json").stat().st_mode & 0o777 == 0o600
