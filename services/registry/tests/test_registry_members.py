"""Members, their rights, their removal, and invitations."""

import pytest
from huiyan.registry.v1.access_pb2 import Revocation
from huiyan_registry.account.tables import RoleAssignment
from huiyan_registry.database.row_scope import EVERYTHING


async def _revoked(world) -> set[tuple[str, str]]:
    found = set()
    async for event in world.bus.key_value("revocations").watch():
        if event.kind == "synced":
            return found
        if event.kind == "put":
            entry = Revocation.FromString(event.value)
            found.add((entry.kind, entry.id))
    return found


def _members(world) -> str:
    return f"/api/v1/households/{world.seed.household}/members"


async def _invite(world, owner, name="小强", **more):
    body = {"household": world.seed.household, "name": name, "relation": "儿子", **more}
    made = await owner.call("POST", "/api/v1/links", body)
    assert made.status_code == 201, made.text
    return made.json()


async def test_members_are_listed_for_members(world):
    owner = await world.owner()
    relative = await world.by_link((await _invite(world, owner))["url"])
    for who in (owner, relative):
        items = (await who.get(_members(world)))["items"]
        assert [(one["name"], one["role"]) for one in items] == [
            ("王大娘", "household_owner"),
            ("小芳", "relative"),
            ("小强", "relative"),
        ]
    assert items[0]["rights"] == ["live", "playback", "alarms", "talk", "ptz"]
    assert (items[2]["rights"], items[2]["relation"]) == (["live", "alarms"], "儿子")
    assert (items[0]["devices"], items[1]["devices"], items[2]["devices"]) == (1, 0, 1)
    assert items[2]["last_seen_at"] and items[1]["last_seen_at"] is None
    for stranger in (await world.staff("lixiuying"), await world.staff("wangjun")):
        assert (await stranger.call("GET", _members(world))).status_code == 404


async def test_rights_are_taken_and_pictures_end(world):
    owner = await world.owner()
    relative = await world.by_link((await _invite(world, owner))["url"])
    home = world.camera("院坝", "1")
    grant = (await relative.grant(home)).json()
    me = (await relative.get("/api/v1/me"))["principal"]
    body = {"rights": ["alarms", "talk"]}
    assert (await relative.call("PATCH", f"{_members(world)}/{me}", body)).status_code == 403
    changed = await owner.call("PATCH", f"{_members(world)}/{me}", body)
    assert (changed.status_code, changed.json()["rights"]) == (200, ["alarms", "talk"])
    assert await _revoked(world) == {("grant", grant["id"])}
    refused = await relative.call("POST", f"/api/v1/grants/{grant['id']}/renew")
    assert (refused.status_code, refused.json()["code"]) == (403, "no_right")
    listed = await relative.get(f"/api/v1/cameras/{home}")
    assert (listed["may"]["live"], listed["may"]["reason"]) == (False, "no_right")
    again = await owner.call("PATCH", f"{_members(world)}/{me}", {"rights": ["live"]})
    assert again.status_code == 200 and (await relative.grant(home)).status_code == 201
    for bad in ({"rights": ["all"]}, {}, {"rights": ["live"] * 6}):
        answer = await owner.call("PATCH", f"{_members(world)}/{me}", bad)
        assert answer.status_code == 422


async def test_a_removed_relative_is_out_and_the_last_owner_stays(world):
    owner = await world.owner()
    relative = await world.by_link((await _invite(world, owner))["url"])
    person = (await relative.get("/api/v1/me"))["principal"]
    removed = await owner.call("DELETE", f"{_members(world)}/{person}")
    assert removed.status_code == 204, removed.text
    # Nothing else ties the person to us: every login is over.
    assert await _revoked(world) == {("principal", person)}
    assert (await relative.call("GET", "/api/v1/me")).status_code == 401
    names = [one["name"] for one in (await owner.get(_members(world)))["items"]]
    assert names == ["王大娘", "小芳"]
    assert (await owner.call("DELETE", f"{_members(world)}/{person}")).status_code == 404
    me = (await owner.get("/api/v1/me"))["principal"]
    last = await owner.call("DELETE", f"{_members(world)}/{me}")
    assert (last.status_code, last.json()["code"]) == (409, "last_owner")


async def test_who_belongs_elsewhere_too_goes_on_there(world):
    owner = await world.owner()
    relative = await world.by_link((await _invite(world, owner))["url"])
    person = (await relative.get("/api/v1/me"))["principal"]
    other = next(
        one["household"]
        for one in (await (await world.machine("operator")).get("/api/v1/cameras"))["items"]
        if one["id"] == world.camera("院坝", "2")
    )
    async with world.registry.database.transaction(EVERYTHING) as session:
        session.add(
            RoleAssignment(
                town=world.seed.town,
                id="rol_second",
                principal=person,
                role="relative",
                household=other,
                rights=["live"],
                created_at=world.clock.now(),
            )
        )
    here, there = world.camera("院坝", "1"), world.camera("院坝", "2")
    first, second = (await relative.grant(here)).json(), (await relative.grant(there)).json()
    assert (await owner.call("DELETE", f"{_members(world)}/{person}")).status_code == 204
    assert await _revoked(world) == {("grant", first["id"])}
    assert (await relative.call("GET", "/api/v1/me")).status_code == 200
    renewed = await relative.call("POST", f"/api/v1/grants/{second['id']}/renew")
    assert renewed.status_code == 200
    gone = await relative.call("POST", f"/api/v1/grants/{first['id']}/renew")
    assert (gone.status_code, gone.json()["code"]) == (403, "no_right")


@pytest.mark.parametrize("used", [False, True])
async def test_invitations_are_listed_and_taken_back(world, used):
    owner = await world.owner()
    path = f"/api/v1/links?household={world.seed.household}"
    made = await _invite(world, owner, rights=["ptz", "live"])
    pending = (await owner.get(path))["items"]
    (mine,) = (one for one in pending if one["id"] == made["id"])
    assert (mine["name"], mine["rights"]) == ("小强", ["live", "ptz"])
    assert made["url"].partition("#")[2] not in str(pending)
    relative = await world.by_link(world.seed.relative_link)
    assert (await relative.call("GET", path)).status_code == 403
    assert (await (await world.staff("lixiuying")).call("GET", path)).status_code == 403
    if used:
        await world.by_link(made["url"])
        assert (await owner.call("DELETE", f"/api/v1/links/{made['id']}")).status_code == 404
        return
    assert (await relative.call("DELETE", f"/api/v1/links/{made['id']}")).status_code == 403
    assert (await owner.call("DELETE", f"/api/v1/links/{made['id']}")).status_code == 204
    body = {"code": made["url"].partition("#")[2], "device_name": "x"}
    answer = await world.visitor().call("POST", "/api/v1/link/exchange", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_withdrawn")
    assert made["id"] not in {one["id"] for one in (await owner.get(path))["items"]}
