"""What becomes of a camera: life, place, sign, mask, notice, and who may do which step."""

import re
import struct
import zlib
from datetime import timedelta

import pytest
from huiyan.ingest.v1.camera_pb2 import CameraRow
from huiyan_registry.account.roles import RoleName
from huiyan_registry.camera.row import row_of
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.row_scope import EVERYTHING
from sqlalchemy import select, text, update

TOWN = "510799101000"
NEW = {
    "name": "新点",
    "area": "510799101201002",
    "legal_class": "gov_public",
    "site_kind": "road",
    "placement": "roadside",
    "main_url": "rtsp://10.20.0.9:554/main",
}


def png(width=8, height=8, *, text_chunk=b""):
    def chunk(kind, content):
        crc = struct.pack("!I", zlib.crc32(kind + content))
        return struct.pack("!I", len(content)) + kind + content + crc

    rows = b"".join(b"\0" + b"\x40" * width for _ in range(height))
    head = struct.pack("!IIBBBBB", width, height, 8, 0, 0, 0, 0)
    extra = chunk(b"tEXt", text_chunk) if text_chunk else b""
    parts = chunk(b"IHDR", head), extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


async def become(world, account, role):
    """One of the demo's staff in another role, of the same area."""
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text(
                "UPDATE role_assignment SET role = :role WHERE principal = "
                "(SELECT id FROM principal WHERE account = :account)"
            ),
            {"role": role.value, "account": account},
        )
    return await world.staff(account)


async def row_in(world, camera):
    async with world.registry.database.transaction(EVERYTHING) as session:
        return await session.scalar(select(Camera).where(Camera.id == camera))


async def change(world, camera, **values):
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(update(Camera).where(Camera.id == camera).values(**values))


async def sign(visitor, camera, photo, day="2024-05-01", kind="image/png"):
    path = f"/api/v1/cameras/{camera}/signage?posted_on={day}"
    headers = {"content-type": kind}
    if visitor.csrf:
        headers["Huiyan-CSRF"] = visitor.csrf
    if visitor.bearer:
        headers["Authorization"] = f"Bearer {visitor.bearer}"
    return await visitor.http.put(path, content=photo, headers=headers)


async def test_from_draft_to_retired(world):
    installer = await become(world, "lixiuying", RoleName.INSTALLER)
    admin = await world.staff("chenyong")
    made = await installer.call("POST", "/api/v1/cameras", NEW)
    shown = made.json()
    assert (made.status_code, shown["life"], shown["allowed_next"]) == (201, "draft", ["verified"])
    camera = shown["id"]
    assert row_of(await row_in(world, camera)) is None

    async def move(visitor, state):
        return await visitor.call("POST", f"/api/v1/cameras/{camera}/state", {"state": state})

    lacking = await move(installer, "verified")
    assert (lacking.status_code, lacking.json()["code"]) == (409, "incomplete")
    assert lacking.json()["missing"] == ["live_check"]
    assert "live_check" in lacking.json()["detail_en"]
    assert (await move(admin, "active")).json()["code"] == "not_next"
    await change(world, camera, live_check_at=world.clock.now(), placement_attested_by=None)
    assert "placement" in (await move(installer, "verified")).json()["detail_en"]
    await change(world, camera, placement_attested_by="prn_x")
    verified = (await move(installer, "verified")).json()
    assert (verified["life"], verified["allowed_next"]) == ("verified", [])
    assert (await move(admin, "active")).json()["missing"] == ["signage"]
    assert (await sign(installer, camera, png())).status_code == 200
    assert (await move(installer, "active")).status_code == 403
    active = (await move(admin, "active")).json()
    assert (active["life"], active["signage"]["posted_on"]) == ("active", "2024-05-01")
    assert CameraRow.FromString(row_of(await row_in(world, camera))).camera == camera
    assert (await move(admin, "suspended")).json()["may"]["reason"] == "no_right"
    assert row_of(await row_in(world, camera)) is None
    assert (await move(admin, "active")).status_code == 200
    assert (await move(admin, "retired")).json()["allowed_next"] == []
    assert (await admin.call("GET", f"/api/v1/cameras/{camera}")).status_code == 404


