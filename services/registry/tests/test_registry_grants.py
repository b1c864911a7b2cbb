"""Grants: who gets which cameras, what is written before the token, renewals and revocations."""

import base64
import hashlib
import hmac
import json
import stat
from datetime import timedelta

import jwt
import pytest
from huiyan.registry.v1.access_pb2 import Revocation, SigningKey
from huiyan_kit.grants import GrantVerifier
from huiyan_kit.revocations import RevocationList, Revoked
from huiyan_registry.account.tables import Principal
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.demo.seed import demo_id
from huiyan_registry.grant.keys import SigningKeys
from huiyan_registry.grant.turn import TurnCredentials
from huiyan_registry.look.tables import RegisterEntry
from sqlalchemy import select, text, update

ROAD = "村口主路·东"


async def _register(world):
    async with world.registry.database.transaction(EVERYTHING) as session:
        rows = await session.scalars(select(RegisterEntry).order_by(RegisterEntry.at))
        return [(row.who, row.role, row.camera, row.purpose_code) for row in rows]


async def _verified(world, token):
    keys = SigningKeys(world.settings.secrets_dir, [world.seed.town], world.clock)
    await keys.publish(world.bus)
    kid = keys.of(world.seed.town).kid
    entry = await world.bus.key_value("signing_keys").get(f"{world.seed.town}.{kid}")
    jwk = json.loads(SigningKey.FromString(entry.value).jwk)
    key = jwt.algorithms.ECAlgorithm.from_jwk(jwk)
    return GrantVerifier(lambda town, named: key if named == kid else None, world.clock).verify(
        token
    )


async def _revocations(world):
    told = RevocationList()
    async for event in world.bus.key_value("revocations").watch():
        if event.kind == "synced":
            return told
        if event.kind == "put":
            entry = Revocation.FromString(event.value)
            town, kind, subject = event.key.split(".")
            assert (entry.kind, entry.id) == (kind, subject)
            at_s = entry.revoked_at_ns / 1e9
            told.add(town, kind, subject, Revoked(at_s, entry.reason, entry.spare_own))
    return told


async def test_a_wall_gets_what_is_allowed_and_a_row_for_each(world):
    clerk = await world.staff("lixiuying")
    listed = (await clerk.get("/api/v1/cameras"))["items"]
    assert [row["may"]["reason"] for row in listed] == [None, None, None, "no_consent"]
    answer = await clerk.grant(*(row["id"] for row in listed), kind="wall", purpose="patrol")
    assert answer.status_code == 201, answer.text
    grant = answer.json()
    assert [one["reason"] for one in grant["refused"]] == ["no_consent"]
    assert grant["relay"] == {
        "whep": "http://127.0.0.1:9000/whep",
        "channel": "ws://127.0.0.1:9000/channel",
        "media": "ws://127.0.0.1:9000/media",
        "snapshot": "http://127.0.0.1:9000/snapshot",
    }
    claims = await _verified(world, grant["token"])
    assert (claims.jti, claims.iss, claims.own) == (grant["id"], world.seed.town, False)
    assert claims.exp - claims.iat == 300 and 0 < grant["renew_after_s"] < 300
    assert [view.camera for view in claims.views] == [row["id"] for row in listed[:3]]
    assert claims.views[0].actions == ("live", "snapshot")
    rows = await _register(world)
    assert sorted(row[2] for row in rows) == sorted(row["id"] for row in listed[:3])
    assert {row[:2] + row[3:] for row in rows} == {("李秀英", "clerk", "patrol")}


async def test_families_need_no_purpose_and_are_own(world):
    owner = await world.owner()
    answer = await owner.grant(world.camera("院坝", "1"), world.camera("大门口", "1"))
    assert answer.status_code == 201, answer.text
    assert (await _verified(world, answer.json()["token"])).own is True
    assert [row[1] for row in await _register(world)] == ["household_owner"] * 2


async def test_staff_purposes(world):
    clerk = await world.staff("lixiuying")
    road = world.camera(ROAD)
    assert (await clerk.grant(road)).json()["code"] == "purpose"
    for purpose in ({"code": "other"}, {"code": "patrol", "text": "安全"}, {"code": "safety"}):
        body = {"kind": "view", "views": [{"camera": road}], "purpose": purpose}
        assert (await clerk.call("POST", "/api/v1/grants", body)).status_code == 422
    assert await _register(world) == []


