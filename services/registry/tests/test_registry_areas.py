"""Areas over HTTP: tree with figures, changes, mergers, officers, tables; foreign scopes."""

import time

import pytest
from huiyan.ingest.v1.camera_pb2 import Presence, PresenceState, WorkerSession
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.importing.reading import XLSX
from sqlalchemy import text

TOWN, COUNTY = "510799101000", "510799000000"
XINZHAI, SHIQIAO = "510799101201", "510799101202"
CSV = {"content-type": "text/csv"}
ROLE = (
    "INSERT INTO role_assignment (town, id, principal, role, area, created_at) "
    "VALUES (:town, :id, :principal, :role, :area, now())"
)


async def _principal(world, account):
    async with world.registry.database.transaction(EVERYTHING) as session:
        return await session.scalar(
            text("SELECT id FROM principal WHERE account = :account"), {"account": account}
        )


async def _narrow(world, account, area):
    """Somebody of the staff has his roles over `area` only."""
    principal = await _principal(world, account)
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE role_assignment SET area = :area WHERE principal = :principal"),
            {"area": area, "principal": principal},
        )
    return await world.staff(account)


def _nodes(tree):
    return {
        tree["code"]: tree,
        **{code: node for child in tree["children"] for code, node in _nodes(child).items()},
    }


async def _tree(visitor):
    return _nodes(await visitor.get("/api/v1/areas"))


async def _import(visitor, table, query="", headers=CSV):
    content = table.encode() if isinstance(table, str) else table
    return await visitor.call(
        "POST", f"/api/v1/areas/import{query}", content=content, headers=headers
    )


def _online(world, camera):
    worker = WorkerSession(worker="ingest-1", service="ingest")
    world.registry.workers.on_change(f"{TOWN}.ingest-1", worker.SerializeToString())
    told = Presence(state=PresenceState.PRESENCE_STATE_ONLINE, worker="ingest-1")
    world.registry.presence.on_change(f"{TOWN}.{camera}", told.SerializeToString())


async def test_the_tree_counts_what_stands_below(world):
    _online(world, world.camera("院坝", "1"))
    town = await _tree(await world.staff("wangjun"))
    figures = {
        code: (node["cameras"], node["online"], node["households"], node["households_covered"])
        for code, node in town.items()
    }
    assert figures[TOWN] == (6, 1, 3, 3)
    assert figures[XINZHAI] == (4, 1, 2, 2) and figures[f"{XINZHAI}002"][1:] == (1, 1, 1)
    assert COUNTY not in town
    clerk = await _tree(await world.staff("lixiuying"))
    assert set(clerk) == {XINZHAI, *(f"{XINZHAI}00{n}" for n in range(1, 6))}
    owner = await _tree(await world.owner())
    assert set(owner) == {f"{XINZHAI}002"}
    assert [owner[f"{XINZHAI}002"][k] for k in ("cameras", "online", "households")] == [2, 1, 1]


async def test_figures_follow_what_changes(world):
    admin = await world.staff("wangjun")
    assert (await _tree(admin))[XINZHAI]["households_covered"] == 2
    body = {"group": f"{XINZHAI}004", "name": "新户"}
    assert (await admin.call("POST", "/api/v1/households", body)).status_code == 201
    node = (await _tree(admin))[XINZHAI]
    assert (node["households"], node["households_covered"]) == (3, 2)
    camera = world.camera("院坝", "2")
    _online(world, camera)
    assert (await _tree(admin))[XINZHAI]["online"] == 1
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE camera SET state = 'retired', updated_at = now() WHERE id = :id"),
            {"id": camera},
        )
    node = (await _tree(admin))[XINZHAI]
    assert (node["cameras"], node["households_covered"]) == (3, 1)


