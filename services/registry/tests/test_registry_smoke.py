"""The first way through: a clerk logs in, lists cameras, gets a grant."""

import jwt
from huiyan_registry.look.tables import RegisterEntry
from sqlalchemy import select


async def test_clerk_gets_a_grant_for_what_is_allowed(world):
    clerk = await world.staff("lixiuying")
    me = await clerk.get("/api/v1/me")
    assert me["room"]["name"] == "双板镇新寨村监控室"
    listed = (await clerk.get("/api/v1/cameras"))["items"]
    assert [row["may"]["live"] for row in listed] == [True, True, True, False]
    assert listed[-1]["may"]["reason"] == "no_consent"
    answer = await clerk.grant(*(row["id"] for row in listed), kind="wall", purpose="patrol")
    assert answer.status_code == 201, answer.text
    grant = answer.json()
    assert len(grant["views"]) == 3 and grant["refused"][0]["reason"] == "no_consent"
    assert grant["relay"]["channel"] == "ws://127.0.0.1:9000/channel"
    claims = jwt.decode(grant["token"], options={"verify_signature": False})
    assert claims["jti"] == grant["id"] and claims["own"] is False
    async with world.registry.database.transaction() as session:
        rows = (await session.scalars(select(RegisterEntry))).all()
    assert {row.camera for row in rows} == {view["camera"] for view in grant["views"]}
    assert {row.who for row in rows} == {"李秀英"}


async def test_owner_comes_by_link_and_sees_home(world):
    owner = await world.owner()
    listed = (await owner.get("/api/v1/cameras"))["items"]
    assert [row["name"] for row in listed] == ["院坝", "大门口"]
    answer = await owner.grant(listed[0]["id"])
    assert answer.status_code == 201, answer.text
    claims = jwt.decode(answer.json()["token"], options={"verify_signature": False})
    assert claims["own"] is True
