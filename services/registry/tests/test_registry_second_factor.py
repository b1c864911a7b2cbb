"""Second factors over HTTP: codes, passkeys, tickets, throttling, and a town that demands them."""

import base64
import dataclasses
import hashlib
import json
from collections.abc import AsyncIterator

import cbor2
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit.health import Health
from huiyan_registry.account.passwords import Passwords
from huiyan_registry.app import compose_registry
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.session.tables import SecondStep, Totp
from huiyan_registry.session.totp import code_at, step_of
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

ORIGIN, RP = "http://localhost", "localhost"


class CountingHasher(PasswordHasher):
    """Counts what each login costs."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash, password):
        self.verified.append(hash.rpartition("$")[0].rpartition("$")[0])
        return super().verify(hash, password)


async def _ensure() -> str:
    return "local"


async def _world(world, hasher: PasswordHasher, **settings):
    changed = world.settings.model_copy(update={"public_url": ORIGIN, **settings})
    database, metrics = Database(changed.database_url), CollectorRegistry()
    registry = compose_registry(
        changed,
        database,
        world.bus,
        _ensure,
        health=Health(metrics),
        metrics=metrics,
        clock=world.clock,
        passwords=Passwords(hasher),
        pages=None,
    )
    made = dataclasses.replace(world, registry=registry, settings=changed)
    _announce(made)
    return made, database


def _announce(world) -> None:
    """A relay says that it lives, as it does each second."""
    relay = WorkerSession(worker="relay-1", service="relay", url="http://127.0.0.1:9000")
    world.registry.workers.on_change(f"{world.seed.town}.relay-1", relay.SerializeToString())


@pytest.fixture
async def free(world) -> AsyncIterator:
    """Second factors are possible, nobody must have one."""
    made, database = await _world(world, PasswordHasher(1, 8, 1))
    yield made
    await database.close()


@pytest.fixture
async def strict(world) -> AsyncIterator:
    """Staff must have one."""
    made, database = await _world(world, PasswordHasher(1, 8, 1), staff_second_factor="required")
    yield made
    await database.close()


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Authenticator:
    """WebAuthn in software: one P-256 credential, attestation `none` (Level 2, 6.5 and 8.7)."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(str(id(self)).encode()).digest()
        self.count, self.origin = 0, origin

    def _data(self, flags: int) -> bytes:
        self.count += 1
        return hashlib.sha256(RP.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def create(self, options: dict) -> dict:
        """`navigator.credentials.create`."""
        point = self.key.public_key().public_numbers()
        x, y = (part.to_bytes(32, "big") for part in (point.x, point.y))
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        data = self._data(0x41) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        response = {"clientDataJSON": _b64(client), "attestationObject": _b64(attestation)}
        return self._told(response)

    def get(self, options: dict) -> dict:
        """`navigator.credentials.get`."""
        data, client = self._data(0x01), self._client("webauthn.get", options["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": _b64(client),
            "authenticatorData": _b64(data),
            "signature": _b64(signed),
        }
        return self._told(response)

    def _told(self, response: dict) -> dict:
        name = _b64(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}


class Phone:
    """An authenticator app."""

    def __init__(self, world, secret: str) -> None:
        self.clock, self.secret = world.clock, base64.b32decode(secret)

    def code(self, drift: int = 0) -> str:
        return code_at(self.secret, step_of(self.clock.utc_ns() / 1e9) + drift)


async def _with_totp(world, visitor) -> Phone:
    made = (await visitor.call("POST", "/api/v1/me/totp")).json()
    phone = Phone(world, made["secret"])
    assert base64.b32decode(made["secret"]) and made["uri"].startswith("otpauth://totp/")
    answer = await visitor.call("PUT", "/api/v1/me/totp", {"code": phone.code()})
    assert answer.status_code == 204, answer.text
    return phone


async def _ticket(world, account: str = "lixiuying", visitor=None):
    visitor = visitor or world.visitor()
    password = next(one.password for one in world.seed.accounts if one.account == account)
    answer = await visitor.call("POST", "/api/v1/login", {"account": account, "password": password})
    assert answer.status_code == 200, answer.text
    assert "set-cookie" not in answer.headers and set(answer.json()) == {"second"}
    return visitor, answer.json()["second"]


async def _code(visitor, ticket: str, code: str):
    return await visitor.call("POST", "/api/v1/login/totp", {"ticket": ticket, "code": code})


async def test_login_by_password_and_code(free):
    clerk = await free.staff("lixiuying")
    phone = await _with_totp(free, clerk)
    assert (await clerk.get("/api/v1/me"))["second_factor"] == ["totp"]
    async with free.registry.database.transaction(EVERYTHING) as session:
        row = (await session.scalars(select(Totp))).one()
    assert phone.secret not in row.secret and row.pending is None

    visitor, second = await _ticket(free)
    assert second["methods"] == ["totp"]
    assert (await visitor.call("GET", "/api/v1/me")).status_code == 401
    # The code that confirmed the secret was used: a replay of its step is refused.
    replayed = await _code(visitor, second["ticket"], phone.code())
    assert (replayed.status_code, replayed.json()["code"]) == (401, "second_wrong")
    free.clock.later(seconds=30)
    entered = await _code(visitor, second["ticket"], phone.code())
    assert entered.status_code == 200 and entered.json()["me"]["name"] == "李秀英"
    visitor.csrf = entered.json()["csrf"]
    assert (await visitor.get("/api/v1/me"))["second_factor"] == ["totp"]
    # The ticket is spent, and the same code opens no second ticket.
    assert (await _code(visitor, second["ticket"], phone.code(1))).json()["code"] == "ticket_over"
    visitor, second = await _ticket(free)
    assert (await _code(visitor, second["ticket"], phone.code())).json()["code"] == "second_wrong"

    removed = await clerk.call("DELETE", "/api/v1/me/totp")
    assert removed.status_code == 204
    assert (await free.staff("lixiuying")).csrf  # by the password alone again


async def test_a_new_secret_counts_only_when_confirmed(free):
    clerk = await free.staff("lixiuying")
    nothing = await clerk.call("PUT", "/api/v1/me/totp", {"code": "000000"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "no_totp_begun")
    made = (await clerk.call("POST", "/api/v1/me/totp")).json()
    phone = Phone(free, made["secret"])
    wrong = await clerk.call("PUT", "/api/v1/me/totp", {"code": phone.code(5)})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "totp_wrong")
    assert (await clerk.get("/api/v1/me"))["second_factor"] == []
    assert (await free.staff("lixiuying")).csrf
    right = await clerk.call("PUT", "/api/v1/me/totp", {"code": phone.code()})
    assert right.status_code == 204
    # A secret that is begun and never confirmed does not replace the one that holds.
    await clerk.call("POST", "/api/v1/me/totp")
    free.clock.later(seconds=30)
    visitor, second = await _ticket(free)
    assert (await _code(visitor, second["ticket"], phone.code())).status_code == 200


async def test_a_ticket_dies_by_wrong_tries_by_time_and_by_a_reset(free):
    phone = await _with_totp(free, await free.staff("lixiuying"))
    free.clock.later(seconds=60)
    _, second = await _ticket(free)
    answers = []
    for number in range(6):
        elsewhere = type(free.visitor())(free, f"198.51.100.{number}")
        answers.append((await _code(elsewhere, second["ticket"], "000000")).json()["code"])
    assert answers == ["second_wrong"] * 5 + ["ticket_over"]

    visitor, second = await _ticket(free)
    free.clock.later(minutes=6)
    assert (await _code(visitor, second["ticket"], phone.code())).json()["code"] == "ticket_over"
    await free.registry.sweeper.sweep()
    async with free.registry.database.transaction(EVERYTHING) as session:
        assert await session.scalar(select(func.count()).select_from(SecondStep)) == 0

    visitor, second = await _ticket(free)
    admin = await free.staff("wangjun")
    found = await admin.get("/api/v1/accounts?q=lixiuying")
    account = found["items"][0]["id"]
    assert (await admin.call("POST", f"/api/v1/accounts/{account}/reset")).status_code == 200
    assert (await _code(visitor, second["ticket"], phone.code())).json()["code"] == "ticket_over"


async def test_codes_are_throttled_per_account_and_tickets_per_address(free):
    await _with_totp(free, await free.staff("lixiuying"))
    free.clock.later(seconds=60)
    codes = []
    for number in range(12):
        guesser = type(free.visitor())(free, f"198.51.100.{number}")
        _, second = await _ticket(free, visitor=guesser)
        codes.append((await _code(guesser, second["ticket"], "000000")).status_code)
    assert codes == [401] * 10 + [429] * 2
    guesser = type(free.visitor())(free, "203.0.113.9")
    made_up = [
        (await _code(guesser, f"{free.seed.town}.guess{number}", "000000")).status_code
        for number in range(31)
    ]
    assert made_up == [401] * 30 + [429]


@pytest.mark.parametrize("ticket", ["x", "999999999999.abc", "510799101000.", "510799101000.abc"])
async def test_made_up_tickets(free, ticket):
    visitor = free.visitor()
    for path, body in (
        ("totp", {"code": "123456"}),
        ("passkey/options", {}),
        ("passkey", {"credential": {"id": "x"}}),
    ):
        answer = await visitor.call("POST", f"/api/v1/login/{path}", {"ticket": ticket, **body})
        assert (answer.status_code, answer.json()["code"]) == (401, "ticket_over"), path


async def _with_passkey(visitor, device: Authenticator, name: str = "办公室电脑") -> dict:
    options = (await visitor.call("POST", "/api/v1/me/passkeys/options")).json()["options"]
    assert options["rp"]["id"] == RP and options["attestation"] == "none"
    body = {"credential": device.create(options), "name": name}
    answer = await visitor.call("POST", "/api/v1/me/passkeys", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _by_passkey(visitor, ticket: str, credential: dict):
    body = {"ticket": ticket, "credential": credential}
    return await visitor.call("POST", "/api/v1/login/passkey", body)


async def _options(visitor, ticket: str) -> dict:
    answer = await visitor.call("POST", "/api/v1/login/passkey/options", {"ticket": ticket})
    assert answer.status_code == 200, answer.text
    return answer.json()["options"]


async def test_login_by_password_and_passkey(free):
    clerk, device = await free.staff("lixiuying"), Authenticator()
    made = await _with_passkey(clerk, device)
    assert [one["name"] for one in (await clerk.get("/api/v1/me/passkeys"))["items"]] == [
        made["name"]
    ]
    visitor, second = await _ticket(free)
    assert second["methods"] == ["passkey"]
    options = await _options(visitor, second["ticket"])
    assert options["allowCredentials"][0]["id"] == _b64(device.id)
    answer = device.get(options)
    entered = await _by_passkey(visitor, second["ticket"], answer)
    assert entered.status_code == 200, entered.text
    assert (await visitor.get("/api/v1/me"))["second_factor"] == ["passkey"]
    assert (await clerk.get("/api/v1/me/passkeys"))["items"][0]["last_used_at"]
    # Neither the ticket nor the answer is good again.
    assert (await _by_passkey(visitor, second["ticket"], answer)).json()["code"] == "ticket_over"
    visitor, second = await _ticket(free)
    await _options(visitor, second["ticket"])
    assert (await _by_passkey(visitor, second["ticket"], answer)).json()["code"] == "second_wrong"
    path = f"/api/v1/me/passkeys/{made['id']}"
    assert (await clerk.call("DELETE", path)).status_code == 204
    assert (await clerk.call("DELETE", path)).status_code == 404


async def test_wrong_passkeys(free):
    clerk, device = await free.staff("lixiuying"), Authenticator()
    await _with_passkey(clerk, device)
    other = await free.staff("chenyong")
    foreign = Authenticator()
    await _with_passkey(other, foreign)

    async def tried(make) -> str:
        visitor, second = await _ticket(free)
        options = await _options(visitor, second["ticket"])
        return (await _by_passkey(visitor, second["ticket"], make(options))).json()["code"]

    def elsewhere(options):
        device.origin = "http://evil.example"
        told = device.get(options)
        device.origin = ORIGIN
        return told

    def cloned(options):
        device.count = 0
        return device.get(options)

    wrong = {
        "another person's": foreign.get,
        "another site's": elsewhere,
        "another challenge": lambda _: device.get({"challenge": _b64(b"x" * 32)}),
        "signed by another key": lambda options: {
            **Authenticator().get(options),
            "id": _b64(device.id),
            "rawId": _b64(device.id),
        },
        "an older counter": cloned,
    }
    for name, make in wrong.items():
        free.clock.later(minutes=6)
        assert await tried(make) == "second_wrong", name
    for junk in ({}, {"id": 7}, {"id": "é"}, {"id": _b64(device.id), "response": []}):
        free.clock.later(minutes=6)
        assert await tried(lambda _, junk=junk: junk) == "second_wrong", junk
    device.count = 50
    free.clock.later(minutes=6)
    visitor, second = await _ticket(free)
    right = device.get(await _options(visitor, second["ticket"]))
    assert (await _by_passkey(visitor, second["ticket"], right)).status_code == 200


async def test_enrolment_is_tried_once_and_a_credential_is_added_once(free):
    clerk, device = await free.staff("lixiuying"), Authenticator()
    options = (await clerk.call("POST", "/api/v1/me/passkeys/options")).json()["options"]
    bad = {"credential": device.create({"challenge": _b64(b"y" * 32)}), "name": "手机"}
    refused = await clerk.call("POST", "/api/v1/me/passkeys", bad)
    assert (refused.status_code, refused.json()["code"]) == (422, "passkey_wrong")
    late = {"credential": device.create(options), "name": "手机"}
    assert (await clerk.call("POST", "/api/v1/me/passkeys", late)).status_code == 422
    await _with_passkey(clerk, device)
    options = (await clerk.call("POST", "/api/v1/me/passkeys/options")).json()["options"]
    assert options["excludeCredentials"][0]["id"] == _b64(device.id)
    twice = {"credential": device.create(options), "name": "手机"}
    assert (await clerk.call("POST", "/api/v1/me/passkeys", twice)).status_code == 422
    assert len((await clerk.get("/api/v1/me/passkeys"))["items"]) == 1


async def test_where_passkeys_cannot_be_the_answer_says_so(world):
    clerk = await world.staff("lixiuying")  # public_url is http://test
    answer = await clerk.call("POST", "/api/v1/me/passkeys/options")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_passkeys_here")


async def test_families_and_machines_have_no_second_factor(strict):
    owner = await strict.owner()
    probe = await strict.machine("probe")
    for visitor in (owner, probe):
        answer = await visitor.call("POST", "/api/v1/me/totp")
        assert (answer.status_code, answer.json()["code"]) == (403, "no_account")
    # And nobody asks them for one.
    _announce(strict)
    assert (await owner.grant(strict.camera("院坝", "1"))).status_code == 201
    demo = strict.camera("村口主路·东")
    _announce(strict)
    assert (await probe.grant(demo, kind="probe")).status_code == 201


async def test_where_it_is_required_staff_set_one_up_first(strict):
    clerk = await strict.staff("lixiuying")
    me = await clerk.get("/api/v1/me")
    assert me["staff"]["missing"] == ["second_factor"] and me["second_factor"] == []
    camera = strict.camera("村口主路·东")
    for method, path, body in (
        ("GET", "/api/v1/areas", None),
        ("GET", f"/api/v1/cameras/{camera}", None),
        ("GET", "/api/v1/events", None),
        ("POST", "/api/v1/grants", {"kind": "view", "views": [{"camera": camera}]}),
    ):
        answer = await clerk.call(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed"), path
    assert (await clerk.call("GET", "/api/v1/me/sessions")).status_code == 200
    await _with_totp(strict, clerk)
    _announce(strict)
    assert (await clerk.grant(camera, purpose="patrol")).status_code == 201
    assert (await clerk.get("/api/v1/me"))["staff"]["missing"] == []
    # The last one stays; with another one beside it either may go.
    last = await clerk.call("DELETE", "/api/v1/me/totp")
    assert (last.status_code, last.json()["code"]) == (409, "last_second_factor")
    made = await _with_passkey(clerk, Authenticator())
    assert (await clerk.call("DELETE", "/api/v1/me/totp")).status_code == 204
    last = await clerk.call("DELETE", f"/api/v1/me/passkeys/{made['id']}")
    assert (last.status_code, last.json()["code"]) == (409, "last_second_factor")


async def test_required_and_lost_by_a_reset_refuses_again(strict):
    clerk = await strict.staff("lixiuying")
    await _with_totp(strict, clerk)
    admin = await strict.staff("wangjun")
    assert (await admin.call("GET", "/api/v1/accounts")).json()["code"] == "second_factor_needed"
    await _with_totp(strict, admin)
    account = (await admin.get("/api/v1/accounts?q=lixiuying"))["items"][0]["id"]
    reset = (await admin.call("POST", f"/api/v1/accounts/{account}/reset")).json()
    assert reset["second_factor"] == []
    assert (await clerk.call("GET", "/api/v1/me")).status_code == 401
    visitor = strict.visitor()
    login = {"account": "lixiuying", "password": reset["first_password"]}
    entered = await visitor.call("POST", "/api/v1/login", login)
    visitor.csrf = entered.json()["csrf"]
    refused = await visitor.grant(strict.camera("村口主路·东"), purpose="patrol")
    assert refused.json()["code"] == "must_change_password"
    change = {"old": reset["first_password"], "new": "a-quite-long-one"}
    assert (await visitor.call("POST", "/api/v1/me/password", change)).status_code == 204
    refused = await visitor.grant(strict.camera("村口主路·东"), purpose="patrol")
    assert refused.json()["code"] == "second_factor_needed"


def test_required_outside_the_demo_unless_said(seeded):
    demo = seeded.settings("x")
    assert not demo.second_factor_required
    assert demo.model_copy(update={"profile": "production"}).second_factor_required
    optional = {"profile": "production", "staff_second_factor": "optional"}
    assert not demo.model_copy(update=optional).second_factor_required


async def test_every_wrong_login_costs_the_same_and_says_the_same(world):
    hasher = CountingHasher()
    made, database = await _world(world, hasher)
    admin = await made.staff("wangjun")
    disabled = (await admin.get("/api/v1/accounts?q=zhoumin"))["items"][0]["id"]
    await admin.call("POST", f"/api/v1/accounts/{disabled}/disable")
    await _with_totp(made, await made.staff("chenyong"))
    right = next(one.password for one in made.seed.accounts if one.account == "zhoumin")
    bodies, costs = [], []
    for account, password in (
        ("lixiuying", "wrong"),
        ("nobody-here", "wrong"),
        ("chenyong", "wrong"),  # with a second factor
        ("zhoumin", right),  # disabled
        ("lixiuying@999999999999", "wrong"),
    ):
        hasher.verified.clear()
        body = {"account": account, "password": password}
        answer = await made.visitor().call("POST", "/api/v1/login", body)
        bodies.append((answer.status_code, {**answer.json(), "trace": ""}))
        costs.append(list(hasher.verified))
    await database.close()
    # One argon2id of the same parameters each, and one answer.
    assert bodies[0][0] == 401 and all(body == bodies[0] for body in bodies)
    assert len(costs[0]) == 1 and all(cost == costs[0] for cost in costs)
    assert costs[0][0].startswith("$argon2id$")
