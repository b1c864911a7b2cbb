"""Towns on a real PostgreSQL in a data folder, without the suite around them."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from huiyan_kit.sealing import open_seal, read_key
from huiyan_registry.database.migrate import migrate
from huiyan_registry.demo.run import run_seed
from huiyan_registry.demo.schemas import DemoSite
from huiyan_registry.register.command import run_export
from huiyan_registry.settings import RegistrySettings
from huiyan_runner.data_folder import DataFolder, SuiteState
from huiyan_runner.main import main
from huiyan_runner.postgres_tools import ask, login_of
from huiyan_testing.postgres import EmbeddedPostgres

TOWN = "510799101000"
CANARY = "canary-S3cret"
SITES = [
    {"name": "村口主路", "site_kind": "road", "main_url": "rtsp://127.0.0.1:8554/0/main"},
    {"name": "院坝", "site_kind": "courtyard", "household": "1"},
    {"name": "院坝", "site_kind": "courtyard", "household": "2"},
]
# Looks with their grant, as the service writes them; the newest grant's token may still live.
LOOKS = """
INSERT INTO login_session SELECT p.town, 'ses_' || n, decode(md5(n::text), 'hex'), p.id, 'browser',
  NULL, NULL, 600, now(), now(), now() + interval '1 day', NULL
  FROM principal p, generate_series(1, 2) n WHERE p.account = 'lixiuying';
INSERT INTO view_grant SELECT town, 'grt_1', principal, id, 'view', 'patrol', '', now(),
  now() + interval '4 minutes', NULL FROM login_session WHERE id = 'ses_1';
INSERT INTO access_register (town, id, at, "grant", kind, principal, who, role, place, own, camera,
  camera_name, household, purpose_code, purpose_text)
  SELECT c.town, 'reg_' || n, now(), 'grt_1', 'view', 'prn_x', '李秀英', 'clerk', '监控室', false,
  c.id, c.name, c.household, 'patrol', '' FROM camera c, generate_series({first}, {last}) n
  WHERE c.name = '村口主路';
"""
POWERS = """
SELECT 'policy', tablename || policyname || permissive || roles::text || cmd
  || coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies
UNION ALL SELECT 'table', relname || relrowsecurity || relforcerowsecurity
  || pg_get_userbyid(relowner) || coalesce((SELECT string_agg(a::text, ',' ORDER BY a::text)
  FROM unnest(relacl) a), '') FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass || tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'database', pg_get_userbyid(datdba) || (SELECT string_agg(a::text, ','
  ORDER BY a::text) FROM unnest(datacl) a) FROM pg_database WHERE datname = 'huiyan'
ORDER BY 1, 2
"""


def settings(server: EmbeddedPostgres, folder: DataFolder) -> RegistrySettings:
    return RegistrySettings(
        towns=TOWN,
        profile="demo",
        database_url=server.app_url(),
        secrets_dir=folder.keys / "signing",
        ingest_public_key_file=folder.keys / "ingest.pub",
        camera_networks="127.0.0.0/8",
        public_url="http://test",
    )


class Town:
    """A data folder with a registry in it."""

    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root)

    @property
    def words(self) -> list[str]:
        return ["--data", str(self.folder.root)]

    def backup(self, file: Path, *more: str) -> int:
        return main(["registry", "backup", str(file), *self.words, *more])

    def restore(self, file: Path, *more: str) -> int:
        return main(["registry", "restore", str(file), *self.words, *more])

    def verify(self, *more: str) -> int:
        return main(["register", "verify", *self.words, *more])

    @asynccontextmanager
    async def server(self) -> AsyncIterator[EmbeddedPostgres]:
        async with EmbeddedPostgres(self.folder.postgres, fast_for_tests=True) as server:
            yield server

    def sql(self, script: str) -> str:
        """By the superuser, with a server of its own."""

        async def asked() -> str:
            async with self.server() as server:
                return await ask(login_of(server.superuser_url(), self.folder.root), script)

        return asyncio.run(asked())

    def content(self) -> dict[str, list[str]]:
        """Every row of every table, and `powers`: policies, rights, owners, triggers."""

        async def read() -> dict[str, list[str]]:
            async with self.server() as server:
                login = login_of(server.superuser_url(), self.folder.root)
                tables = (
                    await ask(login, "SELECT tablename FROM pg_tables WHERE schemaname='public'")
                ).split()
                found = {
                    table: (
                        await ask(login, f'SELECT t::text FROM "{table}" t ORDER BY 1')
                    ).splitlines()
                    for table in tables
                }
                return found | {"powers": (await ask(login, POWERS)).splitlines()}

        return asyncio.run(read())

    def look(self, first: int, last: int) -> None:
        """Somebody looks, and it is sealed."""

        async def looked() -> None:
            async with self.server() as server:
                login = login_of(server.superuser_url(), self.folder.root)
                script = LOOKS.format(first=first, last=last)
                if first > 1:
                    script = script[script.index("INSERT INTO access_register") :]
                await ask(login, script)
                await run_export(settings(server, self.folder), TOWN, Path(os.devnull))

        asyncio.run(looked())

    def export(self, file: Path) -> list[dict[str, Any]]:
        """Seal what waits and export, as an auditor does; the lines."""

        async def exported() -> None:
            async with self.server() as server:
                await run_export(settings(server, self.folder), TOWN, file)

        asyncio.run(exported())
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    def passwords(self) -> set[str]:
        """What the cameras' sealed logins say to who holds ingest.key."""
        sealed = self.sql("SELECT encode(credential, 'hex') FROM camera").split()
        key = read_key(self.folder.keys / "ingest.key")
        return {open_seal(bytes.fromhex(one), key).password for one in sealed}

    @contextmanager
    def running(self) -> Iterator[None]:
        """As while `huiyan up` runs: its lock, its state, its server."""
        ready, over = asyncio.Event(), asyncio.Event()
        loop = asyncio.new_event_loop()

        async def serve() -> None:
            async with self.server():
                ready.set()
                await over.wait()

        self.folder.lock()
        self.folder.write_state(SuiteState(os.getpid(), TOWN, "", "", ""))
        task = loop.create_task(serve())
        loop.run_until_complete(ready.wait())
        try:
            yield
        finally:
            over.set()
            loop.run_until_complete(task)
            loop.close()
            self.folder.state_file.unlink()
            self.folder.unlock()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo town with looks; its server is down."""
    town = Town(tmp_path_factory.mktemp("made") / "d")
    town.folder.prepare()
    town.folder.sealing_keys()
    sites = [
        {"sub_url": "", "user": "admin", "password": CANARY, **site}
        | {"main_url": f"rtsp://127.0.0.1:8554/{number}/main"}
        for number, site in enumerate(SITES)
    ]

    async def fill() -> None:
        async with town.server() as server:
            await migrate(server.owner_url())
            wanted = [DemoSite.model_validate(site) for site in sites]
            seeded = await run_seed(settings(server, town.folder), wanted)
            (town.folder.keys / "operator.key").write_text(seeded.operator.model_dump_json())

    asyncio.run(fill())
    town.look(1, 4)
    return town.folder.root


@pytest.fixture
def town(made: Path, tmp_path: Path) -> Town:
    """A town of its own for each test."""
    root = tmp_path / "d"
    shutil.copytree(made, root, symlinks=True)
    shutil.rmtree(root / "postgres" / "socket", ignore_errors=True)
    # Its own socket; pgpass files name no folder.
    return Town(root)


@pytest.fixture
def town_at() -> Callable[[Path], Town]:
    """A town in a folder that may not be there yet."""
    return Town
