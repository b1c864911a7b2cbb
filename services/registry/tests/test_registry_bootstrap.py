"""A town's first start: everything that is needed, once, and the secrets never again."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from huiyan_kit import subjects
from huiyan_registry.account.passwords import Passwords
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.tables import Area, Household, Room
from huiyan_registry.bootstrap.key_files import KeyFiles
from huiyan_registry.bootstrap.schemas import NewTown
from huiyan_registry.bootstrap.service import Bootstrap
from huiyan_registry.database.base import Base
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from sqlalchemy import func, select

NEW_TOWN = "510802105000"


class Town:
    """The command on a database without any town."""

    def __init__(self, seeded, database_name: str, folder: Path) -> None:
        self.url = seeded.postgres.app_url(database_name)
        self.folder = folder
        self.keys = folder / "keys"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "HUIYAN_REGISTRY_TOWNS": NEW_TOWN,
            "HUIYAN_REGISTRY_DATABASE_URL": self.url,
            "HUIYAN_REGISTRY_SECRETS_DIR": str(self.folder / "signing"),
        }
        command = [sys.executable, "-m", "huiyan_registry", "bootstrap", "--town", NEW_TOWN]
        return subprocess.run(
            [*command, "--account", "admin", *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def told(self, *words: str) -> dict:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def counts(self) -> dict[str, int]:
        tables: list[type[Base]] = [Area, Household, Room, Principal, RoleAssignment]
        database = Database(self.url)
        try:
            async with database.transaction(EVERYTHING) as session:
                return {
                    table.__tablename__: await session.scalar(
                        select(func.count()).select_from(table).where(table.town == NEW_TOWN)
                    )
                    for table in tables
                }
        finally:
            await database.close()


@pytest.fixture
def town(seeded, database_name, tmp_path) -> Town:
    return Town(seeded, database_name, tmp_path)


async def test_a_second_run_changes_nothing_and_tells_no_secret(town):
    first = town.told("--keys", str(town.keys), "--town-name", "清溪镇")
    password = first["account"].pop("password")
    made = await town.counts()
    # county, town, village, group; administrator, operator, probe; the administrator is room
    # administrator and clerk too
    assert made == {"area": 4, "household": 1, "room": 1, "principal": 3, "role_assignment": 5}
    files = {path.name: path.read_text() for path in town.keys.iterdir()}
    assert set(files) == {"operator.key", "probe.key"}
    for path in town.keys.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for name in ("operator", "probe"):
        assert json.loads(files[f"{name}.key"])["principal"] == first[name]["principal"]

    again = town.told("--keys", str(town.keys), "--town-name", "别的名字")
    assert again == first
    assert await town.counts() == made
    assert {path.name: path.read_text() for path in town.keys.iterdir()} == files

    reset = town.told("--keys", str(town.keys), "--reset-password")
    assert reset["account"].pop("password") != password
    assert reset == first


async def test_without_a_folder_the_keys_are_told_once(town):
    first, again = town.told(), town.told()
    assert len(first["operator"]["key"]) >= 40 and len(first["probe"]["key"]) >= 40
    assert "key" not in again["operator"] and "key" not in again["probe"]
    assert "password" not in again["account"]
    assert first["operator"]["principal"] == again["operator"]["principal"]


async def test_names_are_given_or_the_codes_own_text(town):
    town.told("--village-name", "柳树村")
    database = Database(town.url)
    async with database.transaction(EVERYTHING) as session:
        rows = await session.scalars(select(Area).where(Area.town == NEW_TOWN).order_by(Area.code))
        named = {row.level: (row.code, row.name) for row in rows}
    await database.close()
    assert named["county"] == ("510802000000", "510802000000")
    assert named["town"] == (NEW_TOWN, NEW_TOWN)
    assert named["village"] == ("510802105201", "柳树村")
    assert named["group"][0] == "510802105201001"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--town", "510802105201"), "not a town's"),
        (("--town", "510802106000"), "not among this registry's towns"),
        (("--account", "a b"), "account"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_made(town, words, said):
    refused = town.run(*words)
    assert refused.returncode == 1
    assert said in refused.stderr and "Traceback" not in refused.stderr
    assert refused.stdout == ""
    assert sum((await town.counts()).values()) == 0


async def test_anothers_key_file_is_refused(town):
    town.told("--keys", str(town.keys))
    path = town.keys / "probe.key"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, "key": "other"}))
    refused = town.run("--keys", str(town.keys))
    assert refused.returncode == 1
    assert "probe.key" in refused.stderr and kept["key"] not in refused.stderr


async def test_without_migrations_it_says_so(seeded, database_name, tmp_path):
    await seeded.postgres.drop(database_name)
    await seeded.postgres.clone(database_name, "template1")
    refused = Town(seeded, database_name, tmp_path).run()
    assert refused.returncode == 1
    assert "migrate" in refused.stderr


async def test_the_first_account_sees_a_public_camera_and_a_reset_ends_its_session(world):
    bootstrap = Bootstrap(
        world.registry.database,
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
        keys=KeyFiles(None),
        clock=world.clock,
    )
    town = world.seed.town
    first = await bootstrap.run(NewTown(town=town, account="admin"))
    assert first.operator.principal == world.seed.operator.principal
    assert first.operator.key is None  # the town had its machines already
    visitor = world.visitor()
    login = {"account": "admin", "password": first.account.password}
    entered = await visitor.call("POST", "/api/v1/login", login)
    assert entered.status_code == 200, entered.text
    visitor.csrf = entered.json()["csrf"]
    me = await visitor.get("/api/v1/me")
    assert me["roles"] == ["administrator", "clerk", "room_admin"]
    assert me["must_change_password"] and me["staff"]["missing"] == []
    refused = await visitor.call("GET", "/api/v1/accounts")
    assert (refused.status_code, refused.json()["code"]) == (403, "must_change_password")
    change = {"old": login["password"], "new": "a-quite-long-one"}
    assert (await visitor.call("POST", "/api/v1/me/password", change)).status_code == 204
    assert me["room"]["area"] == town
    public, home = world.camera("村口主路·东"), world.camera("院坝", "2")
    granted = (await visitor.grant(public, home, purpose="patrol")).json()
    assert [view["camera"] for view in granted["views"]] == [public]
    assert [refused["reason"] for refused in granted["refused"]] == ["no_consent"]

    world.clock.later(seconds=1)
    reset = await bootstrap.run(NewTown(town=town, account="admin", reset_password=True))
    assert (await visitor.call("GET", "/api/v1/me")).status_code == 401
    again = await world.visitor().call("POST", "/api/v1/login", login)
    assert again.status_code == 401
    login["password"] = reset.account.password
    assert (await world.visitor().call("POST", "/api/v1/login", login)).status_code == 200
    await world.registry.outbox.flush(town)
    bucket = world.bus.key_value("revocations")
    revoked = await bucket.get(subjects.key(town, "principal", me["principal"]))
    assert revoked is not None


async def test_an_administrator_may_be_made_who_sees_no_pictures(town):
    town.told("--name", "王兰", "--roles", "administrator,room_admin")
    database = Database(town.url)
    async with database.transaction(EVERYTHING) as session:
        person = await session.scalar(select(Principal).where(Principal.account == "admin"))
        assert person is not None and person.must_change_password
        held = select(RoleAssignment.role).where(RoleAssignment.principal == person.id)
        roles = set(await session.scalars(held))
    await database.close()
    assert (person.name, roles) == ("王兰", {"administrator", "room_admin"})
    assert (person.vetted_at, person.trained_at, person.agreement_valid_until) == (None,) * 3


async def test_only_first_roles_are_given_and_only_known_accounts_are_reset(town):
    wrong = town.run("--roles", "auditor")
    assert wrong.returncode == 1 and wrong.stdout == ""
    assert "roles are of" in wrong.stderr
    nobody = town.run("--only-reset")
    assert nobody.returncode == 1 and "there is no account admin" in nobody.stderr
    assert set((await town.counts()).values()) == {0}
    first = town.told()["account"]["password"]
    assert town.told("--only-reset")["account"]["password"] != first
