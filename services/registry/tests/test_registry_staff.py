"""Vetting, training, agreements: recorded, withdrawn, lapsed; and the pictures that end."""

import base64
from datetime import datetime, timedelta

import jwt
import pytest
from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit import subjects

TOWN = "510799101000"
PDF = b"%PDF-1.7\n" + b"x" * 200
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 200


async def _id(admin, account: str) -> str:
    found = (await admin.get(f"/api/v1/accounts?q={account}"))["items"]
    return next(one["id"] for one in found if one["account"] == account)


def _day(world, days: float) -> str:
    return (world.clock.now() + timedelta(days=days)).isoformat()


def _agreement(world, since: float, until: float, **more) -> dict:
    return {"from": _day(world, since), "until": _day(world, until), "text_version": "v1", **more}


async def _sign(world, admin, account: str, since: float, until: float, **more):
    body = _agreement(world, since, until, **more)
    return await admin.call("POST", f"/api/v1/accounts/{account}/agreements", body)


async def _cut(world, account: str) -> bool:
    """True when the person's pictures were revoked in this instant."""
    await world.registry.outbox.flush(TOWN)
    bucket = world.bus.key_value("revocations")
    return await bucket.get(subjects.key(TOWN, "principal", account)) is not None


def _announce(world) -> None:
    """A relay says that it lives, as it does each second."""
    relay = WorkerSession(worker="relay-1", service="relay", url="http://127.0.0.1:9000")
    world.registry.workers.on_change(f"{TOWN}.relay-1", relay.SerializeToString())


async def _watches(world, visitor, camera: str) -> str:
    _announce(world)
    answer = await visitor.grant(camera, purpose="patrol")
    return "" if answer.status_code == 201 else answer.json()["code"]


@pytest.mark.parametrize(
    ("kind", "on", "reason"),
    [
        ("vetting", {"on": True, "by": "镇政府"}, "not_vetted"),
        ("training", {"on": True, "course": "上岗培训"}, "not_trained"),
    ],
)
async def test_withdrawn_vetting_or_training_ends_pictures(world, kind, on, reason):
    admin, clerk = await world.staff("wangjun"), await world.staff("lixiuying")
    camera, account = world.camera("村口主路·东"), await _id(admin, "lixiuying")
    path = f"/api/v1/accounts/{account}/{kind}"
    _announce(world)
    grant = (await clerk.grant(camera, purpose="patrol")).json()
    world.clock.later(seconds=2)
    assert (await admin.call("PUT", path, {"on": False})).status_code == 204
    assert await _cut(world, account)
    assert (await clerk.get("/api/v1/me"))["staff"]["missing"] == [kind]
    world.clock.later(seconds=2)
    _announce(world)
    renewed = await clerk.call("POST", f"/api/v1/grants/{grant['id']}/renew")
    assert (renewed.status_code, renewed.json()["code"]) == (403, reason)
    assert await _watches(world, clerk, camera) == reason
    assert (await admin.call("PUT", path, on)).status_code == 204
    assert (await clerk.get("/api/v1/me"))["staff"]["missing"] == []
    assert await _watches(world, clerk, camera) == ""


async def test_a_grant_never_outlives_what_it_rests_on(world):
    admin, clerk = await world.staff("wangjun"), await world.staff("lixiuying")
    camera, account = world.camera("村口主路·东"), await _id(admin, "lixiuying")
    until = (world.clock.now() + timedelta(seconds=90)).replace(microsecond=0)
    body = {"on": True, "by": "镇政府", "until": until.isoformat()}
    path = f"/api/v1/accounts/{account}/vetting"
    assert (await admin.call("PUT", path, body)).status_code == 204
    # It ends sooner than before, and running pictures might be longer.
    assert await _cut(world, account)
    world.clock.later(seconds=2)
    _announce(world)
    granted = (await clerk.grant(camera, purpose="patrol")).json()
    claims = jwt.decode(granted["token"], options={"verify_signature": False})
    # Relays end a picture at `exp`: the lapse needs no watcher.
    assert claims["exp"] <= until.timestamp() and claims["exp"] >= until.timestamp() - 1
    world.clock.later(seconds=91)
    assert await _watches(world, clerk, camera) == "not_vetted"
    assert (await clerk.get("/api/v1/me"))["staff"]["vetted"] is False


