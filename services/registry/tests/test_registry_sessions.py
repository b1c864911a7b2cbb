"""Login sessions: CSRF, device proofs, throttling, ends, and answers that tell nothing."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.session.tables import LoginSession
from sqlalchemy import select


async def test_cookie_is_closed_and_only_a_hash_is_kept(world):
    visitor = world.visitor()
    one = world.seed.accounts[0]
    answer = await visitor.call(
        "POST", "/api/v1/login", {"account": one.account, "password": one.password}
    )
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    token = visitor.http.cookies["huiyan_session"]
    async with world.registry.database.transaction(EVERYTHING) as session:
        rows = (await session.scalars(select(LoginSession))).all()
    assert rows and all(token not in str(vars(row)) for row in rows)


async def test_csrf(world):
    clerk = await world.staff("lixiuying")
    right, clerk.csrf = clerk.csrf, ""
    for wrong in ("", "x", right[:-1], right + "x"):
        clerk.csrf = wrong
        answer = await clerk.grant(world.camera("村口主路·东"), purpose="patrol")
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    clerk.csrf = (await clerk.get("/api/v1/me"))["csrf"]
    answer = await clerk.grant(world.camera("村口主路·东"), purpose="patrol")
    assert answer.status_code == 201


async def test_another_site_cannot_post(world):
    visitor = world.visitor()
    one = world.seed.accounts[0]
    body = {"account": one.account, "password": one.password}
    answer = await visitor.call(
        "POST", "/api/v1/login", body, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


async def test_proof_is_needed_fresh_and_for_this_request(world):
    owner = await world.owner()
    path = f"/api/v1/cameras/{world.camera('院坝', '1')}/off"
    now = int(world.clock.utc_ns() / 1e9)
    good, stranger = owner.key, ec.generate_private_key(ec.SECP256R1())
    once = owner.proof("POST", path)
    assert (await owner.call("POST", path, {}, proof=once)).status_code == 200
    owner.key = stranger
    foreign = owner.proof("POST", path)
    owner.key = good
    wrong = {
        "missing": "",
        "replayed": once,
        "another path": owner.proof("POST", path.replace("off", "on")),
        "another method": owner.proof("DELETE", path),
        "too old": owner.proof("POST", path, iat=now - 61),
        "from the future": owner.proof("POST", path, iat=now + 120),
        "another key": foreign,
        "no jws": "abc",
        "no jti": owner.proof("POST", path, jti=7),
    }
    for name, proof in wrong.items():
        answer = await owner.call("POST", path, {}, proof=proof)
        assert (answer.status_code, answer.json()["code"]) == (401, "device_proof"), name
    # Reading needs none, and a fresh proof works again.
    assert (await owner.get("/api/v1/me"))["device_bound"] is True
    assert (await owner.call("POST", path, {})).status_code == 200


async def test_unknown_and_wrong_are_the_same_answer(world):
    answers = []
    for account in ("lixiuying", "nobody-here"):
        visitor = world.visitor()
        answer = await visitor.call("POST", "/api/v1/login", {"account": account, "password": "x"})
        answers.append({**answer.json(), "trace": ""})
        assert answer.status_code == 401
    assert answers[0] == answers[1] and answers[0]["code"] == "login_wrong"


async def test_throttling_by_account_and_address(world):
    visitor = world.visitor()
    one = world.seed.accounts[0]
    wrong = {"account": one.account, "password": "wrong"}
    codes = [(await visitor.call("POST", "/api/v1/login", wrong)).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    right = {"account": one.account, "password": one.password}
    blocked = await visitor.call("POST", "/api/v1/login", right)
    assert blocked.json()["code"] == "login_throttled" and blocked.headers["retry-after"] == "300"
    # Somebody else's guessing does not lock the clerk's own computer out.
    elsewhere = type(visitor)(world, "198.51.100.7")
    assert (await elsewhere.call("POST", "/api/v1/login", right)).status_code == 200
    world.clock.later(minutes=6)
    assert (await visitor.call("POST", "/api/v1/login", right)).status_code == 200


@pytest.mark.parametrize(("later", "status"), [({"hours": 7.9}, 200), ({"hours": 8.1}, 401)])
async def test_idle_staff_session_ends(world, later, status):
    clerk = await world.staff("lixiuying")
    world.clock.later(**later)
    assert (await clerk.call("GET", "/api/v1/me")).status_code == status


async def test_longest_life_ends_a_busy_session(world):
    clerk = await world.staff("lixiuying")
    codes = []
    for _ in range(5):
        world.clock.later(hours=6)
        codes.append((await clerk.call("GET", "/api/v1/me")).status_code)
    assert codes == [200, 200, 200, 401, 401]


async def test_machine_token_is_no_cookie_and_the_other_way_round(world):
    probe = await world.machine("probe")
    assert (await probe.call("GET", "/api/v1/me")).status_code == 200
    token, probe.bearer = probe.bearer, ""
    probe.http.cookies.set("huiyan_session", token)
    assert (await probe.call("GET", "/api/v1/me")).status_code == 401
    clerk = await world.staff("lixiuying")
    clerk.bearer = clerk.http.cookies["huiyan_session"]
    assert (await clerk.call("GET", "/api/v1/me")).status_code == 401


async def test_logout_ends_session_and_revokes(world):
    clerk = await world.staff("lixiuying")
    me = await clerk.call("POST", "/api/v1/logout")
    assert me.status_code == 204
    assert (await clerk.call("GET", "/api/v1/me")).status_code == 401
    keys = [event.key async for event in _puts(world, "revocations")]
    assert [key.split(".")[1] for key in keys] == ["session"]


async def _puts(world, bucket):
    async for event in world.bus.key_value(bucket).watch():
        if event.kind == "synced":
            return
        if event.kind == "put":
            yield event