async def test_nothing_allowed_is_refused_with_the_reason(world):
    clerk = await world.staff("lixiuying")
    answer = await clerk.grant(world.camera("院坝", "2"), purpose="patrol")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_consent")
    lapsed = await world.staff("zhoumin")
    answer = await lapsed.grant(world.camera("三岔路口"), purpose="patrol")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_agreement")
    assert "续签" in answer.json()["detail"]


async def test_unknown_and_foreign_cameras_look_alike(world):
    clerk = await world.staff("lixiuying")
    foreign = (await clerk.grant(world.camera("三岔路口"), purpose="patrol")).json()
    unknown = (await clerk.grant("cam_aaaaaaaaaaaaaaaa", purpose="patrol")).json()
    assert {**foreign, "trace": ""} == {**unknown, "trace": ""}
    assert foreign["code"] == "no_right"


async def test_more_than_64_views_are_refused(world):
    clerk = await world.staff("lixiuying")
    body = {"kind": "wall", "purpose": {"code": "patrol"}}
    many = [{"camera": f"cam_{number}"} for number in range(65)]
    answer = await clerk.call("POST", "/api/v1/grants", {**body, "views": many})
    assert answer.status_code == 422
    grant = (await clerk.grant(world.camera(ROAD), kind="wall", purpose="patrol")).json()
    answer = await clerk.call("POST", f"/api/v1/grants/{grant['id']}/views", {"views": many[:64]})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many")


async def test_added_views_add_rows_and_renewals_none(world):
    clerk = await world.staff("lixiuying")
    grant = (await clerk.grant(world.camera(ROAD), kind="wall", purpose="flood")).json()
    path = f"/api/v1/grants/{grant['id']}"
    more = {"views": [{"camera": world.camera("院坝", "1"), "streams": ["sub"]}]}
    wider = await clerk.call("POST", f"{path}/views", more)
    assert wider.status_code == 200, wider.text
    assert [view["streams"] for view in wider.json()["views"]] == [["main", "sub"], ["sub"]]
    again = await clerk.call("POST", f"{path}/views", more)
    assert len(again.json()["views"]) == 2
    world.clock.later(seconds=180)
    renewed = (await clerk.call("POST", f"{path}/renew")).json()
    assert renewed["id"] == grant["id"] and renewed["token"] != grant["token"]
    assert (await _verified(world, renewed["token"])).jti == grant["id"]
    assert len(await _register(world)) == 2


async def test_renewal_decides_anew(world):
    clerk, owner = await world.staff("lixiuying"), await world.owner()
    home, road = world.camera("院坝", "1"), world.camera(ROAD)
    grant = (await clerk.grant(road, home, kind="wall", purpose="patrol")).json()
    only = (await clerk.grant(home, purpose="patrol")).json()
    await owner.call("POST", f"/api/v1/cameras/{home}/off", {})
    renewed = (await clerk.call("POST", f"/api/v1/grants/{grant['id']}/renew")).json()
    assert [view["camera"] for view in renewed["views"]] == [road]
    assert renewed["refused"][0]["reason"] == "private"
    refused = await clerk.call("POST", f"/api/v1/grants/{only['id']}/renew")
    assert (refused.status_code, refused.json()["code"]) == (403, "private")
    over = await clerk.call("POST", f"/api/v1/grants/{only['id']}/renew")
    assert (over.status_code, over.json()["code"]) == (409, "grant_over")


async def test_a_grant_never_outlives_the_agreement(world):
    clerk = await world.staff("lixiuying")
    until = world.clock.now() + timedelta(seconds=100)
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            update(Principal)
            .where(Principal.account == "lixiuying")
            .values(agreement_valid_until=until)
        )
    grant = (await clerk.grant(world.camera(ROAD), purpose="patrol")).json()
    claims = await _verified(world, grant["token"])
    assert until.timestamp() - 1 <= claims.exp <= until.timestamp()
    world.clock.later(seconds=101)
    refused = await clerk.call("POST", f"/api/v1/grants/{grant['id']}/renew")
    assert refused.json()["code"] == "no_agreement"


