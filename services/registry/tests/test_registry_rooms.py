"""Monitor rooms over HTTP: their areas, and how the rights of their people follow."""

import pytest
from huiyan_registry.database.row_scope import EVERYTHING
from sqlalchemy import text

TOWN, COUNTY = "510799101000", "510799000000"
XINZHAI, SHIQIAO = "510799101201", "510799101202"
ROOMS = "/api/v1/rooms"


async def _sql(world, statement, **values):
    async with world.registry.database.transaction(EVERYTHING) as session:
        return (await session.execute(text(statement), values)).all()


async def _narrow(world, account, area):
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text(
                "UPDATE role_assignment SET area = :area WHERE principal = "
                "(SELECT id FROM principal WHERE account = :account)"
            ),
            {"area": area, "account": account},
        )
    return await world.staff(account)


async def _room(visitor, room):
    rooms = (await visitor.get(ROOMS))["items"]
    return next((one for one in rooms if one["id"] == room), None)


async def _areas_of(world, account):
    rows = await _sql(
        world,
        "SELECT role, area FROM role_assignment JOIN principal p ON p.id = principal "
        "WHERE p.account = :account AND ended_at IS NULL",
        account=account,
    )
    return {tuple(row) for row in rows}


async def test_rooms_are_listed_opened_changed_and_closed(world):
    admin = await world.staff("wangjun")
    rooms = {one["id"]: one for one in (await admin.get(ROOMS))["items"]}
    assert rooms["room_xinzhai"]["kind"] == "village" and rooms["room_shuangban"]["kind"] == "town"
    assert rooms["room_xinzhai"]["areas"] == [XINZHAI] and rooms["room_xinzhai"]["staff"] >= 1
    body = {"name": "双板派出所", "kind": "police", "areas": [TOWN, XINZHAI, XINZHAI]}
    answer = await admin.call("POST", ROOMS, body)
    room = answer.json()
    assert answer.status_code == 201
    assert (room["area"], room["areas"], room["staff"]) == (TOWN, [TOWN, XINZHAI], 0)
    shown = await admin.get(f"/api/v1/areas/{XINZHAI}")
    assert {"id": room["id"], "name": "双板派出所", "kind": "police"} in shown["rooms"]
    change = {"name": "石桥警务室", "areas": [SHIQIAO]}
    changed = (await admin.call("PATCH", f"{ROOMS}/{room['id']}", change)).json()
    assert (changed["name"], changed["areas"], changed["kind"]) == (
        "石桥警务室",
        [SHIQIAO],
        "police",
    )
    assert (await admin.call("DELETE", f"{ROOMS}/{room['id']}")).status_code == 204
    assert await _room(admin, room["id"]) is None
    assert (await admin.call("DELETE", f"{ROOMS}/{room['id']}")).status_code == 404


async def test_a_room_with_people_stays(world):
    admin = await world.staff("wangjun")
    answer = await admin.call("DELETE", f"{ROOMS}/room_xinzhai")
    assert (answer.status_code, answer.json()["code"]) == (409, "staff")
    assert await _room(admin, "room_xinzhai")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "甲", "kind": "village", "areas": []},
        {"name": "甲", "kind": "bar", "areas": [XINZHAI]},
        {"name": "甲", "kind": "village", "areas": ["510799101299"]},
        {"name": "甲", "kind": "village", "areas": ["510799102201"]},
        {"name": "", "kind": "village", "areas": [XINZHAI]},
        {"kind": "village", "areas": [XINZHAI]},
    ],
)
async def test_rooms_that_cannot_be(world, body):
    answer = await (await world.staff("wangjun")).call("POST", ROOMS, body)
    assert answer.status_code == 422 and answer.json()["detail_en"]


async def test_other_roles_and_other_villages_may_not(world):
    for account in ("lixiuying", "chenyong", "sunli", "hezhiyuan"):
        visitor = await world.staff(account)
        assert (await visitor.call("GET", ROOMS)).status_code == 403, account
        assert (await visitor.call("DELETE", f"{ROOMS}/room_xinzhai")).status_code == 403
    admin = await _narrow(world, "wangjun", SHIQIAO)
    assert {one["id"] for one in (await admin.get(ROOMS))["items"]} == {"room_shiqiao"}
    for method, body in (("PATCH", {"name": "新"}), ("DELETE", None)):
        answer = await admin.call(method, f"{ROOMS}/room_xinzhai", body)
        assert answer.status_code == 404
    answer = await admin.call("PATCH", f"{ROOMS}/room_shiqiao", {"areas": [SHIQIAO, XINZHAI]})
    assert answer.status_code == 422


async def test_a_room_that_watches_more_is_the_wider_offices(world):
    wide = await world.staff("wangjun")
    await wide.call("PATCH", f"{ROOMS}/room_shiqiao", {"areas": [SHIQIAO, XINZHAI]})
    narrow = await _narrow(world, "wangjun", SHIQIAO)
    assert (await _room(narrow, "room_shiqiao"))["areas"] == [SHIQIAO, XINZHAI]
    answer = await narrow.call("PATCH", f"{ROOMS}/room_shiqiao", {"name": "新"})
    assert answer.status_code == 403


async def test_rights_of_clerks_follow_the_areas_of_their_room(world):
    admin, clerk = await world.staff("wangjun"), await world.staff("lixiuying")
    there = world.camera("三岔路口")
    path = f"{ROOMS}/room_xinzhai"
    assert (await clerk.call("GET", f"/api/v1/cameras/{there}")).status_code == 404
    await admin.call("PATCH", path, {"areas": [XINZHAI, SHIQIAO]})
    assert (await clerk.get(f"/api/v1/cameras/{there}"))["may"]["live"] is True
    assert await _areas_of(world, "lixiuying") == {("clerk", XINZHAI), ("clerk", SHIQIAO)}
    await admin.call("PATCH", path, {"areas": [SHIQIAO]})
    assert await _areas_of(world, "lixiuying") == {("clerk", SHIQIAO)}
    here = world.camera("村口主路·东")
    assert (await clerk.call("GET", f"/api/v1/cameras/{here}")).status_code == 404
    revoked = await _sql(
        world,
        "SELECT reason, spare_own FROM revocation JOIN principal p ON p.id = subject "
        "WHERE kind = 'principal' AND p.account = 'lixiuying'",
    )
    assert [tuple(row) for row in revoked] == [("role_ended", True)]


async def test_roles_beyond_the_room_and_other_roles_stay(world):
    admin = await world.staff("wangjun")
    before = await _areas_of(world, "tangmei")
    await admin.call("PATCH", f"{ROOMS}/room_xinzhai", {"areas": [SHIQIAO]})
    assert await _areas_of(world, "tangmei") == before, "a grid officer's cell is no room's"
    assert await _areas_of(world, "zhaojianguo") == {("clerk", TOWN)}
