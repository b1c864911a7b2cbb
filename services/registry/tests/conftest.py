"""A real PostgreSQL, migrated once and cloned for each test; the registry over a local bus."""

import asyncio
import base64
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit.bus.local import LocalBus
from huiyan_kit.health import Health
from huiyan_kit.sealing import new_key_pair
from huiyan_registry.account.passwords import Passwords
from huiyan_registry.app import Registry, compose_registry
from huiyan_registry.camera.addresses import AddressRule
from huiyan_registry.camera.service import Sealer
from huiyan_registry.database.connection import Database
from huiyan_registry.database.migrate import migrate
from huiyan_registry.demo.logins import DemoLogins
from huiyan_registry.demo.schemas import DemoSeed, DemoSite
from huiyan_registry.demo.seed import DemoSeeder, demo_id
from huiyan_registry.settings import RegistrySettings
from huiyan_testing.postgres import EmbeddedPostgres
from jwt.algorithms import ECAlgorithm
from prometheus_client import CollectorRegistry

TOWN = "510799101000"
CAMERA_USER, CANARY = "admin", "canary-S3cret"
_SITES = (
    ("村口主路·东", "road", None),
    ("院坝", "courtyard", "1"),
    ("大门口", "courtyard", "1"),
    ("院坝", "courtyard", "2"),
    ("院坝", "courtyard", "3"),
    ("三岔路口", "road", None),
)
_numbers = itertools.count(1)


def demo_sites() -> list[DemoSite]:
    """Six cameras: a public one in each village, and three homes."""
    return [
        DemoSite(
            name=name,
            site_kind=kind,
            household=home,
            main_url=f"rtsp://127.0.0.1:8554/{index}/main",
            sub_url=f"rtsp://127.0.0.1:8554/{index}/sub",
            user=CAMERA_USER,
            password=CANARY,
        )
        for index, (name, kind, home) in enumerate(_SITES)
    ]


class TestClock:
    """The real clock, shifted by hand."""

    __test__ = False

    def __init__(self) -> None:
        self.shift_s = 0.0

    def utc_ns(self) -> int:
        return time.time_ns() + int(self.shift_s * 1e9)

    def monotonic(self) -> float:
        return time.monotonic() + self.shift_s

    async def sleep(self, seconds: float) -> None:
        self.shift_s += seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.utc_ns() / 1e9, UTC)

    def later(self, **more: float) -> None:
        self.shift_s += timedelta(**more).total_seconds()


@dataclass(frozen=True)
class Seeded:
    """A server whose database `huiyan` is migrated and seeded, to be cloned."""

    postgres: EmbeddedPostgres
    folder: Path
    seed: DemoSeed
    ingest_private_key: str

    def settings(self, database: str) -> RegistrySettings:
        """Settings for one clone."""
        return RegistrySettings(
            towns=TOWN,
            profile="demo",
            database_url=self.postgres.app_url(database),
            secrets_dir=self.folder / "secrets",
            ingest_public_key_file=self.folder / "ingest.pub",
            camera_networks="127.0.0.0/8,10.20.0.0/16",
            public_url="http://test",
        )


def _passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def _seed(postgres: EmbeddedPostgres, folder: Path) -> Seeded:
    await postgres.start()
    await migrate(postgres.owner_url())
    private, public = new_key_pair()
    (folder / "ingest.pub").write_text(public)
    database = Database(postgres.app_url())
    seeder = DemoSeeder(
        database,
        passwords=_passwords(),
        logins=DemoLogins(folder / "secrets"),
        sealer=Sealer(public),
        addresses=AddressRule([ip_network("127.0.0.0/8")]),
        clock=TestClock(),
        public_url="http://test",
    )
    try:
        return Seeded(postgres, folder, await seeder.seed(demo_sites()), private)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """Made once for the run."""
    loop = asyncio.new_event_loop()
    folder = tmp_path_factory.mktemp("registry")
    server = EmbeddedPostgres(folder / "postgres", fast_for_tests=True)
    try:
        yield loop.run_until_complete(_seed(server, folder))
    finally:
        loop.run_until_complete(server.stop())
        loop.close()


@pytest.fixture(scope="session")
def seed_into() -> Callable[[EmbeddedPostgres, Path], Awaitable[Seeded]]:
    """Starts another server and fills it: for tests that break theirs."""
    return _seed


@pytest.fixture
async def database_name(seeded: Seeded) -> AsyncIterator[str]:
    """A fresh database."""
    name = f"test_{next(_numbers)}"
    await seeded.postgres.clone(name)
    yield name
    await seeded.postgres.drop(name)