async def test_a_withdrawn_agreement_ends_pictures(world):
    admin, clerk = await world.staff("wangjun"), await world.staff("lixiuying")
    camera, account = world.camera("村口主路·东"), await _id(admin, "lixiuying")
    first = next(
        one
        for one in (await admin.get("/api/v1/agreements?state=valid"))["items"]
        if one["principal"] == account
    )
    renewed = await _sign(world, admin, account, 364.9, 700)
    assert renewed.status_code == 201 and not await _cut(world, account)
    assert (await clerk.get("/api/v1/me"))["staff"]["agreement_until"] == renewed.json()["until"]
    _announce(world)
    grant = (await clerk.grant(camera, purpose="patrol")).json()
    # The renewal goes: the first one still holds, so nothing that runs rests on it for long.
    gone = await admin.call(
        "POST", f"/api/v1/agreements/{renewed.json()['id']}/withdraw", {"reason": "写错了"}
    )
    assert gone.status_code == 200 and gone.json()["withdrawn_reason"] == "写错了"
    assert not await _cut(world, account)
    world.clock.later(seconds=2)
    _announce(world)
    assert (await clerk.call("POST", f"/api/v1/grants/{grant['id']}/renew")).status_code == 200
    path = f"/api/v1/agreements/{first['id']}/withdraw"
    world.clock.later(seconds=2)
    ended = await admin.call("POST", path, {"reason": "离职"})
    assert (ended.status_code, ended.json()["state"]) == (200, "lapsed")
    assert await _cut(world, account)
    assert (await admin.call("POST", path, {"reason": "离职"})).json()["code"] == "withdrawn"
    world.clock.later(seconds=2)
    _announce(world)
    assert (await clerk.call("POST", f"/api/v1/grants/{grant['id']}/renew")).status_code == 403
    assert await _watches(world, clerk, camera) == "no_agreement"
    assert (await clerk.get("/api/v1/me"))["staff"]["missing"] == ["agreement"]


async def test_an_agreement_that_was_lapsed_is_renewed(world):
    admin, clerk = await world.staff("wangjun"), await world.staff("zhoumin")
    camera, account = world.camera("三岔路口"), await _id(admin, "zhoumin")
    assert await _watches(world, clerk, camera) == "no_agreement"
    paper = base64.b64encode(PDF).decode()
    signed = await _sign(world, admin, account, 0, 365, document=paper)
    assert signed.status_code == 201, signed.text
    assert (signed.json()["state"], signed.json()["document"]) == ("valid", True)
    assert await _watches(world, clerk, camera) == ""


async def test_what_is_due_and_what_lapsed_is_listed(world):
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")

    async def listed(state: str) -> dict[str, str]:
        rows = (await admin.get(f"/api/v1/agreements?state={state}"))["items"]
        return {one["account"]: one["state"] for one in rows}

    assert await listed("due") == {}
    assert await listed("lapsed") == {"zhoumin": "lapsed"}
    assert "lixiuying" in await listed("valid")
    world.clock.later(days=340)
    admin = await world.staff("wangjun")
    assert (await listed("due"))["lixiuying"] == "due"
    clerk = await world.staff("lixiuying")
    assert (await clerk.get("/api/v1/me"))["staff"]["agreement_due"] is True
    assert (await _sign(world, admin, account, 0, 365)).status_code == 201
    assert "lixiuying" not in await listed("due") and "lixiuying" in await listed("valid")
    world.clock.later(days=30)
    admin = await world.staff("wangjun")
    lapsed = await listed("lapsed")
    assert "chenyong" in lapsed and "lixiuying" not in lapsed
    pages, after = [], ""
    while after is not None:
        page = await admin.get(f"/api/v1/agreements?limit=2&after={after}")
        pages += [one["account"] for one in page["items"]]
        after = page["next"]
    assert pages == sorted(pages) and {"zhoumin", "lixiuying"} <= set(pages)
    assert (await admin.call("GET", "/api/v1/agreements?state=x")).status_code == 422


@pytest.mark.parametrize(("content", "kind"), [(PDF, "application/pdf"), (PNG, "image/png")])
async def test_the_signed_paper_is_kept(world, content, kind):
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")
    paper = base64.b64encode(content).decode()
    made = (await _sign(world, admin, account, -1, 365, document=paper)).json()
    path = f"/api/v1/agreements/{made['id']}/document"
    answer = await admin.call("GET", path)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"].startswith("attachment")
    for who in ("chenyong", "sunli", "lixiuying"):
        assert (await (await world.staff(who)).call("GET", path)).status_code == 403
    bare = (await _sign(world, admin, account, -1, 400)).json()
    missing = await admin.call("GET", f"/api/v1/agreements/{bare['id']}/document")
    assert missing.status_code == 404


