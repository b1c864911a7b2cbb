"""Households over HTTP: found by Chinese text, added, moved with their cameras; foreign scopes."""

import pytest
from huiyan_registry.database.row_scope import EVERYTHING
from sqlalchemy import text

TOWN, XINZHAI, SHIQIAO = "510799101000", "510799101201", "510799101202"
HOMES = "/api/v1/households"


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


async def _names(visitor, query=""):
    return [home["name"] for home in (await visitor.get(f"{HOMES}{query}"))["items"]]


async def test_households_are_listed_by_group_with_their_counts(world):
    admin = await world.staff("wangjun")
    homes = (await admin.get(HOMES))["items"]
    assert [home["name"] for home in homes] == ["妈妈家", "陈家院子", "刘二嬢家"]
    first = homes[0]
    assert (first["group"], first["group_name"], first["cameras"]) == (f"{XINZHAI}002", "二社", 2)
    assert first["id"] == world.seed.household and first["members"] >= 1


async def test_households_are_found_by_chinese_text_and_place(world):
    admin = await world.staff("wangjun")
    assert await _names(admin, "?q=家院") == ["陈家院子"]
    assert await _names(admin, "?q=家") == ["妈妈家", "陈家院子", "刘二嬢家"]
    assert await _names(admin, "?q=院家") == [] and await _names(admin, "?q=%25") == []
    assert await _names(admin, f"?area={SHIQIAO}") == ["刘二嬢家"]
    assert await _names(admin, f"?area={XINZHAI}003&q=陈") == ["陈家院子"]


async def test_pages_follow_each_other(world):
    admin, seen, after = await world.staff("wangjun"), [], ""
    while True:
        page = await admin.get(f"{HOMES}?limit=1&after={after}")
        seen += [home["name"] for home in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == ["妈妈家", "陈家院子", "刘二嬢家"]


async def test_installers_and_room_administrators_add_households(world):
    for account, name in (("hezhiyuan", "张家"), ("chenyong", "李家")):
        visitor = await world.staff(account)
        body = {"group": f"{XINZHAI}004", "name": name}
        answer = await visitor.call("POST", HOMES, body)
        assert answer.status_code == 201, answer.text
        home = answer.json()
        assert home["id"].startswith("hh_") and (home["cameras"], home["members"]) == (0, 0)
        assert await _names(visitor, f"?q={name}") == [name]


async def test_a_household_moves_with_its_cameras(world):
    admin, camera = await world.staff("wangjun"), world.camera("院坝", "2")
    home = (await admin.get(f"{HOMES}?q=陈家院子"))["items"][0]["id"]
    body = {"group": f"{SHIQIAO}005", "name": "陈家新院"}
    answer = await admin.call("PATCH", f"{HOMES}/{home}", body)
    assert (answer.json()["group"], answer.json()["name"]) == (f"{SHIQIAO}005", "陈家新院")
    assert (await admin.get(f"/api/v1/cameras/{camera}"))["area"] == f"{SHIQIAO}005"
    assert await _names(admin, "?q=新院") == ["陈家新院"] and await _names(admin, "?q=院子") == []
    async with world.registry.database.transaction(EVERYTHING) as session:
        revoked = await session.scalar(
            text("SELECT spare_own FROM revocation WHERE kind = 'camera' AND subject = :id"),
            {"id": camera},
        )
    assert revoked is True, "rooms that look now must ask anew; the family need not"
    assert (await admin.get("/api/v1/areas"))["households_covered"] == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", HOMES, {"group": XINZHAI, "name": "x"}, 422),
        ("POST", HOMES, {"group": f"{XINZHAI}999", "name": "x"}, 404),
        ("POST", HOMES, {"group": f"{XINZHAI}001", "name": ""}, 422),
        ("POST", HOMES, {"group": f"{XINZHAI}001", "name": "a\0"}, 422),
        ("PATCH", f"{HOMES}/hh_nobody", {"name": "x"}, 404),
        ("GET", f"{HOMES}?area=12", None, 422),
        ("GET", f"{HOMES}?area=510799102201", None, 404),
        ("GET", f"{HOMES}?after=x", None, 422),
        ("GET", f"{HOMES}?limit=0", None, 422),
        ("GET", f"{HOMES}?q=%00", None, 422),
    ],
)
async def test_what_cannot_be(world, method, path, body, status):
    answer = await (await world.staff("wangjun")).call(method, path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"] and answer.json()["detail_en"]


async def test_other_roles_and_other_villages_may_not(world):
    body = {"group": f"{XINZHAI}001", "name": "x"}
    for visitor in (
        await world.staff("lixiuying"),
        await world.staff("sunli"),
        await world.owner(),
    ):
        assert (await visitor.call("GET", HOMES)).status_code == 403
        assert (await visitor.call("POST", HOMES, body)).status_code == 403
    for account in ("chenyong", "hezhiyuan", "wangjun"):
        visitor = await _narrow(world, account, SHIQIAO)
        assert await _names(visitor) == ["刘二嬢家"], account
        assert (await visitor.call("POST", HOMES, body)).status_code == 404
        path = f"{HOMES}/{world.seed.household}"
        assert (await visitor.call("PATCH", path, {"name": "x"})).status_code == 404
        assert (await visitor.call("GET", f"{HOMES}?area={XINZHAI}")).status_code == 404
        mine = (await visitor.get(HOMES))["items"][0]["id"]
        away = await visitor.call("PATCH", f"{HOMES}/{mine}", {"group": f"{XINZHAI}001"})
        assert away.status_code == 404, "nobody moves a household out of his areas"


async def test_no_household_joins_a_group_that_merged(world):
    admin = await world.staff("wangjun")
    merge = {"into": f"{XINZHAI}001"}
    await admin.call("POST", f"/api/v1/areas/{XINZHAI}005/merge", merge)
    answer = await admin.call("POST", HOMES, {"group": f"{XINZHAI}005", "name": "x"})
    assert answer.status_code == 404