async def test_somebody_elses_grant_is_not_there(world):
    clerk, other = await world.staff("lixiuying"), await world.staff("lixiuying")
    grant = (await clerk.grant(world.camera(ROAD), purpose="patrol")).json()
    path = f"/api/v1/grants/{grant['id']}"
    for method, rest, body in (
        ("POST", "/renew", None),
        ("DELETE", "", None),
        ("POST", "/views", {"views": [{"camera": world.camera(ROAD)}]}),
    ):
        assert (await other.call(method, path + rest, body)).status_code == 404


async def test_without_the_database_there_is_no_token(world):
    clerk = await world.staff("lixiuying")
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(text("SELECT 1"))
    await world.postgres.drop(world.database_name)
    answer = await clerk.grant(world.camera(ROAD), purpose="patrol")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_away")
    assert "token" not in answer.text


async def test_a_row_that_cannot_be_written_stops_the_grant(world):
    clerk = await world.staff("lixiuying")
    as_owner = Database(world.postgres.owner_url(world.database_name))
    async with as_owner.transaction(EVERYTHING) as session:
        await session.execute(text("REVOKE INSERT ON access_register FROM huiyan_app"))
    await as_owner.close()
    with pytest.raises(Exception, match="access_register"):
        await clerk.grant(world.camera(ROAD), purpose="patrol")
    async with world.registry.database.transaction(EVERYTHING) as session:
        count = await session.scalar(text("SELECT count(*) FROM view_grant"))
    assert count == 0


async def test_off_revokes_for_everyone_and_on_lets_in_again(world):
    clerk, owner = await world.staff("lixiuying"), await world.owner()
    home = world.camera("院坝", "1")
    seen = await _verified(world, (await clerk.grant(home, purpose="patrol")).json()["token"])
    own = await _verified(world, (await owner.grant(home)).json()["token"])
    assert (await clerk.call("POST", f"/api/v1/cameras/{home}/off", {})).status_code == 403
    off = await owner.call("POST", f"/api/v1/cameras/{home}/off", {})
    assert off.json()["presence"]["state"] == "off"
    told = await _revocations(world)
    assert told.why_camera_void(seen, home) == told.why_camera_void(own, home) == "off"
    on = await owner.call("POST", f"/api/v1/cameras/{home}/on")
    assert on.json()["may"]["live"] is True
    # A grant of the very same second is still good: it waits that second out.
    fresh = await _verified(world, (await owner.grant(home)).json()["token"])
    assert told.why_camera_void(fresh, home) is None


async def test_off_until_ends_by_itself(world):
    owner = await world.owner()
    home = world.camera("院坝", "1")
    until = (world.clock.now() + timedelta(hours=1)).isoformat()
    path = f"/api/v1/cameras/{home}/off"
    past = (world.clock.now() - timedelta(hours=1)).isoformat()
    assert (await owner.call("POST", path, {"until": past})).status_code == 422
    for end in ("9999-12-31T23:59:59-14:00", "2200-01-01T00:00:00Z"):
        assert (await owner.call("POST", path, {"until": end})).status_code == 422
    assert (await owner.call("POST", path, {"until": until})).json()["may"]["reason"] == "private"
    world.clock.later(hours=1, seconds=1)
    assert await world.registry.cameras.switch_on_due(world.seed.town) == 1
    assert (await owner.get(f"/api/v1/cameras/{home}"))["may"]["live"] is True


async def test_withdrawn_consent_spares_the_household(world):
    clerk, owner = await world.staff("lixiuying"), await world.owner()
    home = world.camera("院坝", "1")
    seen = await _verified(world, (await clerk.grant(home, purpose="patrol")).json()["token"])
    own = await _verified(world, (await owner.grant(home)).json()["token"])
    path = f"/api/v1/households/{world.seed.household}/consents"
    (given,) = (await owner.get(path))["items"]
    assert (await owner.call("DELETE", f"{path}/{given['id']}")).status_code == 204
    told = await _revocations(world)
    assert told.why_camera_void(seen, home) == "withdrawn"
    assert told.why_camera_void(own, home) is None
    answer = await clerk.grant(home, purpose="patrol")
    assert answer.json()["code"] == "no_consent"
    version = (await owner.get("/api/v1/consent-texts"))["version"]
    body = {"scope": "live_village", "text_version": version, "language": "zh-CN"}
    assert (await owner.call("PUT", path, body)).status_code == 200
    assert (await clerk.grant(home, purpose="patrol")).status_code == 201