async def test_leaving_active_revokes_what_runs(world):
    clerk, admin = await world.staff("lixiuying"), await world.staff("chenyong")
    camera = world.camera("村口主路·东")
    assert (await clerk.grant(camera, purpose="patrol")).status_code == 201
    await admin.call("POST", f"/api/v1/cameras/{camera}/state", {"state": "suspended"})
    held = await world.bus.key_value("revocations").get(f"{TOWN}.camera.{camera}")
    assert held is not None
    refused = await clerk.grant(camera, purpose="patrol")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_active")


async def test_who_may_move_and_where(world):
    here, there = world.camera("村口主路·东"), world.camera("三岔路口")
    body = {"state": "suspended"}

    async def refused(visitor, camera, status):
        answer = await visitor.call("POST", f"/api/v1/cameras/{camera}/state", body)
        assert answer.status_code == status, answer.text

    clerk = await world.staff("lixiuying")
    await refused(clerk, here, 403)
    await refused(clerk, there, 403)
    await refused(await world.owner(), here, 403)
    await refused(await become(world, "lixiuying", RoleName.INSTALLER), here, 403)
    administrator = await become(world, "lixiuying", RoleName.ADMINISTRATOR)
    await refused(administrator, there, 404)
    path = f"/api/v1/cameras/{here}/state"
    assert (await administrator.call("POST", path, {"state": "asleep"})).status_code == 422
    assert (await administrator.call("POST", path, body)).status_code == 200


async def test_purpose_retention_and_gb_id(world):
    operator = await world.machine("operator")
    usual = (await operator.call("POST", "/api/v1/cameras", NEW)).json()
    assert usual["life"] == "verified" and usual["purpose"] == {"code": "traffic", "text": ""}
    assert usual["retention_class"] == "days_30"
    for wrong in (
        {"purpose": {"code": "order", "text": "安全"}},
        {"purpose": {"code": "order", "text": " Safety! "}},
        {"purpose": {"code": "other", "text": ""}},
        {"purpose": {"code": "spying", "text": "x"}},
        {"retention_class": "days_7"},
        {"gb_id": "1234"},
        {"placement": "dormitory"},
    ):
        assert (await operator.call("POST", "/api/v1/cameras", NEW | wrong)).status_code == 422
        if "placement" not in wrong:
            path = f"/api/v1/cameras/{usual['id']}"
            assert (await operator.call("PATCH", path, wrong)).status_code == 422, wrong
    better = {
        "purpose": {"code": "other", "text": "看古树"},
        "retention_class": "days_90",
        "gb_id": "5" * 20,
    }
    changed = (await operator.call("PATCH", f"/api/v1/cameras/{usual['id']}", better)).json()
    assert {key: changed[key] for key in better} == better


async def test_location_keeps_its_datum(world):
    operator = await world.machine("operator")
    path = f"/api/v1/cameras/{world.camera('村口主路·东')}/location"
    given = {"lat": 39.91334545536069, "lon": 116.38404722455657, "datum": "gcj02"}
    told = (await operator.call("PUT", path, given)).json()["location"]
    assert told["datum"] == "gcj02"
    assert (told["lat"], told["lon"]) == pytest.approx((39.911954, 116.377817), abs=1e-6)
    for wrong in ({**given, "lat": 91}, {**given, "datum": "mars"}, {"lat": 1}):
        assert (await operator.call("PUT", path, wrong)).status_code == 422
    clerk = await world.staff("lixiuying")
    assert (await clerk.call("PUT", path, given)).status_code == 403
    neighbour = await become(world, "zhoumin", RoleName.INSTALLER)
    assert (await neighbour.call("PUT", path, given)).status_code == 404