async def test_add_change_and_show(world):
    admin = await world.staff("wangjun")
    village = {"code": "510799101203", "level": "village", "name": "柏林村"}
    answer = await admin.call("POST", "/api/v1/areas", village)
    assert (answer.status_code, answer.json()["parent"]) == (201, TOWN)
    assert (await _tree(admin))["510799101203"]["name"] == "柏林村"
    change = {"name": "柏林社区", "gb_id": "5" * 20}
    answer = await admin.call("PATCH", "/api/v1/areas/510799101203", change)
    shown = answer.json()
    assert (shown["name"], shown["gb_id"], shown["valid_to"]) == ("柏林社区", "5" * 20, None)
    cleared = await admin.call("PATCH", "/api/v1/areas/510799101203", {"gb_id": None})
    assert (cleared.json()["name"], cleared.json()["gb_id"]) == ("柏林社区", None)
    shown = await admin.get(f"/api/v1/areas/{XINZHAI}")
    assert [room["id"] for room in shown["rooms"]] == ["room_xinzhai"]
    assert shown["counts"] == {"cameras": 4, "online": 0, "households": 2, "households_covered": 2}


@pytest.mark.parametrize(
    ("area", "status", "code"),
    [
        ({"code": "510799101203", "level": "group", "name": "x"}, 422, "level"),
        ({"code": XINZHAI, "level": "village", "name": "x"}, 409, "exists"),
        ({"code": "510799101203001", "level": "group", "name": "x"}, 404, "not_found"),
        ({"code": "510799102201", "level": "village", "name": "x"}, 404, "not_found"),
        ({"code": "51079910120", "level": "village", "name": "x"}, 422, "invalid"),
        ({"code": "510799101203", "level": "village", "name": " "}, 422, "invalid"),
        ({"code": "510799101203", "level": "village", "name": "a\0b"}, 422, "bad_text"),
    ],
)
async def test_areas_that_cannot_be_added(world, area, status, code):
    answer = await (await world.staff("wangjun")).call("POST", "/api/v1/areas", area)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"] and answer.json()["detail_en"]


async def test_another_towns_code_is_refused_to_a_county_administrator_too(world):
    admin = await _narrow(world, "wangjun", COUNTY)
    area = {"code": "510799102201", "level": "village", "name": "x"}
    answer = await admin.call("POST", "/api/v1/areas", area)
    assert (answer.status_code, answer.json()["code"]) == (422, "other_town")


async def test_aliases_name_one_area(world):
    admin = await world.staff("wangjun")
    items = {"items": [{"scheme": "ga", "code": "77-1"}, {"scheme": "mca", "code": "A.1"}]}
    answer = await admin.call("PUT", f"/api/v1/areas/{XINZHAI}/aliases", items)
    assert answer.json()["aliases"] == items["items"]
    taken = await admin.call("PUT", f"/api/v1/areas/{SHIQIAO}/aliases", items)
    assert (taken.status_code, taken.json()["code"]) == (409, "alias")
    twice = {"items": items["items"][:1] * 2}
    answer = await admin.call("PUT", f"/api/v1/areas/{XINZHAI}/aliases", twice)
    assert (answer.status_code, answer.json()["code"]) == (422, "alias")
    answer = await admin.call("PUT", f"/api/v1/areas/{XINZHAI}/aliases", {"items": []})
    assert answer.json()["aliases"] == []