@dataclass
class World:
    """A seeded registry and what a test needs to speak to it."""

    registry: Registry
    metrics: CollectorRegistry
    bus: LocalBus
    clock: TestClock
    seed: DemoSeed
    settings: RegistrySettings
    postgres: EmbeddedPostgres
    database_name: str
    ingest_private_key: str
    cameras: dict[tuple[str, str], str] = field(default_factory=dict)

    def visitor(self) -> "Visitor":
        """Somebody new: own cookies, no session."""
        return Visitor(self)

    async def staff(self, account: str) -> "Visitor":
        """Somebody of the staff, logged in."""
        visitor = self.visitor()
        password = next(one.password for one in self.seed.accounts if one.account == account)
        body = {"account": account, "password": password}
        answer = await visitor.call("POST", "/api/v1/login", body)
        assert answer.status_code == 200, answer.text
        visitor.csrf = answer.json()["csrf"]
        return visitor

    async def by_link(self, url: str, *, bound: bool = True) -> "Visitor":
        """A family member who spent a link."""
        visitor = self.visitor()
        body: dict[str, Any] = {"code": url.partition("#")[2], "device_name": "Android 手机"}
        if bound:
            visitor.key = ec.generate_private_key(ec.SECP256R1())
            body["device_key"] = json.loads(ECAlgorithm.to_jwk(visitor.key.public_key()))
        answer = await visitor.call("POST", "/api/v1/link/exchange", body, proof="")
        assert answer.status_code == 200, answer.text
        visitor.csrf = answer.json()["csrf"]
        return visitor

    async def owner(self) -> "Visitor":
        """王大娘, owner of household 1, on her phone."""
        return await self.by_link(self.seed.family_link)

    async def machine(self, which: str) -> "Visitor":
        """The operator or the probe."""
        visitor = self.visitor()
        login = getattr(self.seed, which)
        body = {"principal": login.principal, "key": login.key}
        answer = await visitor.call("POST", "/api/v1/login/key", body)
        assert answer.status_code == 200, answer.text
        visitor.bearer = answer.json()["token"]
        return visitor

    def camera(self, name: str, household: str = "") -> str:
        """The id of a seeded camera."""
        return self.cameras[(name, household)]


class Visitor:
    """A browser or a machine."""

    def __init__(self, world: World, address: str = "192.0.2.1") -> None:
        transport = httpx.ASGITransport(world.registry.asgi, client=(address, 1))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://test")
        self.csrf = ""
        self.bearer = ""
        self.key: ec.EllipticCurvePrivateKey | None = None
        self._clock = world.clock

    def proof(self, method: str, path: str, **claims: Any) -> str:
        """A fresh Huiyan-Proof."""
        assert self.key is not None
        jti = base64.urlsafe_b64encode(str(next(_numbers)).encode()).decode() + "x"
        content = {"htm": method, "htu": path, "iat": int(self._clock.utc_ns() / 1e9), "jti": jti}
        headers = {"typ": "huiyan-proof"}
        return jwt.encode({**content, **claims}, self.key, algorithm="ES256", headers=headers)

    async def call(
        self, method: str, path: str, body: Any = None, *, proof: str | None = None, **more: Any
    ) -> httpx.Response:
        """One request with everything a good client sends."""
        headers = dict(more.pop("headers", {}))
        if self.bearer:
            headers.setdefault("Authorization", f"Bearer {self.bearer}")
        if method != "GET" and self.csrf:
            headers.setdefault("Huiyan-CSRF", self.csrf)
        if proof is None and self.key is not None and method != "GET":
            proof = self.proof(method, path.partition("?")[0])
        if proof:
            headers["Huiyan-Proof"] = proof
        return await self.http.request(method, path, json=body, headers=headers, **more)

    async def get(self, path: str) -> Any:
        """A GET that must succeed."""
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def grant(
        self, *cameras: str, kind: str = "view", purpose: str | None = None
    ) -> httpx.Response:
        """Ask for a grant."""
        body: dict[str, Any] = {"kind": kind, "views": [{"camera": one} for one in cameras]}
        if purpose is not None:
            body["purpose"] = {"code": purpose, "text": ""}
        return await self.call("POST", "/api/v1/grants", body)


async def _ensure() -> str:
    return "local"


@pytest.fixture
async def world_of(
    seeded: Seeded, database_name: str
) -> AsyncIterator[Callable[[str], Awaitable[World]]]:
    """Makes a world that serves other towns too: their codes, comma separated."""
    made: list[World] = []

    async def make(towns: str) -> World:
        settings = seeded.settings(database_name).model_copy(update={"towns": towns})
        made.append(_world(seeded, database_name, settings))
        return made[-1]

    yield make
    for one in made:
        await one.registry.database.close()


@pytest.fixture
async def world(seeded: Seeded, database_name: str) -> AsyncIterator[World]:
    """The seeded demo with a living relay; nothing runs in the background."""
    made = _world(seeded, database_name, seeded.settings(database_name))
    yield made
    await made.registry.database.close()


def _world(seeded: Seeded, database_name: str, settings: RegistrySettings) -> World:
    database, bus, clock = Database(settings.database_url), LocalBus(), TestClock()
    metrics = CollectorRegistry()
    registry = compose_registry(
        settings,
        database,
        bus,
        _ensure,
        health=Health(metrics),
        metrics=metrics,
        clock=clock,
        passwords=_passwords(),
        pages=None,
    )
    relay = WorkerSession(worker="relay-1", service="relay", url="http://127.0.0.1:9000")
    registry.workers.on_change(f"{TOWN}.relay-1", relay.SerializeToString())
    made = World(
        registry,
        metrics,
        bus,
        clock,
        seeded.seed,
        settings,
        seeded.postgres,
        database_name,
        seeded.ingest_private_key,
    )
    made.cameras = {
        (name, home or ""): demo_id("cam", home or "", name) for name, _, home in _SITES
    }
    return made


@pytest.fixture
def world_clock() -> TestClock:
    """A clock without a world."""
    return TestClock()