async def test_a_sign_its_photo_and_its_public_notice(world):
    operator, clerk = await world.machine("operator"), await world.staff("lixiuying")
    camera = (await operator.call("POST", "/api/v1/cameras", NEW)).json()["id"]
    photo = f"/api/v1/cameras/{camera}/signage/photo"
    assert (await clerk.call("GET", photo)).status_code == 404
    hidden = png(text_chunk=b"GPS\x0031.1,104.2")
    later = (world.clock.now() + timedelta(days=2)).date().isoformat()
    for content, day, kind, status in (
        (hidden, later, "image/png", 422),
        (b"GIF89a" + b"\0" * 99, "2024-05-01", "image/png", 422),
        (png()[:-4], "2024-05-01", "image/png", 422),
        (b"\xff\xd8\xff\xe0" + b"\0" * 40, "2024-05-01", "image/jpeg", 422),
        (b"", "2024-05-01", "image/png", 422),
        (png(), "2024-05-01", "text/plain", 415),
        (b"x" * (4 * 1024 * 1024 + 1), "2024-05-01", "image/png", 413),
    ):
        assert (await sign(operator, camera, content, day, kind)).status_code == status
    told = (await sign(operator, camera, hidden)).json()["signage"]
    assert told["photo"] and told["posted_on"] == "2024-05-01"
    kept = await clerk.call("GET", photo)
    assert (kept.content, kept.headers["content-type"]) == (png(), "image/png")
    assert (await (await world.owner()).call("GET", photo)).status_code == 404
    assert (await (await world.staff("zhoumin")).call("GET", photo)).status_code == 404
    assert (await sign(clerk, camera, png())).status_code == 403

    code = told["notice_url"].removeprefix("http://test/n/")
    assert re.fullmatch("[a-z2-9]{12}", code)
    anybody = world.visitor()
    notice = await anybody.get(f"/api/v1/notices/{code}")
    assert notice["purpose"] == "道路通行" and notice["retention_days"] == 30
    assert "新寨村" in notice["place"] and notice["posted_on"] == "2024-05-01"
    await change(world, camera, name="<script>alert(1)</script>")
    page = await anybody.call("GET", f"/n/{code}")
    assert page.status_code == 200 and "&lt;script&gt;" in page.text
    assert "<script" not in page.text and "You are in view" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in ("/n/aaaaaaaaaaaa", "/api/v1/notices/aaaaaaaaaaaa"):
        assert (await anybody.call("GET", path)).status_code == 404
    svg = await operator.call("GET", f"/api/v1/cameras/{camera}/signage/sign.svg")
    sheet = await operator.call("GET", f"/api/v1/cameras/{camera}/signage/sheet")
    assert svg.text.startswith("<svg") and svg.text in sheet.text and code in sheet.text
    home = world.camera("院坝", "1")
    assert (await operator.call("GET", f"/api/v1/cameras/{home}/signage/sheet")).status_code == 404
    assert (await sign(operator, home, png())).json()["code"] == "no_sign"


async def test_a_mask_ends_looks_from_outside_until_it_is_applied(world):
    owner, clerk = await world.owner(), await world.staff("lixiuying")
    home = world.camera("院坝", "1")
    path = f"/api/v1/cameras/{home}/mask"
    square = [{"x": 0.1, "y": 0.1}, {"x": 0.5, "y": 0.1}, {"x": 0.5, "y": 0.5}]
    other = [{"x": 0.6, "y": 0.6}, {"x": 0.9, "y": 0.6}, {"x": 0.9, "y": 0.9}]
    for wrong in (
        [square[:2]],
        [square * 22],
        [square] * 17,
        [[*square, {"x": 1.1, "y": 0}]],
        [[{"x": 0.1, "y": 0.1}, {"x": 0.2, "y": 0.2}, {"x": 0.3, "y": 0.3}]],
    ):
        assert (await owner.call("PUT", path, {"polygons": wrong})).status_code == 422
    assert (await owner.grant(home)).status_code == 201
    masked = (await owner.call("PUT", path, {"polygons": [square]})).json()
    assert masked["mask"] == {"polygons": [square], "applied": False} and masked["may"]["live"]
    assert (await owner.grant(home)).status_code == 201
    seen = await clerk.get(f"/api/v1/cameras/{home}")
    assert seen["may"]["reason"] in ("no_consent", "mask_pending")
    assert (await clerk.call("PUT", path, {"polygons": []})).status_code == 403
    admin = await world.staff("chenyong")
    assert (await admin.call("PUT", path, {"polygons": []})).status_code == 403
    assert (await admin.call("PUT", path, {"polygons": [square, other]})).status_code == 200
    assert (
        await (await world.staff("zhoumin")).call("PUT", path, {"polygons": []})
    ).status_code == 404
    road = world.camera("村口主路·东")
    await admin.call("PUT", f"/api/v1/cameras/{road}/mask", {"polygons": [square]})
    refused = await clerk.grant(road, purpose="patrol")
    assert (refused.status_code, refused.json()["code"]) == (403, "mask_pending")
    await change(world, road, mask_applied=True)
    assert (await clerk.grant(road, purpose="patrol")).status_code == 201
    gone = (await owner.call("PUT", path, {"polygons": []})).json()
    assert gone["mask"] is None