ROUTES = (
    ("GET", f"/api/v1/areas/{XINZHAI}", None),
    ("PATCH", f"/api/v1/areas/{XINZHAI}", {"name": "新"}),
    ("POST", f"/api/v1/areas/{XINZHAI}/merge", {"into": SHIQIAO}),
    ("PUT", f"/api/v1/areas/{XINZHAI}/aliases", {"items": []}),
    ("PUT", f"/api/v1/areas/{XINZHAI}/officers/prn_x", None),
    ("DELETE", f"/api/v1/areas/{XINZHAI}/officers/prn_x", None),
    ("POST", "/api/v1/areas", {"code": f"{XINZHAI}009", "level": "group", "name": "九社"}),
)


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_other_roles_and_other_villages_may_not(world, method, path, body):
    for account in ("lixiuying", "sunli", "hezhiyuan", "liuqiang", "tangmei"):
        answer = await (await world.staff(account)).call(method, path, body)
        assert answer.status_code == 403, account
    answer = await (await world.owner()).call(method, path, body)
    assert answer.status_code == 403
    room_admin = await world.staff("chenyong")
    answer = await room_admin.call(method, path, body)
    reads = method == "GET" or "/officers/" in path
    assert answer.status_code == ((200 if method == "GET" else 404) if reads else 403)
    foreign = await _narrow(world, "wangjun", SHIQIAO)
    answer = await foreign.call(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_officers_have_the_role_and_lose_it(world):
    admin, cell = await world.staff("wangjun"), f"{SHIQIAO}003"
    principal = await _principal(world, "zhoumin")
    path = f"/api/v1/areas/{cell}/officers/{principal}"
    for _ in range(2):
        answer = await admin.call("PUT", path)
        assert answer.json()["officers"] == [{"principal": principal, "name": "周敏"}]
    me = await (await world.staff("zhoumin")).get("/api/v1/me")
    assert "grid_officer" in me["roles"]
    answer = await admin.call("DELETE", path)
    assert (answer.status_code, answer.json()["officers"]) == (200, [])
    assert (await admin.call("DELETE", path)).status_code == 404
    async with world.registry.database.transaction(EVERYTHING) as session:
        revoked = await session.scalar(
            text("SELECT reason FROM revocation WHERE kind = 'principal' AND subject = :id"),
            {"id": principal},
        )
    assert revoked == "role_ended"


async def test_officers_that_cannot_be(world):
    admin = await world.staff("wangjun")
    zhou, operator = await _principal(world, "zhoumin"), world.seed.operator.principal
    for code, who, status in (
        (TOWN, zhou, 422),
        (f"{SHIQIAO}003", operator, 404),
        (f"{SHIQIAO}003", "prn_nobody", 404),
        (f"{SHIQIAO}999", zhou, 404),
    ):
        answer = await admin.call("PUT", f"/api/v1/areas/{code}/officers/{who}")
        assert answer.status_code == status, (code, who)
    narrow = await _narrow(world, "chenyong", XINZHAI)
    answer = await narrow.call("PUT", f"/api/v1/areas/{XINZHAI}001/officers/{zhou}")
    assert answer.status_code == 404, "a clerk of the next village is nobody here"


# Merging


async def _merged(world):
    admin = await world.staff("wangjun")
    answer = await admin.call("POST", f"/api/v1/areas/{SHIQIAO}/merge", {"into": XINZHAI})
    assert answer.status_code == 200, answer.text
    return admin, answer.json()


async def _renew_agreements(world):
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE principal SET agreement_valid_until = now() + interval '1 year'")
        )


async def _watches(visitor, camera):
    """Whether a grant covers the camera."""
    answer = await visitor.grant(camera, purpose="patrol")
    views = answer.json().get("views", [])
    return answer.status_code == 201 and [view["camera"] for view in views] == [camera]


async def test_a_merger_closes_one_village_and_moves_nothing(world):
    admin, closed = await _merged(world)
    assert closed["successor"] == XINZHAI and closed["valid_to"]
    assert closed["counts"]["cameras"] == 2
    nodes = await _tree(admin)
    assert SHIQIAO not in nodes and nodes[XINZHAI]["cameras"] == 6
    assert f"{SHIQIAO}001" in {child["code"] for child in nodes[XINZHAI]["children"]}
    assert (await admin.get(f"/api/v1/areas/{SHIQIAO}001"))["parent"] == XINZHAI
    async with world.registry.database.transaction(EVERYTHING) as session:
        count = await session.scalar(
            text("SELECT count(*) FROM camera WHERE area LIKE :a"), {"a": f"{SHIQIAO}%"}
        )
    assert count == 2


async def test_clerks_of_the_heir_see_what_it_took_over(world):
    clerk = await world.staff("lixiuying")
    there, home = world.camera("三岔路口"), world.camera("院坝", "3")
    assert (await clerk.call("GET", f"/api/v1/cameras/{there}")).status_code == 404
    assert not await _watches(clerk, there)
    await _merged(world)
    assert (await clerk.get(f"/api/v1/cameras/{there}"))["may"]["live"] is True
    assert await _watches(clerk, there)
    view = await clerk.get(f"/api/v1/cameras/{home}")
    assert view["may"]["reason"] == "no_consent", "consent is asked for as before"
    listed = {row["id"] for row in (await clerk.get("/api/v1/cameras?limit=500"))["items"]}
    assert {there, home} <= listed
    assert (await _tree(clerk))[XINZHAI]["cameras"] == 6