async def test_a_camera_that_moves_to_another_village_is_asked_anew(world):
    clerk, admin = await world.staff("lixiuying"), await world.staff("chenyong")
    road = world.camera(ROAD)
    grant = (await clerk.grant(road, purpose="patrol")).json()
    claims = await _verified(world, grant["token"])
    moved = await admin.call("PATCH", f"/api/v1/cameras/{road}", {"area": "510799101202001"})
    assert (moved.status_code, moved.json()["area_name"]) == (200, "石桥村")
    assert (await _revocations(world)).why_camera_void(claims, road) == "administrator"
    refused = await clerk.call("POST", f"/api/v1/grants/{grant['id']}/renew")
    assert refused.json()["code"] == "no_right"


async def test_ended_grant_is_revoked(world):
    clerk = await world.staff("lixiuying")
    grant = (await clerk.grant(world.camera(ROAD), purpose="patrol")).json()
    claims = await _verified(world, grant["token"])
    assert (await clerk.call("DELETE", f"/api/v1/grants/{grant['id']}")).status_code == 204
    assert (await _revocations(world)).why_void(claims) == "logout"


async def test_probe_sees_demo_cameras_and_real_ones_under_maintenance_only(world):
    probe, owner = await world.machine("probe"), await world.owner()
    demo, real = world.camera("院坝", "2"), world.camera("院坝", "1")
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(text(f"UPDATE camera SET simulated = false WHERE id = '{real}'"))
    assert (await probe.grant(demo, kind="probe")).status_code == 201
    assert (await probe.grant(demo)).status_code == 403
    refused = await probe.grant(real, kind="probe")
    assert (refused.status_code, refused.json()["code"]) == (403, "no_consent")
    until = world.clock.now() + timedelta(seconds=90)
    path = f"/api/v1/cameras/{real}/maintenance"
    opened = await owner.call("POST", path, {"until": until.isoformat()})
    assert opened.status_code == 200, opened.text
    allowed = await probe.grant(real, kind="probe")
    assert allowed.status_code == 201, allowed.text
    assert (await _verified(world, allowed.json()["token"])).exp <= until.timestamp()
    looks = (await owner.get("/api/v1/looks"))["looks"]
    assert [(look["who"], look["role"], look["purpose"]) for look in looks] == [
        ("画面探测", "probe", "维护检修：画面探测")
    ]
    clerk = await world.staff("lixiuying")
    assert (await clerk.grant(demo, kind="probe", purpose="patrol")).status_code == 403


async def test_without_a_relay_nothing_is_registered(world):
    clerk = await world.staff("lixiuying")
    world.registry.workers.on_change(f"{world.seed.town}.relay-1", None)
    answer = await clerk.grant(world.camera(ROAD), purpose="patrol")
    assert (answer.status_code, answer.json()["code"]) == (503, "no_relay")
    assert await _register(world) == []


def test_turn_credentials():
    servers = TurnCredentials(["turn:turn.example:3478"], "s3").servers("grt_x", 1000.5)
    assert servers[0].username == "4600:grt_x"
    mac = hmac.new(b"s3", b"4600:grt_x", hashlib.sha1).digest()
    assert servers[0].credential == base64.b64encode(mac).decode()
    assert TurnCredentials([], "").servers("x", 0) == []


def test_signing_keys_are_private_and_stay(tmp_path, world_clock):
    first = SigningKeys(tmp_path / "s", ["510799101000"], world_clock)
    file = tmp_path / "s" / "signing-510799101000.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = SigningKeys(tmp_path / "s", ["510799101000"], world_clock)
    assert again.of("510799101000").kid == first.of("510799101000").kid
    assert [entry.name for entry in (tmp_path / "s").iterdir()] == [file.name]


def test_demo_ids_are_stable():
    assert demo_id("cam", "1", "院坝") == demo_id("cam", "1", "院坝") != demo_id("cam", "2", "院坝")
