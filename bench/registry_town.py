"""A registry process under the load of a whole town, over its own PostgreSQL and NATS."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from huiyan.ingest.v1.camera_pb2 import Presence, PresenceState, TrackInfo, WorkerSession
from huiyan_kit.bus.nats import NatsBus, connect_bus
from huiyan_kit.ids import new_id
from huiyan_kit.sealing import new_key_pair
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.tables import Area, Household
from huiyan_registry.camera.search import grams
from huiyan_registry.consent.tables import Consent
from huiyan_registry.database.connection import Database
from huiyan_registry.database.migrate import migrate
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.session.service import csrf_of
from huiyan_registry.session.tables import LoginSession
from huiyan_testing.nats_server import NatsServer
from huiyan_testing.parent_death import end_with_parent
from huiyan_testing.postgres import EmbeddedPostgres
from lean_http import LeanClient
from sqlalchemy import insert

COUNTY, TOWN = "510799000000", "510799101000"
VILLAGES, GROUPS, HOUSEHOLDS, STAFF = 161, 5, 12_000, 500
WORKER = "ingest-0a1b2c3d"
_READY_S = 240.0
_NAMES = ("院坝", "大门口", "堂屋外", "猪圈旁", "晒坝", "后山小路", "水井边", "果园")
_ROADS = ("村口主路", "三岔路口", "文化广场", "学校门口", "水库大坝", "山坪塘", "卫生站外")


def village(number: int) -> str:
    """The 12-digit code of village 0…160."""
    return f"{TOWN[:9]}{number + 1:03d}"


def group_of(home: int) -> str:
    """The group in which household number `home` lives."""
    return f"{village(home % VILLAGES)}{home // VILLAGES % GROUPS + 1:03d}"


class RegistryTown:
    """`async with RegistryTown(folder) as town:`; then `fill`, `import_cameras`, `presence`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.postgres = EmbeddedPostgres(folder / "postgres")
        self.nats = NatsServer(folder / "nats")
        self.process: asyncio.subprocess.Process | None = None
        self.url = ""
        self.homes = [new_id("hh") for _ in range(HOUSEHOLDS)]
        self.clerks: list[str] = []
        self.owners: list[str] = []
        self.administrator = ""
        self._database: Database | None = None

    @property
    def database(self) -> Database:
        """The bench's own connection, as the service's role."""
        assert self._database is not None
        return self._database

    async def __aenter__(self) -> Self:
        await self.postgres.start()
        try:
            await self.nats.start()
            await migrate(self.postgres.owner_url())
            self._database = Database(self.postgres.app_url(), pool_size=2)
            (self._folder / "signing").mkdir(mode=0o700)
            (self._folder / "ingest.pub").write_text(new_key_pair()[1])
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
        if self._database is not None:
            await self._database.close()
        await self.nats.stop()
        await self.postgres.stop()

    # The process

    async def serve(self) -> float:
        """Start the real process; return after how many seconds it was ready."""
        began = time.monotonic()
        ports = self._folder / "ports.json"
        ports.unlink(missing_ok=True)
        told = {
            "TOWNS": TOWN,
            "NATS_URL": self.nats.url,
            "PORTS_FILE": ports,
            "PROFILE": "demo",
            "DATABASE_URL": self.postgres.app_url(),
            "SECRETS_DIR": self._folder / "signing",
            "INGEST_PUBLIC_KEY_FILE": self._folder / "ingest.pub",
            "CAMERA_NETWORKS": "10.0.0.0/8",
            "RELAY_URL": "http://127.0.0.1:9",
            "LOG_LEVEL": "WARNING",
        }
        environment = {f"HUIYAN_REGISTRY_{name}": str(value) for name, value in told.items()}
        with (self._folder / "registry.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "huiyan_registry",
                "serve",
                env={**os.environ, **environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent(),
            )
        async with asyncio.timeout(_READY_S):
            while not ports.exists() or not ports.read_text().endswith("}"):
                if self.process.returncode is not None:
                    raise RuntimeError((self._folder / "registry.log").read_text()[-3000:])
                await asyncio.sleep(0.05)
            port = json.loads(ports.read_text())["http"]
            self.url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=self.url) as client:
                while (await client.get("/health/ready")).status_code != 200:
                    await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def stop(self) -> None:
        """End the process in order."""
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()

    def memory_mb(self) -> float:
        """Resident memory of the process now."""
        assert self.process is not None
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    # Its people and places

    async def fill(self) -> None:
        """161 villages, 12,000 households with owner and consent, 500 staff with sessions."""
        now = datetime.now(UTC)
        areas = [(COUNTY, "county", "演示县", None), (TOWN, "town", "双板镇", COUNTY)]
        for number in range(VILLAGES):
            code = village(number)
            areas.append((code, "village", f"{number + 1}号村", TOWN))
            areas += [(f"{code}{g + 1:03d}", "group", f"{g + 1}社", code) for g in range(GROUPS)]
        await self._insert(
            Area,
            [
                {"code": code, "level": level, "name": name, "parent": up, "valid_from": now}
                for code, level, name, up in areas
            ],
        )
        await self._insert(
            Household,
            [
                {"id": home, "group": group_of(n), "name": f"{n}号户", "created_at": now}
                | {"name_grams": grams(f"{n}号户")}
                for n, home in enumerate(self.homes)
            ],
        )
        await self._people(now)

    async def _people(self, now: datetime) -> None:
        later = now + timedelta(days=365)
        people: list[dict[str, Any]] = []
        roles: list[dict[str, Any]] = []
        sessions: list[dict[str, Any]] = []

        def person(role: str, *, area: str | None = None, household: str | None = None) -> str:
            identity = new_id("prn")
            staff = area is not None
            people.append(
                {
                    "id": identity,
                    "name": "某某",
                    "account": identity if staff else None,
                    "agreement_valid_until": later if staff else None,
                    "vetted_at": now if staff else None,
                    "trained_at": now if staff else None,
                    "must_change_password": False,
                    "created_at": now,
                }
            )
            roles.append(
                {
                    "id": new_id("rol"),
                    "principal": identity,
                    "role": role,
                    "area": area,
                    "household": household,
                    "created_at": now,
                }
            )
            return identity

        def logged_in(identity: str) -> str:
            token = f"{TOWN}.{secrets.token_urlsafe(32)}"
            sessions.append(
                {
                    "id": new_id("ses"),
                    "token_hash": hashlib.sha256(token.encode()).digest(),
                    "principal": identity,
                    "kind": "browser",
                    "idle_s": 86_400,
                    "created_at": now,
                    "last_seen_at": now,
                    "expires_at": now + timedelta(days=1),
                }
            )
            return token

        self.administrator = logged_in(person("room_admin", area=TOWN))
        for number in range(STAFF - 1):
            area = TOWN if number % 25 == 0 else village(number % VILLAGES)
            token = logged_in(person("clerk", area=area))
            if area == TOWN:
                self.clerks.append(token)
        consents = []
        for number, home in enumerate(self.homes):
            owner = person("household_owner", household=home)
            if number % 100 == 0:
                self.owners.append(logged_in(owner))
            if number % 2:
                consents.append(
                    {"id": new_id("con"), "household": home, "scope": "live_town"}
                    | {"granted_at": now, "granted_by": owner, "hours": [], "purposes": []}
                )
        await self._insert(Principal, people)
        await self._insert(RoleAssignment, roles)
        await self._insert(LoginSession, sessions)
        await self._insert(Consent, consents)

    async def _insert(self, table: Any, rows: Sequence[dict[str, Any]]) -> None:
        async with self.database.transaction(EVERYTHING) as session:
            for start in range(0, len(rows), 2000):
                batch = [{"town": TOWN, **row} for row in rows[start : start + 2000]]
                await session.execute(insert(table), batch)

    # Its cameras

    def table_of_cameras(self, count: int) -> bytes:
        """A CSV of `count` lines: seven of eight at homes, the others public."""
        out = io.StringIO()
        writer = csv.writer(out)
        places = ["name", "area", "household", "legal_class", "site_kind", "placement"]
        writer.writerow([*places, "main_url", "sub_url", "user", "password", "lat", "lon", "datum"])
        for number in range(count):
            address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            urls = [f"rtsp://{address}/Streaming/Channels/{stream}" for stream in (101, 102)]
            place = [f"{31 + number % 997 / 2000:.6f}", f"{104 + number % 991 / 2000:.6f}", "gcj02"]
            login = ["admin", f"Bench-{number:06d}"]
            home = number % HOUSEHOLDS
            if number % 8:
                name = f"{home}号{_NAMES[number // 8 % len(_NAMES)]}"
                facts = [name, group_of(home), self.homes[home], "household", "courtyard", "gate"]
            else:
                name = f"{_ROADS[number // 8 % len(_ROADS)]}{number}"
                facts = [name, group_of(home), "", "gov_public", "road", "roadside"]
            writer.writerow([*facts, *urls, *login, *place])
        return out.getvalue().encode()

    def client(self, token: str) -> httpx.AsyncClient:
        """A browser with this session."""
        return httpx.AsyncClient(
            base_url=self.url,
            headers={"Cookie": f"huiyan_session={token}", "Huiyan-CSRF": csrf_of(token)},
            timeout=180,
            limits=httpx.Limits(max_connections=60, max_keepalive_connections=60),
        )

    def lean(self, token: str) -> LeanClient:
        """The same browser, for many requests."""
        target = urlsplit(self.url)
        assert target.hostname is not None and target.port is not None
        headers = {"Cookie": f"huiyan_session={token}", "Huiyan-CSRF": csrf_of(token)}
        return LeanClient(target.hostname, target.port, headers)

    async def bus(self) -> NatsBus:
        """A connection of the bench."""
        return await connect_bus(self.nats.url, user="", password="", name="bench")

    async def keep_worker(self, bus: NatsBus) -> None:
        """Be the living ingest that tells of every camera; runs until cancelled."""
        bucket = bus.key_value("workers")
        value = WorkerSession(worker=WORKER, service="ingest").SerializeToString()
        while True:
            await bucket.put(f"{TOWN}.{WORKER}", value)
            await asyncio.sleep(1)


async def tell_presence(bus: NatsBus, cameras: Sequence[str]) -> None:
    """Every camera is online with two tracks."""
    bucket = bus.key_value("presence")
    now = time.time_ns()
    tracks = [
        TrackInfo(track=name, codec="h264", width=1920, height=1080, fps=25.0, gop_ms=2000)
        for name in ("main", "sub")
    ]
    for start in range(0, len(cameras), 200):
        told = [
            Presence(
                town=TOWN,
                camera=camera,
                state=PresenceState.PRESENCE_STATE_ONLINE,
                since_ns=now,
                observed_at_ns=now,
                last_frame_at_ns=now,
                worker=WORKER,
                tracks=tracks,
            )
            for camera in cameras[start : start + 200]
        ]
        await asyncio.gather(
            *(bucket.put(f"{TOWN}.{one.camera}", one.SerializeToString()) for one in told)
        )