async def test_clerks_of_the_closed_village_keep_their_sight_and_gain_none(world):
    await _renew_agreements(world)
    clerk = await world.staff("zhoumin")
    here, there = world.camera("村口主路·东"), world.camera("三岔路口")
    await _merged(world)
    assert (await clerk.get(f"/api/v1/cameras/{there}"))["may"]["live"] is True
    assert await _watches(clerk, there)
    assert (await clerk.call("GET", f"/api/v1/cameras/{here}")).status_code == 404
    assert not await _watches(clerk, here)
    nodes = await _tree(clerk)
    assert nodes[SHIQIAO]["cameras"] == 2 and XINZHAI not in nodes


async def test_both_codes_reach_the_cameras_of_a_merged_village(world):
    admin, _ = await _merged(world)
    there = world.camera("三岔路口")
    for area in (SHIQIAO, XINZHAI, TOWN):
        page = await admin.get(f"/api/v1/cameras?limit=500&area={area}")
        assert there in {row["id"] for row in page["items"]}, area
        homes = await admin.get(f"/api/v1/households?area={area}")
        assert "刘二嬢家" in {home["name"] for home in homes["items"]}, area


async def test_owners_and_consents_survive_a_merger(world):
    owner = await world.owner()
    admin = await world.staff("wangjun")
    merge = await admin.call("POST", f"/api/v1/areas/{XINZHAI}/merge", {"into": SHIQIAO})
    assert merge.status_code == 200
    camera = world.camera("院坝", "1")
    assert await _watches(owner, camera)
    await _renew_agreements(world)
    clerk = await world.staff("zhoumin")
    assert await _watches(clerk, camera), "妈妈家 shares with its village, which is 石桥 now"
    assert (await _tree(owner))[f"{XINZHAI}002"]["cameras"] == 2


async def test_groups_merge_and_mergers_chain(world):
    admin, _ = await _merged(world)
    third = {"code": "510799101203", "level": "village", "name": "大同村"}
    assert (await admin.call("POST", "/api/v1/areas", third)).status_code == 201
    answer = await admin.call("POST", f"/api/v1/areas/{XINZHAI}/merge", {"into": "510799101203"})
    assert answer.status_code == 200
    clerk = await _narrow(world, "zhaojianguo", "510799101203")
    assert (await _tree(clerk))["510799101203"]["cameras"] == 6
    group = f"{SHIQIAO}001"
    answer = await admin.call("POST", f"/api/v1/areas/{group}/merge", {"into": f"{XINZHAI}001"})
    assert answer.json()["successor"] == f"{XINZHAI}001"
    officer = await _narrow(world, "tangmei", f"{XINZHAI}001")
    listed = {row["id"] for row in (await officer.get("/api/v1/cameras"))["items"]}
    assert world.camera("院坝", "3") in listed


async def test_mergers_that_cannot_be(world):
    admin, _ = await _merged(world)
    for area, into, status, code in (
        (XINZHAI, XINZHAI, 422, "merge"),
        (XINZHAI, f"{XINZHAI}001", 422, "merge"),
        (TOWN, XINZHAI, 422, "merge"),
        (XINZHAI, SHIQIAO, 409, "closed"),
        (SHIQIAO, XINZHAI, 409, "closed"),
        (XINZHAI, "510799101299", 404, "not_found"),
    ):
        answer = await admin.call("POST", f"/api/v1/areas/{area}/merge", {"into": into})
        assert (answer.status_code, answer.json()["code"]) == (status, code), (area, into)
    for path, body in ((f"/api/v1/areas/{SHIQIAO}", {"name": "石桥"}),):
        answer = await admin.call("PATCH", path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "closed")


