"""Accounts: who may make, change and end them; first passwords; devices; what ends with them."""

import pytest
from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit import subjects
from huiyan_registry.account import throttle
from huiyan_registry.account.tables import RoleAssignment
from huiyan_registry.database.row_scope import EVERYTHING
from sqlalchemy import select

TOWN, VILLAGE, NEXT = "510799101000", "510799101201", "510799101202"
COUNTY, GROUP = "510799000000", "510799101201002"
NEW = {"account": "newclerk", "name": "新值班员", "roles": [{"role": "clerk", "area": VILLAGE}]}


async def _id(admin, account: str) -> str:
    found = (await admin.get(f"/api/v1/accounts?q={account}"))["items"]
    return next(one["id"] for one in found if one["account"] == account)


async def _add(admin, **changed) -> dict:
    answer = await admin.call("POST", "/api/v1/accounts", {**NEW, **changed})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _enter(world, account: str, password: str):
    visitor = world.visitor()
    body = {"account": account, "password": password}
    answer = await visitor.call("POST", "/api/v1/login", body)
    if answer.status_code == 200:
        visitor.csrf = answer.json()["csrf"]
    return visitor, answer


def _announce(world) -> None:
    """A relay says that it lives, as it does each second."""
    relay = WorkerSession(worker="relay-1", service="relay", url="http://127.0.0.1:9000")
    world.registry.workers.on_change(f"{TOWN}.relay-1", relay.SerializeToString())


async def _revoked(world, kind: str, subject: str):
    await world.registry.outbox.flush(TOWN)
    return await world.bus.key_value("revocations").get(subjects.key(TOWN, kind, subject))


async def test_a_first_password_is_told_once_and_changed_at_the_first_login(world):
    admin = await world.staff("wangjun")
    made = await _add(admin, room="room_xinzhai")
    password = made.pop("first_password")
    assert made["must_change_password"] and made["room"]["name"] == "双板镇新寨村监控室"
    shown = await admin.get(f"/api/v1/accounts/{made['id']}")
    assert "first_password" not in shown and password not in str(shown)
    visitor, entered = await _enter(world, "newclerk", password)
    assert entered.json()["me"]["must_change_password"] is True
    blocked = await visitor.call("GET", "/api/v1/cameras")
    assert (blocked.status_code, blocked.json()["code"]) == (403, "must_change_password")
    for new, code in (
        ("short", "password_weak"),
        ("aaaaaaaaaaaa", "password_weak"),
        ("my-newclerk-word", "password_weak"),
        (password, "password_weak"),
    ):
        answer = await visitor.call("POST", "/api/v1/me/password", {"old": password, "new": new})
        assert (answer.status_code, answer.json()["code"]) == (422, code), new
    change = {"old": "wrong", "new": "a-quite-long-one"}
    wrong = await visitor.call("POST", "/api/v1/me/password", change)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "password_wrong")
    other, _ = await _enter(world, "newclerk", password)
    change["old"] = password
    assert (await visitor.call("POST", "/api/v1/me/password", change)).status_code == 204
    # This device stays, every other one goes out.
    assert (await visitor.call("GET", "/api/v1/cameras")).status_code == 200
    assert (await other.call("GET", "/api/v1/me")).status_code == 401
    assert (await _enter(world, "newclerk", password))[1].status_code == 401
    assert (await _enter(world, "newclerk", change["new"]))[1].status_code == 200


async def test_changing_a_password_is_throttled(world):
    clerk = await world.staff("lixiuying")
    body = {"old": "wrong", "new": "a-quite-long-one"}
    codes = [(await clerk.call("POST", "/api/v1/me/password", body)).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]


