"""Two registry processes on one database, bus and folder of keys: each thing happens once."""

import asyncio
import io
import json
import os
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import jwt
import pytest
import pytest_asyncio
from huiyan.relay.v1.view_pb2 import ViewStarted
from huiyan_kit import subjects
from huiyan_kit.bus.api import KvKind
from huiyan_kit.bus.nats import NatsBus, connect_bus
from huiyan_kit.sealing import new_key_pair
from huiyan_registry.register.trust import read_heads, read_keys
from huiyan_registry.register.verify import verify
from huiyan_registry.register.witness import witnessed
from huiyan_testing.nats_server import NatsServer, service_users
from huiyan_testing.parent_death import end_with_parent
from huiyan_testing.person import Person
from huiyan_testing.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
TOWN = "510799101000"
SITES = (("村口主路·东", "road", None), ("院坝", "courtyard", 1), ("三岔路口", "road", None))
_READY_S = 60.0


@dataclass
class Pair:
    """Both registries, and what they share."""

    folder: Path
    postgres: EmbeddedPostgres
    nats: NatsServer
    urls: list[str] = field(default_factory=list)
    seeded: dict[str, Any] = field(default_factory=dict)

    @property
    def secrets(self) -> Path:
        return self.folder / "signing"

    def environment(self, name: str) -> dict[str, str]:
        settings = {
            "TOWNS": TOWN,
            "NATS_URL": self.nats.url,
            "NATS_USER": "registry",
            "NATS_PASSWORD_FILE": str(self.nats.password_file("registry")),
            "DATABASE_URL": self.postgres.app_url(),
            "OWNER_DATABASE_URL": self.postgres.owner_url(),
            "SECRETS_DIR": str(self.secrets),
            "INGEST_PUBLIC_KEY_FILE": str(self.folder / "ingest.pub"),
            "CAMERA_NETWORKS": "127.0.0.0/8",
            "RELAY_URL": "http://127.0.0.1:1",
            "PORTS_FILE": str(self.folder / f"{name}.json"),
            "PROFILE": "demo",
        }
        return {f"HUIYAN_REGISTRY_{key}": value for key, value in settings.items()}

    async def command(self, *words: str) -> str:
        """One command of the registry to its end."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "huiyan_registry", *words],
            env={**os.environ, **self.environment("command")},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def serve(self, name: str) -> asyncio.subprocess.Process:
        """A registry, ready or not yet."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "huiyan_registry", "serve"),
            env={**os.environ, **self.environment(name)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=(self.folder / f"{name}.log").open("wb"),
            preexec_fn=end_with_parent(),
        )

    async def ready(self, name: str, process: asyncio.subprocess.Process) -> str:
        """Its URL once it is ready."""
        ports = self.folder / f"{name}.json"
        async with asyncio.timeout(_READY_S), httpx.AsyncClient(timeout=2) as client:
            while not ports.exists():
                assert process.returncode is None, (self.folder / f"{name}.log").read_text()
                await asyncio.sleep(0.05)
            told = json.loads(ports.read_text())
            while True:
                try:
                    url = f"http://127.0.0.1:{told['internal']}/health/ready"
                    if (await client.get(url)).status_code == 200:
                        return f"http://127.0.0.1:{told['http']}"
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.05)

    def password(self, account: str) -> str:
        found = [one for one in self.seeded["accounts"] if one["account"] == account]
        return str(found[0]["password"])

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """As the database's superuser."""
        folder = self.folder / "pg"
        connection = await asyncpg.connect(
            host=str(folder / "socket"),
            user="postgres",
            password=(folder / "secrets" / "postgres.password").read_text().strip(),
            database="huiyan",
        )
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()