# Tables


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_an_export_is_imported_again_and_changes_nothing(world, format):
    admin, _ = await _merged(world)
    aliases = {"items": [{"scheme": "ga", "code": "77"}]}
    await admin.call("PUT", f"/api/v1/areas/{XINZHAI}/aliases", aliases)
    answer = await admin.call("GET", f"/api/v1/areas/export?format={format}")
    kind = answer.headers["content-type"]
    assert answer.headers["content-disposition"] == f'attachment; filename="areas.{format}"'
    assert kind == (XLSX if format == "xlsx" else "text/csv; charset=utf-8")
    report = (await _import(admin, answer.content, headers={"content-type": kind})).json()
    assert report["errors"] == [] and report["applied"] is True
    assert (report["rows"], report["unchanged"]) == (13, 13)
    assert (report["added"], report["changed"]) == (0, 0)


async def test_a_dry_run_does_nothing_and_an_import_does_it_once(world):
    admin = await world.staff("wangjun")
    table = "代码,名称,别名\n510799101203001,一社,ga:9\n510799101203,柏林村,\n"
    dry = (await _import(admin, table, "?dry_run=true")).json()
    assert (dry["applied"], dry["added"], dry["errors"]) == (False, 2, [])
    assert "510799101203" not in await _tree(admin)
    done = (await _import(admin, table)).json()
    assert (done["applied"], done["added"]) == (True, 2)
    assert (await _tree(admin))["510799101203001"]["name"] == "一社"
    again = (await _import(admin, table.replace("一社", "先锋社"))).json()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 1, 1)
    shown = await admin.get("/api/v1/areas/510799101203001")
    assert (shown["name"], shown["aliases"]) == ("先锋社", [{"scheme": "ga", "code": "9"}])


async def test_one_wrong_line_and_nothing_is_done(world):
    admin = await world.staff("wangjun")
    table = "code,name\n510799101203,柏林村\n510799102201,别镇的\n510799101204001,没有村\n"
    report = (await _import(admin, table)).json()
    assert report["applied"] is False
    assert [(one["line"], one["column"]) for one in report["errors"]] == [(3, "代码"), (4, "代码")]
    assert all(one["message"] and one["message_en"] for one in report["errors"])
    assert "510799101203" not in await _tree(admin)


async def test_tables_of_others_and_other_types(world):
    for account in ("lixiuying", "chenyong", "sunli"):
        visitor = await world.staff(account)
        assert (await _import(visitor, "code,name\n")).status_code == 403
        assert (await visitor.call("GET", "/api/v1/areas/export")).status_code == 403
    admin = await world.staff("wangjun")
    answer = await _import(admin, "{}", headers={"content-type": "application/json"})
    assert answer.status_code == 415
    answer = await admin.call("GET", "/api/v1/areas/export?format=pdf")
    assert answer.status_code == 422
    village = await _narrow(world, "wangjun", SHIQIAO)
    exported = (await village.call("GET", "/api/v1/areas/export")).text
    assert SHIQIAO in exported and XINZHAI not in exported
    report = (await _import(village, f"code,name\n{XINZHAI}009,九社\n")).json()
    assert "your areas" in report["errors"][0]["message_en"]


async def test_ten_thousand_rows_in_a_few_seconds(world):
    admin = await world.staff("wangjun")
    villages = [f"{TOWN[:9]}{number:03d}" for number in range(300, 400)]
    groups = [f"{village}{number:03d}" for village in villages for number in range(1, 100)]
    lines = [f"{code},区划{code[9:]},ga:{code}" for code in (*reversed(groups), *villages)]
    table = "code,name,aliases\n" + "\n".join(lines)
    started = time.process_time()
    report = (await _import(admin, table)).json()
    took = time.process_time() - started
    assert (report["added"], report["errors"]) == (10_000, [])
    again = (await _import(admin, table.replace("区划", "组", 9_900))).json()
    assert (again["changed"], again["unchanged"]) == (9_900, 100)
    assert took < 8, "a few seconds of this process, however busy the machine is"
