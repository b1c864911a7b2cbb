"""One-time links: once, in time, bound to the device, and nothing by GET."""

import asyncio

import pytest
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.link.tables import OneTimeLink
from sqlalchemy import select


def _code(url: str) -> str:
    return url.partition("#")[2]


async def _exchange(world, code: str):
    body = {"code": code, "device_name": "手机"}
    return await world.visitor().call("POST", "/api/v1/link/exchange", body)


async def test_once_only(world):
    code = _code(world.seed.family_link)
    assert len(code) >= 22
    first = await _exchange(world, code)
    assert first.status_code == 200 and first.json()["me"]["household"]["name"] == "妈妈家"
    again = await _exchange(world, code)
    assert again.status_code == 403 and again.json()["code"] == "link_used"
    assert "户主" in again.json()["detail"]
    assert "set-cookie" not in again.headers


async def test_two_at_once_get_one_session(world):
    code = _code(world.seed.family_link)
    answers = await asyncio.gather(*(_exchange(world, code) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403, 403]


@pytest.mark.parametrize(("later", "status"), [({"days": 6.9}, 200), ({"days": 7.1}, 403)])
async def test_expiry(world, later, status):
    world.clock.later(**later)
    answer = await _exchange(world, _code(world.seed.family_link))
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "link_expired"


async def test_unknown_code(world):
    answer = await _exchange(world, "A" * 22)
    assert answer.status_code == 403 and answer.json()["code"] == "link_unknown"


async def test_get_changes_nothing(world):
    for path in ("/f", f"/f?{_code(world.seed.family_link)}", "/api/v1/link/exchange"):
        await world.visitor().call("GET", path)
    assert (await _exchange(world, _code(world.seed.family_link))).status_code == 200


async def test_only_the_hash_is_kept(world):
    code = _code(world.seed.family_link)
    async with world.registry.database.transaction(EVERYTHING) as session:
        rows = (await session.scalars(select(OneTimeLink))).all()
    assert rows and all(code not in str(vars(row)) for row in rows)


async def test_owner_invites_a_relative(world):
    owner = await world.owner()
    body = {"household": world.seed.household, "name": "小强", "relation": "儿子"}
    made = await owner.call("POST", "/api/v1/links", body)
    assert made.status_code == 201, made.text
    assert made.json()["url"].startswith("http://test/f#")
    relative = await world.by_link(made.json()["url"])
    me = await relative.get("/api/v1/me")
    assert (me["name"], me["roles"], me["device_bound"]) == ("小强", ["relative"], True)
    refused = await relative.call("POST", "/api/v1/links", body)
    assert refused.status_code == 403


async def test_an_operator_cannot_slip_into_a_home(world):
    operator = await world.machine("operator")
    body = {"household": world.seed.household, "name": "某人", "relation": "户主"}
    assert (await operator.call("POST", "/api/v1/links", body)).status_code == 403


async def test_device_key_must_be_a_public_p256(world):
    for key in ({"kty": "RSA"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {}):
        body = {"code": _code(world.seed.family_link), "device_name": "x", "device_key": key}
        answer = await world.visitor().call("POST", "/api/v1/link/exchange", body)
        assert answer.status_code == 422
    # A refused key spends nothing.
    assert (await _exchange(world, _code(world.seed.family_link))).status_code == 200


async def test_who_took_back_that_family_may_look_invites_nobody_new(world):
    owner = await world.owner()
    home = world.seed.household
    words = await owner.get("/api/v1/consent-texts?language=zh-CN")
    told = {one["scope"]: one["in_effect"] for one in words["scopes"]}
    assert told["relatives"] and told["live_village"] and not told["record"] and not told["tv"]
    invite = {"household": home, "name": "小芳", "relation": "儿媳"}
    assert (await owner.call("POST", "/api/v1/links", invite)).status_code == 201
    tick = {"scope": "relatives", "text_version": words["version"], "language": "zh-CN"}
    given = await owner.call("PUT", f"/api/v1/households/{home}/consents", tick)
    assert given.status_code == 200, given.text
    assert (await owner.call("POST", "/api/v1/links", invite)).status_code == 201
    gone = await owner.call("DELETE", f"/api/v1/households/{home}/consents/{given.json()['id']}")
    assert gone.status_code == 204
    refused = await owner.call("POST", "/api/v1/links", invite)
    assert (refused.status_code, refused.json()["code"]) == (403, "no_consent")
    assert (await owner.call("PUT", f"/api/v1/households/{home}/consents", tick)).status_code == 200
    assert (await owner.call("POST", "/api/v1/links", invite)).status_code == 201
