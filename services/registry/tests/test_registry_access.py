"""Role by route by village: what each may read and change, and that the rest is not there."""

import pytest
from huiyan_registry.database.row_scope import EVERYTHING
from sqlalchemy import text

NEW = {
    "name": "新点",
    "area": "510799101201002",
    "legal_class": "gov_public",
    "site_kind": "road",
    "placement": "roadside",
    "main_url": "rtsp://10.20.0.9:554/main",
}
WHO = ("clerk", "next_clerk", "town_clerk", "admin", "operator", "probe", "owner", "relative")


async def _enter(world, who):
    match who:
        case "clerk":
            return await world.staff("lixiuying")
        case "next_clerk":
            return await world.staff("zhoumin")
        case "town_clerk":
            return await world.staff("zhaojianguo")
        case "admin":
            return await world.staff("chenyong")
        case "operator" | "probe":
            return await world.machine(who)
        case "relative":
            return await world.by_link(world.seed.relative_link)
        case _:
            return await world.owner()


@pytest.mark.parametrize("who", WHO)
async def test_matrix(world, who):
    visitor = await _enter(world, who)
    here, there = world.camera("村口主路·东"), world.camera("三岔路口")
    home, other_home = world.camera("院坝", "1"), world.camera("院坝", "3")
    town_wide = who in ("town_clerk", "admin", "operator", "probe")
    family = who in ("owner", "relative")
    installs = who in ("admin", "operator")
    seen = {
        here: town_wide or who == "clerk",
        there: town_wide or who == "next_clerk",
        home: town_wide or family or who == "clerk",
        other_home: town_wide or who == "next_clerk",
    }
    listed = {row["id"] for row in (await visitor.get("/api/v1/cameras?limit=500"))["items"]}
    for camera, visible in seen.items():
        assert (camera in listed) is visible
        status = (await visitor.call("GET", f"/api/v1/cameras/{camera}")).status_code
        assert status == (200 if visible else 404)
        changed = await visitor.call("PATCH", f"/api/v1/cameras/{camera}", {"name": "改名"})
        assert changed.status_code == (200 if installs else 403 if visible else 404)
        switched = await visitor.call("POST", f"/api/v1/cameras/{camera}/off", {})
        mine = who == "owner" and camera == home
        assert switched.status_code == (200 if mine else 403 if visible else 404)
        retired = await visitor.call("DELETE", f"/api/v1/cameras/{camera}")
        assert retired.status_code == (204 if installs else 403 if visible else 404)
    added = await visitor.call("POST", "/api/v1/cameras", NEW)
    assert added.status_code == (201 if installs else 403)
    looks = await visitor.call("GET", "/api/v1/looks")
    assert looks.status_code == (200 if family else 403)
    body = {"household": world.seed.household, "name": "某", "relation": "亲戚"}
    invited = await visitor.call("POST", "/api/v1/links", body)
    invites = {"owner": 201, "next_clerk": 404}
    assert invited.status_code == invites.get(who, 403)


async def test_an_operator_of_one_village_changes_nothing_next_door(world):
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE role_assignment SET area = '510799101202' WHERE role = 'operator'")
        )
    operator = await world.machine("operator")
    assert (await operator.call("POST", "/api/v1/cameras", NEW)).status_code == 403
    mine = {**NEW, "area": "510799101202001"}
    camera = (await operator.call("POST", "/api/v1/cameras", mine)).json()["id"]
    moved = await operator.call("PATCH", f"/api/v1/cameras/{camera}", {"area": NEW["area"]})
    assert moved.status_code == 403


async def test_area_tree_is_the_callers_part(world):
    clerk = await world.staff("lixiuying")
    tree = await clerk.get("/api/v1/areas")
    assert (tree["name"], tree["level"], tree["cameras"]) == ("新寨村", "village", 4)
    assert [group["name"] for group in tree["children"]] == ["一社", "二社", "三社", "四社", "五社"]
    town = await (await world.staff("zhaojianguo")).get("/api/v1/areas")
    assert (town["level"], [village["name"] for village in town["children"]]) == (
        "town",
        ["新寨村", "石桥村"],
    )
    owner = await world.owner()
    home = await owner.get("/api/v1/areas")
    assert (home["level"], home["name"], home["cameras"]) == ("group", "二社", 2)


async def test_pages_of_the_list(world):
    clerk = await world.staff("zhaojianguo")
    first = await clerk.get("/api/v1/cameras?limit=4")
    rest = await clerk.get(f"/api/v1/cameras?limit=4&after={first['next']}")
    assert [row["number"] for row in first["items"] + rest["items"]] == [1, 2, 3, 4, 5, 6]
    assert rest["next"] is None
    found = await clerk.get("/api/v1/cameras?q=大门")
    assert [row["name"] for row in found["items"]] == ["大门口"]
    village = await clerk.get("/api/v1/cameras?area=510799101202")
    assert len(village["items"]) == 2