def _sites() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "site_kind": kind,
            "household": home,
            "main_url": f"rtsp://127.0.0.1:8554/{number}/main",
            "user": "admin",
            "password": "not-a-real-one",
        }
        for number, (name, kind, home) in enumerate(SITES)
    ]


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        await process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    async with AsyncExitStack() as stack:
        server = EmbeddedPostgres(folder / "pg", fast_for_tests=True)
        postgres = await stack.enter_async_context(server)
        nats = await stack.enter_async_context(NatsServer(folder / "nats", users=service_users()))
        pair = Pair(folder, postgres, nats)
        (folder / "ingest.pub").write_text(new_key_pair()[1])
        (folder / "sites.json").write_text(json.dumps(_sites()))
        await pair.command("migrate")
        # Both start at once on a folder without keys: they must agree on the first ones.
        running = {name: await pair.serve(name) for name in ("one", "two")}
        for process in running.values():
            stack.push_async_callback(end, process)
        pair.urls = [await pair.ready(name, process) for name, process in running.items()]
        sites = str(folder / "sites.json")
        pair.seeded = json.loads(await pair.command("seed-demo", "--sites", sites))
        yield pair


@pytest_asyncio.fixture(loop_scope="module")
async def clerks(pair: Pair) -> AsyncIterator[list[Person]]:
    """One clerk's session, opened at the first registry and used at both."""
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(Person(url)) for url in pair.urls]
        login = {"account": "lixiuying", "password": pair.password("lixiuying")}
        await people[0].enter("/api/v1/login", login)
        for name, value in people[0].http.cookies.items():
            people[1].http.cookies.set(name, value)
        people[1].csrf = people[0].csrf
        yield people


@pytest_asyncio.fixture(loop_scope="module")
async def bus(pair: Pair) -> AsyncIterator[NatsBus]:
    """As a relay is connected."""
    password = pair.nats.password("relay")
    connected = await connect_bus(pair.nats.url, user="relay", password=password, name="test")
    yield connected
    await connected.close()


async def until(hold: Any, within_s: float = 20.0) -> None:
    """Return when the awaited condition is true."""
    async with asyncio.timeout(within_s):
        while not await hold():
            await asyncio.sleep(0.1)


async def cameras(person: Person) -> dict[str, str]:
    items = (await person.call("GET", "/api/v1/cameras")).json()["items"]
    return {one["name"]: one["id"] for one in items}


async def test_both_found_or_made_the_same_keys(pair: Pair, clerks: list[Person]) -> None:
    road = (await cameras(clerks[1]))["村口主路·东"]
    kids = {
        jwt.get_unverified_header((await clerk.grant(road))["token"])["kid"] for clerk in clerks
    }
    assert len(kids) == 1
    names = sorted(path.name for path in pair.secrets.iterdir() if path.suffix in (".pem", ".key"))
    assert names == [f"register-{TOWN}.pem", "second-factor.key", f"signing-{TOWN}.pem"]


async def test_the_register_is_one_chain(pair: Pair, clerks: list[Person]) -> None:
    """Both seal each second what both write."""
    road = (await cameras(clerks[0]))["村口主路·东"]
    for _ in range(4):
        await asyncio.gather(*(clerk.grant(road) for clerk in clerks * 3))

        async def sealed() -> bool:
            return not await pair.sql("SELECT 1 FROM register_unsealed LIMIT 1")

        await until(sealed)
    exported = await pair.command("register", "export", "--town", TOWN)
    trust = read_keys(pair.secrets / f"register-{TOWN}.pem")
    held = [head for path in witnessed(pair.secrets, TOWN) for head in read_heads(path)]
    proven = verify(lambda: iter(io.StringIO(exported)), trust, held)
    rows = await pair.sql("SELECT count(*) AS n FROM access_register")
    assert rows[0]["n"] >= 24 and proven.rows == rows[0]["n"] + await _events(pair)
    assert not list(pair.secrets.glob("*lost*")), "one sealer took the other's head for lost"


async def _events(pair: Pair) -> int:
    return int((await pair.sql("SELECT count(*) AS n FROM view_event"))[0]["n"])


