"""What administrators read of people's papers, and how auditors find people."""

from datetime import datetime, timedelta

import pytest
from huiyan_registry.database.row_scope import EVERYTHING
from sqlalchemy import text


async def _id(admin, account):
    found = (await admin.get(f"/api/v1/accounts?q={account}"))["items"]
    return next(one["id"] for one in found if one["account"] == account)


async def _scoped(world, account, area):
    """Somebody of the staff whose roles hold in another area."""
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text(
                "UPDATE role_assignment SET area = :area WHERE principal = "
                "(SELECT id FROM principal WHERE account = :account)"
            ),
            {"area": area, "account": account},
        )
    return await world.staff(account)


async def test_an_administrator_reads_the_papers(world):
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")
    path = f"/api/v1/accounts/{account}"
    until = (world.clock.now() + timedelta(days=9)).replace(microsecond=0)
    for kind, said in (("vetting", {"by": "县公安局"}), ("training", {"course": "上岗"})):
        body = {"on": True, "until": until.isoformat(), **said}
        assert (await admin.call("PUT", f"{path}/{kind}", body)).status_code == 204
    shown = await admin.get(path)
    assert (shown["vetting"]["by"], shown["training"]["course"]) == ("县公安局", "上岗")
    for kind in ("vetting", "training"):
        assert datetime.fromisoformat(shown[kind]["until"]) == until
        assert datetime.fromisoformat(shown[kind]["recorded_at"]) <= world.clock.now()
    # Who lapsed is still told until when it held; what was withdrawn is gone.
    world.clock.later(days=10)
    admin = await world.staff("wangjun")
    lapsed = await admin.get(path)
    assert lapsed["vetting"]["by"] == "县公安局" and lapsed["staff"]["vetted"] is False
    assert (await admin.call("PUT", f"{path}/vetting", {"on": False})).status_code == 204
    assert (await admin.get(path))["vetting"] is None
    # The room's administrator knows that they hold, not by whom.
    other = await (await world.staff("chenyong")).get(path)
    assert (other["vetting"], other["training"]) == (None, None) and other["staff"]
    listed = (await admin.get("/api/v1/accounts?q=lixiuying"))["items"]
    assert "vetting" not in listed[0]
    assert (await (await world.staff("lixiuying")).call("GET", path)).status_code == 403


async def test_agreements_of_one_person(world):
    admin = await world.staff("wangjun")
    account = await _id(admin, "lixiuying")
    found = await admin.get(f"/api/v1/agreements?principal={account}")
    assert [one["account"] for one in found["items"]] == ["lixiuying"] and found["next"] is None
    lapsed = await admin.get(f"/api/v1/agreements?principal={account}&state=lapsed")
    assert lapsed["items"] == []
    assert (await admin.get("/api/v1/agreements?principal=prn_nobody"))["items"] == []
    long = await admin.call("GET", f"/api/v1/agreements?principal={'x' * 65}")
    assert long.status_code == 422
    clerk = await world.staff("lixiuying")
    refused = await clerk.call("GET", f"/api/v1/agreements?principal={account}")
    assert refused.status_code == 403


async def test_an_auditor_finds_people_of_the_area(world):
    auditor = await world.staff("sunli")
    for asked in ("李秀", "lixiu", "LIXIU"):
        items = (await auditor.get(f"/api/v1/people?q={asked}"))["items"]
        assert [one["name"] for one in items] == ["李秀英"]
    assert set(items[0]) == {"id", "account", "name", "roles"}
    role = items[0]["roles"][0]
    assert (role["role"], role["area_name"]) == ("clerk", "新寨村")
    explained = await auditor.call(
        "POST",
        "/api/v1/decisions/explain",
        {"principal": items[0]["id"], "camera": world.camera("村口主路·东")},
    )
    assert explained.status_code == 200 and explained.json()["allowed"]
    everybody = (await auditor.get("/api/v1/people"))["items"]
    assert "王大娘" not in {one["name"] for one in everybody}, "families have no accounts"
    first = await auditor.get("/api/v1/people?limit=2")
    rest = await auditor.get(f"/api/v1/people?after={first['next']}")
    told = [one["account"] for one in (*first["items"], *rest["items"])]
    assert told == sorted(told) == [one["account"] for one in everybody] and len(told) == 9
    assert (await auditor.get("/api/v1/people?q=%25"))["items"] == []


async def test_nobody_of_another_village_is_found(world):
    auditor = await _scoped(world, "sunli", "510799101202")
    found = (await auditor.get("/api/v1/people"))["items"]
    assert {one["account"] for one in found} == {"zhoumin", "sunli"}
    administrator = await world.staff("wangjun")
    assert len((await administrator.get("/api/v1/people"))["items"]) == 9


async def test_who_has_left_is_found_without_a_role(world):
    admin, auditor = await world.staff("wangjun"), await world.staff("sunli")
    account = await _id(admin, "zhoumin")
    shown = await admin.get(f"/api/v1/accounts/{account}")
    role = shown["roles"][0]["id"]
    ended = await admin.call("DELETE", f"/api/v1/accounts/{account}/roles/{role}")
    assert ended.status_code == 200
    found = (await auditor.get("/api/v1/people?q=zhoumin"))["items"]
    assert [(one["id"], one["roles"]) for one in found] == [(account, [])]


@pytest.mark.parametrize("who", ["lixiuying", "liuqiang", "chenyong", "hezhiyuan"])
async def test_only_who_audits_or_administers_searches_people(world, who):
    visitor = await world.staff(who)
    assert (await visitor.call("GET", "/api/v1/people?q=li")).status_code == 403


async def test_wrong_searches_and_strangers(world):
    auditor = await world.staff("sunli")
    for query in (f"q={'x' * 61}", "limit=0", "limit=201"):
        assert (await auditor.call("GET", f"/api/v1/people?{query}")).status_code == 422
    assert (await auditor.call("GET", "/api/v1/people?q=%00")).status_code in (200, 422)
    assert (await world.visitor().call("GET", "/api/v1/people")).status_code == 401
    assert (await (await world.owner()).call("GET", "/api/v1/people")).status_code == 403