async def test_large_and_wrong_papers_are_refused(world):
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")
    mib = 1024 * 1024
    for content, status in (
        (b"%PDF-" + bytes(4 * mib - 5), 201),
        (b"%PDF-" + bytes(4 * mib), 413),
        (b"%PDF-" + bytes(6 * mib), 413),
        (b"GIF89a", 422),
    ):
        paper = base64.b64encode(content).decode()
        answer = await _sign(world, admin, account, -1, 365, document=paper)
        assert answer.status_code == status, answer.text
    answer = await _sign(world, admin, account, -1, 365, document="no base64!")
    assert (answer.status_code, answer.json()["code"]) == (422, "document")


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [(10, 5, "invalid"), (-10, -5, "past"), (0, 3000, "too_long"), (400, 500, "gap")],
)
async def test_spans_that_make_no_sense(world, since, until, code):
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")
    answer = await _sign(world, admin, account, since, until)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    "body",
    [
        {"from": "0001-01-01T00:00:00+23:59", "until": "9999-12-31T23:59:59-23:59"},
        {"from": "2026-01-01T00:00:00", "until": "2027-01-01T00:00:00"},
        {"from": "x", "until": "y"},
        {},
    ],
)
async def test_instants_at_the_end_of_time(world, body):
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")
    path = f"/api/v1/accounts/{account}"
    signed = await admin.call("POST", f"{path}/agreements", {"text_version": "v1", **body})
    assert signed.status_code == 422
    vetted = await admin.call(
        "PUT", f"{path}/vetting", {"on": True, "by": "镇", "until": body.get("until", "x")}
    )
    assert vetted.status_code == 422


async def test_vetting_names_who_and_training_what(world):
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")
    for kind, body in (
        ("vetting", {"on": True}),
        ("vetting", {"on": True, "by": " "}),
        ("training", {"on": True}),
        ("training", {"on": True, "course": "x", "until": _day(world, -1)}),
    ):
        answer = await admin.call("PUT", f"/api/v1/accounts/{account}/{kind}", body)
        assert answer.status_code == 422, (kind, body)


async def test_only_administrators_within_their_area_and_never_for_themselves(world):
    admin = await world.staff("wangjun")
    account, own = await _id(admin, "lixiuying"), await _id(admin, "wangjun")
    agreement = (await admin.get("/api/v1/agreements"))["items"][0]["id"]
    owner = (await (await world.owner()).get("/api/v1/me"))["principal"]
    routes = (
        ("PUT", "/api/v1/accounts/{}/vetting", {"on": False}),
        ("PUT", "/api/v1/accounts/{}/training", {"on": False}),
        ("POST", "/api/v1/accounts/{}/agreements", _agreement(world, 0, 30)),
    )
    visitors = [await world.staff(who) for who in ("chenyong", "sunli", "lixiuying", "liuqiang")]
    for method, path, body in routes:
        for visitor in visitors:
            answer = await visitor.call(method, path.format(account), body)
            assert answer.status_code == 403, path
        for target, status in ((own, 403), (owner, 404), ("prn_x", 404)):
            answer = await admin.call(method, path.format(target), body)
            assert answer.status_code == status, (path, answer.text)
    for visitor in visitors:
        assert (await visitor.call("GET", "/api/v1/agreements")).status_code == 403
        path = f"/api/v1/agreements/{agreement}/withdraw"
        assert (await visitor.call("POST", path, {"reason": "x"})).status_code == 403
    for path in ("/api/v1/agreements/agr_x/withdraw",):
        assert (await admin.call("POST", path, {"reason": "x"})).status_code == 404
    assert (await admin.call("GET", "/api/v1/agreements/agr_x/document")).status_code == 404


async def test_staff_that_sees_no_pictures_lacks_nothing(world):
    admin = await world.staff("wangjun")
    account = await _id(admin, "sunli")
    await admin.call("PUT", f"/api/v1/accounts/{account}/vetting", {"on": False})
    auditor = await world.staff("sunli")
    state = (await auditor.get("/api/v1/me"))["staff"]
    assert (state["vetted"], state["missing"]) == (False, [])


async def test_a_new_clerk_sees_nothing_until_vetted_trained_and_bound(world):
    admin = await world.staff("wangjun")
    area = "510799101201"
    new = {"account": "fresh", "name": "新人", "roles": [{"role": "clerk", "area": area}]}
    made = (await admin.call("POST", "/api/v1/accounts", new)).json()
    visitor = world.visitor()
    login = {"account": "fresh", "password": made["first_password"]}
    visitor.csrf = (await visitor.call("POST", "/api/v1/login", login)).json()["csrf"]
    change = {"old": made["first_password"], "new": "a-quite-long-one"}
    assert (await visitor.call("POST", "/api/v1/me/password", change)).status_code == 204
    camera, base = world.camera("村口主路·东"), f"/api/v1/accounts/{made['id']}"
    seen = []
    for method, path, body in (
        ("PUT", "vetting", {"on": True, "by": "镇政府"}),
        ("PUT", "training", {"on": True, "course": "上岗培训"}),
        ("POST", "agreements", _agreement(world, 0, 365)),
    ):
        seen.append((await visitor.get("/api/v1/me"))["staff"]["missing"])
        assert await _watches(world, visitor, camera) != ""
        assert (await admin.call(method, f"{base}/{path}", body)).status_code in (201, 204)
    assert seen == [["vetting", "training", "agreement"], ["training", "agreement"], ["agreement"]]
    assert await _watches(world, visitor, camera) == ""
    until = datetime.fromisoformat((await visitor.get("/api/v1/me"))["agreement_valid_until"])
    assert until > world.clock.now() + timedelta(days=364)