async def test_a_change_reaches_the_bus_once(
    pair: Pair, clerks: list[Person], bus: NatsBus
) -> None:
    """The outbox of both, and the row that time alone turns on again."""
    home = (await cameras(clerks[0]))["院坝"]
    key = subjects.key(TOWN, home)
    written: Counter[int] = Counter()
    synced = asyncio.Event()

    async def watch() -> None:
        async for event in bus.key_value("cameras").watch(key):
            if event.kind is KvKind.SYNCED:
                synced.set()
            elif event.kind is KvKind.PUT and synced.is_set():
                written[event.revision] += 1

    async with AsyncExitStack() as stack:
        watching = asyncio.create_task(watch())
        stack.callback(watching.cancel)
        owner = await stack.enter_async_context(Person(pair.urls[0]))
        code = pair.seeded["family_link"].partition("#")[2]
        await owner.enter("/api/v1/link/exchange", {"code": code, "device_name": "手机"})
        other = await stack.enter_async_context(Person(pair.urls[1]))
        for name, value in owner.http.cookies.items():
            other.http.cookies.set(name, value)
        other.csrf = owner.csrf
        await asyncio.wait_for(synced.wait(), 20)
        (before,) = await pair.sql("SELECT rev FROM camera WHERE id = $1", home)
        for person in (owner, other, owner, other):
            switched = await person.call("POST", f"/api/v1/cameras/{home}/off", {})
            assert switched.status_code == 200, switched.text
            assert (await person.call("POST", f"/api/v1/cameras/{home}/on")).status_code == 200
        soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
        await other.call("POST", f"/api/v1/cameras/{home}/off", {"until": soon})

        async def on_again() -> bool:
            (row,) = await pair.sql("SELECT off FROM camera WHERE id = $1", home)
            return not row["off"] and not await pair.sql("SELECT 1 FROM outbox LIMIT 1")

        await until(on_again)
        (after,) = await pair.sql("SELECT rev FROM camera WHERE id = $1", home)
        changes = after["rev"] - before["rev"]
        assert changes == 10

        async def all_written() -> bool:
            return len(written) >= changes

        await until(all_written)
    assert (len(written), set(written.values())) == (changes, {1})


async def test_an_event_is_kept_once(pair: Pair, clerks: list[Person], bus: NatsBus) -> None:
    """Both read the same stream; the relay tells some of them twice."""
    road = (await cameras(clerks[0]))["村口主路·东"]
    given = await clerks[0].grant(road)
    me = (await clerks[1].call("GET", "/api/v1/me")).json()
    before = await _events(pair)
    for number in range(20):
        event = ViewStarted(
            event=f"evt_{uuid.uuid4().hex[:16]}",
            town=TOWN,
            grant=given["id"],
            principal=me["principal"],
            camera=road,
            stream="main",
            first_frame_at_ns=int(datetime.now(UTC).timestamp() * 1e9) + number,
            relay="relay-test",
        )
        for repeat in range(2):
            await bus.publish_event(
                subjects.view_started(TOWN),
                event.SerializeToString(),
                event_id=f"{event.event}-{repeat}",
            )

    async def kept() -> bool:
        return await _events(pair) >= before + 20

    await until(kept)
    assert await _events(pair) == before + 20


async def test_the_next_key_is_one_and_both_tell_it(pair: Pair, bus: NatsBus) -> None:
    made = json.loads(await pair.command("rotate-keys"))
    again = json.loads(await pair.command("rotate-keys"))
    assert made == again

    async def told() -> bool:
        key = subjects.key(TOWN, made[0]["next"])
        return await bus.key_value("signing_keys").get(key) is not None

    await until(told, 25)
    ring = json.loads((pair.secrets / f"signing-{TOWN}.ring.json").read_text())
    assert ring["old"] == []


async def test_a_logout_at_one_is_a_logout_at_the_other(clerks: list[Person]) -> None:
    assert (await clerks[1].call("GET", "/api/v1/me")).status_code == 200
    assert (await clerks[0].call("POST", "/api/v1/logout")).status_code == 204
    assert (await clerks[1].call("GET", "/api/v1/me")).status_code == 401