@pytest.mark.parametrize(
    ("who", "roles", "status", "code"),
    [
        ("wangjun", [("clerk", VILLAGE)], 201, ""),
        ("wangjun", [("administrator", TOWN)], 201, ""),
        ("wangjun", [("administrator", COUNTY)], 403, "higher_role"),
        ("wangjun", [("clerk", COUNTY)], 403, "higher_role"),
        ("wangjun", [("administrator", VILLAGE)], 422, "role_area"),
        ("wangjun", [("grid_officer", GROUP), ("clerk", NEXT)], 201, ""),
        ("wangjun", [("grid_officer", TOWN)], 422, "role_area"),
        ("wangjun", [("probe", TOWN)], 403, "higher_role"),
        ("wangjun", [("household_owner", TOWN)], 403, "higher_role"),
        ("wangjun", [("clerk", "510799101299")], 422, "no_area"),
        ("wangjun", [("nonsense", TOWN)], 422, "invalid"),
        ("wangjun", [], 422, "invalid"),
        ("chenyong", [("clerk", VILLAGE)], 201, ""),
        ("chenyong", [("grid_officer", GROUP)], 201, ""),
        ("chenyong", [("room_admin", TOWN)], 403, "higher_role"),
        ("chenyong", [("police", VILLAGE)], 403, "higher_role"),
        ("chenyong", [("clerk", VILLAGE), ("auditor", VILLAGE)], 403, "higher_role"),
        ("lixiuying", [("clerk", VILLAGE)], 403, "forbidden"),
        ("sunli", [("clerk", VILLAGE)], 403, "forbidden"),
        ("liuqiang", [("police", TOWN)], 403, "forbidden"),
        ("hezhiyuan", [("installer", TOWN)], 403, "forbidden"),
        ("tangmei", [("grid_officer", GROUP)], 403, "forbidden"),
    ],
)
async def test_nobody_gives_more_than_he_has(world, who, roles, status, code):
    visitor = await world.staff(who)
    body = {**NEW, "roles": [{"role": role, "area": area} for role, area in roles]}
    answer = await visitor.call("POST", "/api/v1/accounts", body)
    assert (answer.status_code, answer.json().get("code", "")) == (status, code), answer.text
    async with world.registry.database.transaction(EVERYTHING) as session:
        given = (
            await session.scalars(
                select(RoleAssignment.role).where(RoleAssignment.given_by.is_not(None))
            )
        ).all()
    assert sorted(given) == (sorted(role for role, _ in roles) if status == 201 else [])


@pytest.mark.parametrize(
    "change", [{"account": "a b"}, {"account": "x"}, {"name": ""}, {"room": "no"}]
)
async def test_bad_accounts(world, change):
    admin = await world.staff("wangjun")
    assert (await admin.call("POST", "/api/v1/accounts", {**NEW, **change})).status_code == 422


async def test_an_account_name_is_taken_once(world):
    admin = await world.staff("wangjun")
    await _add(admin)
    twice = await admin.call("POST", "/api/v1/accounts", NEW)
    assert (twice.status_code, twice.json()["code"]) == (409, "account_taken")


async def test_lists_hold_what_one_commands(world):
    admin, rooms = await world.staff("wangjun"), await world.staff("chenyong")
    everybody = {one["account"] for one in (await admin.get("/api/v1/accounts"))["items"]}
    assert {"lixiuying", "zhoumin", "chenyong", "sunli", "liuqiang", "wangjun"} <= everybody
    clerks = {one["account"] for one in (await rooms.get("/api/v1/accounts"))["items"]}
    assert clerks == {"lixiuying", "zhaojianguo", "zhoumin", "tangmei"}
    village = await _add(
        admin, account="roomadmin", roles=[{"role": "room_admin", "area": VILLAGE}]
    )
    visitor, _ = await _enter(world, "roomadmin", village["first_password"])
    change = {"old": village["first_password"], "new": "a-quite-long-one"}
    await visitor.call("POST", "/api/v1/me/password", change)
    near = {one["account"] for one in (await visitor.get("/api/v1/accounts"))["items"]}
    assert near == {"lixiuying", "tangmei"}
    for query, found in (
        ("role=police", ["liuqiang"]),
        (f"area={NEXT}", ["zhoumin"]),
        (f"area={VILLAGE}&role=clerk", ["lixiuying"]),
        ("q=李秀", ["lixiuying"]),
        ("q=%25", []),
        ("q=_", []),
    ):
        rows = (await admin.get(f"/api/v1/accounts?{query}"))["items"]
        assert [one["account"] for one in rows] == found, query
    pages, after = [], ""
    while after is not None:
        page = await admin.get(f"/api/v1/accounts?limit=3&after={after}")
        pages += [one["account"] for one in page["items"]]
        after = page["next"]
    assert pages == sorted(everybody | {"roomadmin"})
    assert (await admin.call("GET", "/api/v1/accounts?area=x")).status_code == 422
    assert (await admin.call("GET", "/api/v1/accounts?role=x")).status_code == 422


