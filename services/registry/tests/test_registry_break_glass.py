"""Break-glass by two people, and the explanations of decisions."""

import asyncio
import json
from contextlib import aclosing
from datetime import datetime, timedelta

import pytest
from huiyan.registry.v1.access_pb2 import Revocation
from huiyan.relay.v1.view_pb2 import ViewStarted
from huiyan_kit import subjects
from huiyan_kit.bus.api import Message
from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.break_glass.rules import approving_role
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.events.service import EventService
from huiyan_registry.look.tables import RegisterEntry
from huiyan_registry.session.caller import Caller
from sqlalchemy import select

COUNTY, TOWN, VILLAGE = "510799000000", "510799101000", "510799101201"
REASON = "院里有人喊救命"


def _ask(*cameras: str, **more):
    return {
        "cameras": list(cameras),
        "purpose": "search",
        "text": REASON,
        "minutes": 30,
        **more,
    }


async def _opened(world, clerk, *cameras: str, **more) -> dict:
    asked = await clerk.call("POST", "/api/v1/break-glass", _ask(*cameras, **more))
    assert asked.status_code == 201, asked.text
    admin = await world.staff("wangjun")
    path = f"/api/v1/break-glass/{asked.json()['id']}/approve"
    approved = await admin.call("POST", path)
    assert approved.status_code == 200, approved.text
    return approved.json()


async def _revoked(world) -> set[str]:
    found = set()
    async for event in world.bus.key_value("revocations").watch():
        if event.kind == "synced":
            return found
        if event.kind == "put":
            found.add(Revocation.FromString(event.value).id)
    return found


