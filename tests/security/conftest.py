"""One running town for the whole folder, and the people who knock at its doors."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from huiyan_kit.grants import Grant, GrantKind, View, sign_grant
from huiyan_testing.person import Person
from huiyan_testing.town import Town

VILLAGE_GROUP = "510799101201002"
# Failed logins are counted by address: who guesses comes from an address of its own.
_addresses = itertools.count(256)


@dataclass
class House:
    """The town, its secrets, and whoever is logged in for the whole run."""

    town: Town
    people: dict[str, Person] = field(default_factory=dict)
    home_camera: str = ""
    road_camera: str = ""
    household: str = ""

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.town.data

    @property
    def code(self) -> str:
        """The town's code."""
        return str(self.town.state["town"])

    @property
    def clerk(self) -> Person:
        """Sits in the village's room."""
        return self.people["clerk"]

    @property
    def owner(self) -> Person:
        """Owns the first household."""
        return self.people["owner"]

    @property
    def operator(self) -> Person:
        """The machine that installs cameras."""
        return self.people["operator"]

    def stranger(self) -> Person:
        """Somebody new from an address of their own."""
        number = next(_addresses)
        return Person(self.town.url, f"127.0.{number // 256}.{number % 256}")

    async def new_clerk(self) -> Person:
        """The clerk on another browser: a session that a test may end."""
        account, password = self.town.clerk
        body = {"account": account, "password": password}
        return await self.stranger().enter("/api/v1/login", body)

    async def at_home(self) -> dict[str, str]:
        """Where a new camera is active at once: at a home; a public one would need its sign."""
        seen = (await self.operator.call("GET", f"/api/v1/cameras/{self.home_camera}")).json()
        return {
            "area": seen["area"],
            "household": seen["household"],
            "legal_class": "household",
            "site_kind": "courtyard",
            "placement": "courtyard",
        }

    def machine_login(self, name: str) -> dict[str, str]:
        """Principal and key of `operator` or `probe`."""
        login: dict[str, str] = json.loads((self.data / "keys" / f"{name}.key").read_text())
        return login

    def forge(self, real_token: str, *cameras: str, key: Any = None, **claims: Any) -> str:
        """A grant like a real one, with other claims; signed by the town's own key or by `key`."""
        real = jwt.decode(real_token, options={"verify_signature": False})
        real.pop("aud")
        if cameras:
            real["views"] = [View(camera=camera) for camera in cameras]
        grant = Grant.model_validate(real | {"kind": GrantKind.VIEW} | claims)
        kid = str(jwt.get_unverified_header(real_token)["kid"])
        return sign_grant(grant, key or self.signing_key(), kid)

    def signing_key(self) -> ec.EllipticCurvePrivateKey:
        """What only the registry should hold: with it forgeries are wrong in one point only."""
        pem = (self.data / "keys" / "signing" / f"signing-{self.code}.pem").read_bytes()
        key = load_pem_private_key(pem, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    async def database(self) -> asyncpg.Connection:
        """The database as its superuser sees it."""
        folder = self.data / "postgres"
        return await asyncpg.connect(
            host=str(folder / "socket"),
            user="postgres",
            password=(folder / "secrets" / "postgres.password").read_text().strip(),
            database="huiyan",
        )

    def secrets(self) -> dict[str, str]:
        """Every secret of the data folder's keys by a name that says where it is from."""
        keys = self.data / "keys"
        found = {path.stem: path.read_text().strip() for path in keys.glob("*.password")}
        found["camera"] = (keys / "camera.login").read_text().strip().partition(":")[2]
        found["sealing"] = (keys / "ingest.key").read_text().strip()
        found |= {name: self.machine_login(name)["key"] for name in ("operator", "probe")}
        found["clerk"] = self.town.clerk[1]
        pem = (keys / "signing" / f"signing-{self.code}.pem").read_text().splitlines()
        found["signing"] = pem[1]
        assert all(len(secret) >= 12 for secret in found.values())
        return found

    def database_secrets(self) -> dict[str, str]:
        """The passwords of the database's roles."""
        folder = self.data / "postgres" / "secrets"
        return {path.stem: path.read_text().strip() for path in folder.glob("*.password")}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house() -> AsyncIterator[House]:
    """Shared by every test of this folder; whoever changes something changes it back."""
    async with Town(cameras=4) as town:
        made = House(town)
        made.people["clerk"] = await made.new_clerk()
        code = {"code": town.family_link.partition("#")[2], "device_name": "手机"}
        made.people["owner"] = await Person(town.url).enter("/api/v1/link/exchange", code)
        login = made.machine_login("operator")
        made.people["operator"] = await Person(town.url).enter("/api/v1/login/key", login)
        for camera in (await made.operator.call("GET", "/api/v1/cameras")).json()["items"]:
            if camera["household"] is not None:
                made.home_camera, made.household = camera["id"], camera["household"]
            else:
                made.road_camera = made.road_camera or camera["id"]
        assert made.home_camera
        assert made.road_camera
        yield made
        for person in made.people.values():
            await person.http.aclose()