ACTIONS = (
    ("GET", "", None),
    ("PATCH", "", {"name": "改名"}),
    ("POST", "/roles", {"role": "clerk", "area": VILLAGE}),
    ("GET", "/sessions", None),
    ("DELETE", "/sessions", None),
    ("POST", "/reset", None),
    ("POST", "/disable", None),
    ("POST", "/enable", None),
)


@pytest.mark.parametrize(("method", "path", "body"), ACTIONS)
async def test_whom_one_may_touch(world, method, path, body):
    admin, rooms = await world.staff("wangjun"), await world.staff("chenyong")
    mixed = await _add(admin, account="mixed")
    police = {"role": "police", "area": VILLAGE}
    await admin.call("POST", f"/api/v1/accounts/{mixed['id']}/roles", police)
    owner = (await (await world.owner()).get("/api/v1/me"))["principal"]
    expected = {
        (rooms, await _id(admin, "liuqiang")): 404,
        (rooms, await _id(admin, "wangjun")): 404,
        (rooms, mixed["id"]): 200 if method == "GET" else 403,
        (rooms, "prn_nobody"): 404,
        (admin, owner): 404,
        (rooms, owner): 404,
        (admin, world.seed.operator.principal): 404,
        (admin, await _id(admin, "wangjun")): 200 if method == "GET" else 403,
        (await world.staff("lixiuying"), mixed["id"]): 403,
        (await world.staff("sunli"), mixed["id"]): 403,
    }
    for (visitor, target), status in expected.items():
        answer = await visitor.call(method, f"/api/v1/accounts/{target}{path}", body)
        assert answer.status_code == status, (target, answer.text)
    done = await admin.call(method, f"/api/v1/accounts/{mixed['id']}{path}", body)
    assert done.status_code in (200, 201, 204, 409), done.text


async def test_a_town_administrator_does_not_see_the_countys(world):
    admin = await world.staff("wangjun")
    above = await _add(admin, account="above")
    async with world.registry.database.transaction(EVERYTHING) as session:
        for row in await session.scalars(
            select(RoleAssignment).where(RoleAssignment.principal == above["id"])
        ):
            row.role, row.area = "administrator", COUNTY
    for method, path, body in ACTIONS:
        answer = await admin.call(method, f"/api/v1/accounts/{above['id']}{path}", body)
        assert answer.status_code == 404, path


async def test_a_role_that_ends_takes_its_pictures_along(world):
    admin = await world.staff("wangjun")
    clerk = await world.staff("lixiuying")
    camera = world.camera("村口主路·东")
    _announce(world)
    grant = (await clerk.grant(camera, purpose="patrol")).json()
    account = await _id(admin, "lixiuying")
    base = f"/api/v1/accounts/{account}"
    given = await admin.call("POST", f"{base}/roles", {"role": "clerk", "area": VILLAGE})
    assert (given.status_code, given.json()["code"]) == (409, "role_held")
    role = (await admin.get(base))["roles"][0]
    assert (role["role"], role["area_name"]) == ("clerk", "新寨村")
    world.clock.later(seconds=2)
    ended = await admin.call("DELETE", f"{base}/roles/{role['id']}")
    assert ended.status_code == 200 and ended.json()["roles"] == []
    assert (await admin.call("DELETE", f"{base}/roles/{role['id']}")).status_code == 404
    assert await _revoked(world, "principal", account) is not None
    _announce(world)
    refused = await clerk.call("POST", f"/api/v1/grants/{grant['id']}/renew")
    assert refused.status_code in (403, 404)
    _announce(world)
    assert (await clerk.grant(camera, purpose="patrol")).status_code == 403
    # Whoever has no role left is the town administrator's, not the room's.
    rooms = await world.staff("chenyong")
    assert (await rooms.call("GET", base)).status_code == 404
    back = await admin.call("POST", f"{base}/roles", {"role": "clerk", "area": VILLAGE})
    assert back.status_code == 201
    world.clock.later(seconds=2)
    _announce(world)
    assert (await clerk.grant(camera, purpose="patrol")).status_code == 201