async def test_two_people_open_it_and_both_are_named(world):
    clerk = await world.staff("zhaojianguo")
    home = world.camera("院坝", "1")
    assert (await clerk.grant(home, purpose="search")).json()["code"] == "no_consent"
    asked = (await clerk.call("POST", "/api/v1/break-glass", _ask(home))).json()
    assert (asked["state"], asked["approver"]) == ("pending", None)
    # Asking alone opens nothing, and nobody approves himself.
    assert (await clerk.grant(home, purpose="search")).json()["code"] == "no_consent"
    path = f"/api/v1/break-glass/{asked['id']}"
    own = await clerk.call("POST", f"{path}/approve")
    assert (own.status_code, own.json()["code"]) == (403, "two_people")
    admin = await world.staff("wangjun")
    approved = (await admin.call("POST", f"{path}/approve")).json()
    assert (approved["state"], approved["approver"]["name"]) == ("open", "王军")
    again = await admin.call("POST", f"{path}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "break_glass_state")
    # Only for its purpose; the register names both.
    assert (await clerk.grant(home, purpose="patrol")).json()["code"] == "no_purpose"
    given = await clerk.grant(home, purpose="search")
    assert given.status_code == 201, given.text
    async with world.registry.database.transaction(EVERYTHING) as session:
        row = (await session.scalars(select(RegisterEntry))).one()
    assert (row.who, row.approver, row.break_glass) == ("赵建国", "王军", asked["id"])
    owner = await world.owner()
    day = await owner.get("/api/v1/looks")
    assert day["looks"][0]["approver"] == "王军"
    (notice,) = day["notices"]
    assert (notice["kind"], notice["who"], notice["approver"]) == ("break_glass", "赵建国", "王军")
    assert notice["purpose"] == f"找人找物：{REASON}"
    listed = (await clerk.get("/api/v1/break-glass?state=open"))["items"]
    assert [one["id"] for one in listed] == [asked["id"]]


async def test_it_ends_by_itself_within_the_hour(world):
    clerk = await world.staff("zhaojianguo")
    home = world.camera("院坝", "1")
    look = await _opened(world, clerk, home, minutes=2)
    given = (await clerk.grant(home, purpose="search")).json()
    ends = [datetime.fromisoformat(one["expires_at"]) for one in (given, look)]
    assert ends[0] <= ends[1]
    world.clock.later(seconds=121)
    renewed = await clerk.call("POST", f"/api/v1/grants/{given['id']}/renew")
    assert (renewed.status_code, renewed.json()["code"]) == (403, "no_consent")
    assert (await clerk.get("/api/v1/break-glass?state=over"))["items"][0]["id"] == look["id"]


async def test_it_ends_by_hand_and_pictures_end(world):
    clerk = await world.staff("zhaojianguo")
    home = world.camera("院坝", "1")
    look = await _opened(world, clerk, home)
    given = (await clerk.grant(home, purpose="search")).json()
    village = await world.staff("lixiuying")
    path = f"/api/v1/break-glass/{look['id']}/end"
    assert (await village.call("POST", path)).status_code == 404
    auditor = await world.staff("sunli")
    assert (await auditor.call("POST", path)).status_code == 403
    assert (await clerk.call("POST", path)).json()["state"] == "over"
    assert home in await _revoked(world)
    renewed = await clerk.call("POST", f"/api/v1/grants/{given['id']}/renew")
    assert (renewed.status_code, renewed.json()["code"]) == (403, "no_consent")
    assert (await clerk.call("POST", path)).status_code == 409


async def test_it_never_overrides_off(world):
    clerk, owner = await world.staff("zhaojianguo"), await world.owner()
    home = world.camera("院坝", "1")
    await _opened(world, clerk, home)
    await owner.call("POST", f"/api/v1/cameras/{home}/off", {})
    refused = await clerk.grant(home, purpose="search")
    assert (refused.status_code, refused.json()["code"]) == (403, "private")


async def test_who_may_ask_and_approve(world):
    home, foreign = world.camera("院坝", "1"), world.camera("院坝", "3")
    clerk = await world.staff("lixiuying")
    for account in ("wangjun", "sunli", "chenyong", "tangmei", "hezhiyuan"):
        other = await world.staff(account)
        assert (await other.call("POST", "/api/v1/break-glass", _ask(home))).status_code == 403
    assert (await clerk.call("POST", "/api/v1/break-glass", _ask(home, foreign))).status_code == 404
    for bad in (
        _ask(),
        _ask(home, minutes=61),
        _ask(home, minutes=0),
        _ask(home, text=""),
        _ask(home, purpose="other", text="公共安全"),
        _ask(*[f"cam_{number}" for number in range(17)]),
    ):
        answer = await clerk.call("POST", "/api/v1/break-glass", bad)
        assert answer.status_code == 422, bad
    asked = (await clerk.call("POST", "/api/v1/break-glass", _ask(home))).json()
    path = f"/api/v1/break-glass/{asked['id']}/approve"
    for account, status in (("zhaojianguo", 404), ("sunli", 403), ("zhoumin", 404)):
        assert (await (await world.staff(account)).call("POST", path)).status_code == status
    # The police of the whole town is wider than a clerk of a village.
    police = await world.staff("liuqiang")
    assert (await police.call("POST", path)).json()["approver"]["role"] == "police"
    assert (await police.call("POST", "/api/v1/break-glass/bgl_x/approve")).status_code == 404


@pytest.mark.parametrize(
    ("name", "area", "papers", "allowed"),
    [
        ("administrator", TOWN, False, True),
        ("police", COUNTY, True, True),
        ("police", TOWN, True, False),
        ("police", VILLAGE, True, False),
        ("police", COUNTY, False, False),
        ("clerk", COUNTY, True, False),
        ("administrator", "510799102000", True, False),
    ],
)
def test_the_second_person_stands_higher(world_clock, name, area, papers, allowed):
    now = world_clock.now()
    until = now + timedelta(days=1) if papers else None
    viewer = Viewer(TOWN, "prn_y", (Role(RoleName(name), area=area),), until)
    found = approving_role(viewer, [VILLAGE + "001"], TOWN, now)
    assert (found is not None) is allowed


async def test_a_request_that_waits_too_long_is_over(world):
    clerk, admin = await world.staff("lixiuying"), await world.staff("wangjun")
    asked = await clerk.call("POST", "/api/v1/break-glass", _ask(world.camera("院坝", "2")))
    world.clock.later(minutes=61)
    answer = await admin.call("POST", f"/api/v1/break-glass/{asked.json()['id']}/approve")
    assert answer.status_code == 409


async def test_a_household_hears_at_once(world):
    clerk, owner = await world.staff("zhaojianguo"), await world.owner()
    home = world.camera("院坝", "1")
    principal = (await owner.get("/api/v1/me"))["principal"]
    role = Role(RoleName.HOUSEHOLD_OWNER, household=world.seed.household)
    stranger = Role(RoleName.HOUSEHOLD_OWNER, household="hh_other")

    async def heard(role: Role) -> list[tuple[str, dict]]:
        caller = Caller(Viewer(TOWN, principal, (role,)), "x", "ses_x", "")

        async def again() -> Caller:
            return caller

        events = EventService(world.registry.hub, world.registry.cameras, heartbeat_s=0.5)
        got: list[tuple[str, dict]] = []
        async with asyncio.timeout(10), aclosing(events.stream(again)) as stream:
            async for chunk in stream:
                if chunk.startswith(b": beat"):
                    return got
                if chunk.startswith(b":"):
                    listening.release()
                    continue
                name, content = chunk.decode().strip().split("\n", 1)
                got.append((name.removeprefix("event: "), json.loads(content[6:])))
        return got

    listening = asyncio.Semaphore(0)
    await _opened(world, clerk, home)
    grant = (await clerk.grant(home, purpose="search")).json()
    begun = ViewStarted(
        event="evt_1",
        town=TOWN,
        grant=grant["id"],
        principal="prn_x",
        camera=home,
        stream="main",
        first_frame_at_ns=world.clock.utc_ns(),
        relay="relay-1",
    )
    message = Message(subjects.view_started(TOWN), begun.SerializeToString())
    await world.registry.looks.on_started(message)
    both = [asyncio.create_task(heard(role)), asyncio.create_task(heard(stranger))]
    await listening.acquire()
    await listening.acquire()
    await world.registry.notices.read()
    await world.registry.notices.read()
    own, others = await asyncio.gather(*both)
    assert [name for name, _ in own] == ["look", "notice"] and others == []
    assert (own[0][1]["who"], own[0][1]["approver"]) == ("赵建国", "王军")
    assert (own[1][1]["kind"], own[1][1]["cameras"][0]["id"]) == ("break_glass", home)
    summary = (await owner.get("/api/v1/looks/summary?days=3"))["days"]
    assert [(day["outside_viewers"], day["looks"]) for day in summary] == [(0, 0), (0, 0), (1, 1)]
    assert (await clerk.call("GET", "/api/v1/looks/summary")).status_code == 403
    assert (await owner.call("GET", "/api/v1/looks/summary?days=0")).status_code == 422


async def test_why_for_oneself(world):
    clerk, owner = await world.staff("zhaojianguo"), await world.owner()
    home, road = world.camera("院坝", "1"), world.camera("村口主路·东")
    why = await clerk.get(f"/api/v1/cameras/{home}/why")
    assert (why["allowed"], why["reason"]) == (False, "no_consent")
    assert [step["step"] for step in why["steps"]][-1] == "consent"
    assert (await clerk.get(f"/api/v1/cameras/{road}/why"))["allowed"] is True
    mine = await owner.get(f"/api/v1/cameras/{home}/why")
    assert mine["allowed"] and len(mine["steps"]) == 11 and mine["steps"][-1]["passed"]
    assert (await owner.call("GET", f"/api/v1/cameras/{road}/why")).status_code == 404
    village = await world.staff("zhoumin")
    assert (await village.call("GET", f"/api/v1/cameras/{home}/why")).status_code == 404


async def test_explain_for_another_and_another_time(world):
    clerk, owner = await world.staff("lixiuying"), await world.owner()
    home = world.camera("院坝", "1")
    who = (await clerk.get("/api/v1/me"))["principal"]
    path = "/api/v1/decisions/explain"
    for account in ("wangjun", "sunli"):
        asker = await world.staff(account)
        why = (await asker.call("POST", path, {"principal": who, "camera": home})).json()
        assert why["allowed"] is True and why["note"] is None
    consents = f"/api/v1/households/{world.seed.household}/consents"
    (given,) = (await owner.get(consents))["items"]
    before = world.clock.now()
    world.clock.later(minutes=5)
    assert (await owner.call("DELETE", f"{consents}/{given['id']}")).status_code == 204
    body = {"principal": who, "camera": home, "purpose": "patrol"}
    now = (await asker.call("POST", path, body)).json()
    assert (now["allowed"], now["reason"]) == (False, "no_consent")
    then = (await asker.call("POST", path, {**body, "at": before.isoformat()})).json()
    assert then["allowed"] is True and "那时" in then["note"]
    long_ago = {**body, "at": (before - timedelta(days=30)).isoformat()}
    nobody = (await asker.call("POST", path, long_ago)).json()
    assert (nobody["allowed"], nobody["steps"][-1]["step"]) == (False, "role")
    ahead = {**body, "at": (before + timedelta(days=3000)).isoformat()}
    assert (await asker.call("POST", path, ahead)).json()["allowed"] is False
    for bad in ({**body, "at": "2026-01-01T00:00:00"}, {**body, "at": "1950-01-01T00:00:00Z"}, {}):
        assert (await asker.call("POST", path, bad)).status_code == 422
    for unknown in ({**body, "principal": "prn_x"}, {**body, "camera": "cam_x"}):
        assert (await asker.call("POST", path, unknown)).status_code == 404
    for account in ("lixiuying", "chenyong", "liuqiang"):
        assert (await (await world.staff(account)).call("POST", path, body)).status_code == 403