@pytest.mark.parametrize("action", ["disable", "reset", "sessions"])
async def test_a_disabled_or_reset_account_is_out_everywhere(world, action):
    admin, clerk = await world.staff("wangjun"), await world.staff("lixiuying")
    _announce(world)
    await clerk.grant(world.camera("村口主路·东"), purpose="patrol")
    account = await _id(admin, "lixiuying")
    base = f"/api/v1/accounts/{account}"
    method = "DELETE" if action == "sessions" else "POST"
    assert (await admin.call(method, f"{base}/{action}")).status_code in (200, 204)
    assert (await clerk.call("GET", "/api/v1/me")).status_code == 401
    assert await _revoked(world, "principal", account) is not None
    old = next(one.password for one in world.seed.accounts if one.account == "lixiuying")
    _, entered = await _enter(world, "lixiuying", old)
    assert entered.status_code == (200 if action == "sessions" else 401)
    if action == "disable":
        shown = await admin.get(base)
        assert shown["disabled"] is True
        assert (await admin.call("POST", f"{base}/enable")).json()["disabled"] is False
        assert (await _enter(world, "lixiuying", old))[1].status_code == 200


async def test_name_and_room_change(world):
    admin, rooms = await world.staff("wangjun"), await world.staff("chenyong")
    base = f"/api/v1/accounts/{await _id(admin, 'lixiuying')}"
    changed = await rooms.call("PATCH", base, {"name": "李大姐", "room": "room_shuangban"})
    assert (changed.json()["name"], changed.json()["room"]["id"]) == ("李大姐", "room_shuangban")
    assert (await rooms.call("PATCH", base, {"room": None})).json()["room"] is None
    kept = await rooms.call("PATCH", base, {})
    assert kept.json()["name"] == "李大姐"
    assert (await rooms.call("PATCH", base, {"room": "nowhere"})).json()["code"] == "no_room"


async def test_devices_are_listed_and_ended(world):
    clerk = await world.staff("lixiuying")
    away = world.visitor()
    login = {
        "account": "lixiuying",
        "password": next(o.password for o in world.seed.accounts if o.account == "lixiuying"),
    }
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari Edg/130"}
    assert (await away.call("POST", "/api/v1/login", login, headers=agent)).status_code == 200
    listed = (await clerk.get("/api/v1/me/sessions"))["items"]
    assert sorted((one["name"], one["current"]) for one in listed) == [
        ("", True),
        ("Windows · Edge", False),
    ]
    assert not any(one["bound"] for one in listed)
    other = next(one["id"] for one in listed if not one["current"])
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")
    by_admin = (await admin.get(f"/api/v1/accounts/{account}/sessions"))["items"]
    assert {one["id"] for one in by_admin} == {one["id"] for one in listed}
    assert not any(one["current"] for one in by_admin)
    # Nobody ends another's session by its id.
    foreign = await admin.call("DELETE", f"/api/v1/me/sessions/{other}")
    assert foreign.status_code == 404
    assert (await clerk.call("DELETE", f"/api/v1/me/sessions/{other}")).status_code == 204
    assert (await away.call("GET", "/api/v1/me")).status_code == 401
    assert await _revoked(world, "session", other) is not None
    assert (await clerk.call("DELETE", f"/api/v1/me/sessions/{other}")).status_code == 404
    assert len((await clerk.get("/api/v1/me/sessions"))["items"]) == 1
    world.clock.later(hours=9)
    later = await world.staff("lixiuying")
    assert len((await later.get("/api/v1/me/sessions"))["items"]) == 1  # the idle one is over


async def test_a_familys_devices(world):
    owner = await world.owner()
    listed = (await owner.get("/api/v1/me/sessions"))["items"]
    assert [(one["name"], one["bound"], one["current"]) for one in listed] == [
        ("Android 手机", True, True)
    ]
    me = await owner.get("/api/v1/me")
    assert me["staff"] is None and me["second_factor"] == []
    answer = await owner.call(
        "POST", "/api/v1/me/password", {"old": "x", "new": "a-quite-long-one"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "no_account")


async def test_the_throttles_memory_is_bounded(world_clock):
    guard = throttle.LoginThrottle(world_clock)
    for number in range(throttle._REMEMBERED):
        guard.failed(f"account-{number}", f"address-{number}")
    assert len(guard._failures) <= throttle._REMEMBERED
