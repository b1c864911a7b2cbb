"""Consents by their routes: one scope each, terms, withdrawal, on the spot, sheets, maintenance."""

import base64
import struct
import zlib
from datetime import datetime, timedelta, timezone

import pytest
from huiyan.registry.v1.access_pb2 import Revocation
from huiyan_registry.consent.scopes import ConsentScope
from huiyan_registry.consent.signature import MOST_BYTES, read_signature
from huiyan_registry.consent.wording import LANGUAGES, ConsentTexts

CHINA = timezone(timedelta(hours=8))


def _chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def png(width: int = 2, filler: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    lines = zlib.compress(b"\0" * (width + 1))
    text = _chunk(b"tEXt", b"x" * filler) if filler else b""
    chunks = _chunk(b"IHDR", head) + text + _chunk(b"IDAT", lines) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


SIGNATURE = base64.b64encode(png()).decode()


def _path(world, household: str | None = None) -> str:
    return f"/api/v1/households/{household or world.seed.household}/consents"


async def _tick(who, world, scope="live_village", household=None, **more):
    version = (await who.get("/api/v1/consent-texts"))["version"]
    body = {"scope": scope, "text_version": version, "language": "zh-CN", **more}
    return await who.call("PUT", _path(world, household), body)


async def _revoked(world) -> list[tuple[str, str]]:
    found = []
    async for event in world.bus.key_value("revocations").watch():
        if event.kind == "synced":
            return found
        if event.kind == "put":
            entry = Revocation.FromString(event.value)
            found.append((entry.id, entry.reason))
    return found


def _hours(world, before: int, after: int) -> list[dict]:
    """Every day from so many minutes ago until so many ahead, in China."""
    now = world.clock.now().astimezone(CHINA)
    first, last = now - timedelta(minutes=before), now + timedelta(minutes=after)
    return [{"days": [1, 2, 3, 4, 5, 6, 7], "from": f"{first:%H:%M}", "to": f"{last:%H:%M}"}]


def test_every_scope_has_words_in_both_languages():
    texts = ConsentTexts()
    for language in LANGUAGES:
        text = texts.newest(language)
        assert {one.scope for one in text.scopes} == set(ConsentScope)
        assert len(text.sha256) == 64 and text.preamble
        assert all(len(one.text) > 20 and one.title for one in text.scopes)
    assert texts.newest("fr").language == "zh-CN"
    assert texts.newest("en").sha256 != texts.newest("zh-CN").sha256
    assert texts.get("1999-01", "en") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        png()[:-4],
        png() + b"x",
        png().replace(b"IDAT", b"JDAT"),
        png(width=5000),
        png(filler=MOST_BYTES),
    ],
)
def test_only_a_small_whole_png_is_a_signature(content):
    assert read_signature(SIGNATURE) == png()
    with pytest.raises(Exception, match="PNG"):
        read_signature(base64.b64encode(content).decode())


async def test_ticked_one_by_one_with_words_and_hash(world):
    owner = await world.owner()
    words = await owner.get("/api/v1/consent-texts?language=zh-CN")
    answer = await _tick(owner, world, "live_town")
    assert answer.status_code == 200, answer.text
    given = answer.json()
    assert (given["text_version"], given["text_sha256"]) == (words["version"], words["sha256"])
    assert (given["signatory"], given["signed_on_site"], given["camera"]) == ("王大娘", False, None)
    listed = await owner.get(_path(world))
    assert {one["scope"] for one in listed["items"]} == {"live_village", "live_town"}
    home = world.camera("院坝", "1")
    town = await world.staff("zhaojianguo")
    assert (await town.grant(home, purpose="patrol")).status_code == 201
    county_less = await _tick(owner, world, ["live_town", "live_county"])
    assert county_less.status_code == 422


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text_version": "1999-01"}, "text_outdated"),
        ({"language": "fr"}, "text_outdated"),
        ({"scope": "everything"}, "invalid"),
        ({"scope": "record", "hours": [{"days": [1], "from": "08:00", "to": "18:00"}]}, "hours"),
        ({"scope": "live_police", "purposes": ["patrol"]}, "purposes"),
        ({"scope": "record", "purposes": ["patrol"]}, "purposes"),
        ({"hours": [{"days": [8], "from": "08:00", "to": "18:00"}]}, "invalid"),
        ({"hours": [{"days": [1], "from": "08:00", "to": "08:00"}]}, "invalid"),
        ({"hours": [{"days": [1], "from": "25:00", "to": "08:00"}]}, "invalid"),
        ({"signature": "AAAA"}, "signature"),
    ],
)
async def test_what_is_refused(world, change, code):
    owner = await world.owner()
    answer = await _tick(owner, world, **change)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


async def test_foreign_and_other_people(world):
    owner, clerk = await world.owner(), await world.staff("lixiuying")
    relative = await world.by_link(world.seed.relative_link)
    auditor = await world.staff("sunli")
    assert (await clerk.call("GET", _path(world))).status_code == 403
    assert (await _tick(clerk, world)).status_code == 403
    assert (await relative.call("GET", _path(world))).status_code == 200
    assert (await _tick(relative, world)).status_code == 403
    (given,) = (await auditor.get(_path(world)))["items"]
    assert (await relative.call("DELETE", f"{_path(world)}/{given['id']}")).status_code == 403
    next_village = await world.staff("zhoumin")
    assert (await next_village.call("GET", _path(world))).status_code == 404
    for foreign in ("hh_aaaaaaaaaaaaaaaa", "x"):
        assert (await owner.call("GET", _path(world, foreign))).status_code == 404
        assert (await _tick(owner, world, household=foreign)).status_code == 404
    assert (await owner.call("DELETE", f"{_path(world)}/con_x")).status_code == 404
    foreign_camera = world.camera("院坝", "2")
    assert (await _tick(owner, world, camera=foreign_camera)).status_code == 404


async def test_hours_bound_the_grant_and_refuse_its_renewal(world):
    owner, clerk = await world.owner(), await world.staff("lixiuying")
    home = world.camera("院坝", "1")
    assert (await _tick(owner, world, hours=_hours(world, 60, 2))).status_code == 200
    given = await clerk.grant(home, purpose="patrol")
    assert given.status_code == 201, given.text
    end = datetime.fromisoformat(given.json()["expires_at"])
    assert end <= world.clock.now() + timedelta(minutes=2)
    assert (end.second, end.microsecond) == (0, 0)
    world.clock.later(seconds=(end - world.clock.now()).total_seconds() + 1)
    renewed = await clerk.call("POST", f"/api/v1/grants/{given.json()['id']}/renew")
    assert (renewed.status_code, renewed.json()["code"]) == (403, "out_of_hours")
    listed = await clerk.get(f"/api/v1/cameras/{home}")
    assert listed["may"]["reason"] == "out_of_hours" and "每天" in listed["may"]["hint"]


async def test_a_purpose_that_was_not_agreed(world):
    owner, clerk = await world.owner(), await world.staff("lixiuying")
    home = world.camera("院坝", "1")
    await _tick(owner, world, purposes=["flood"])
    assert (await clerk.get(f"/api/v1/cameras/{home}"))["may"]["live"] is True
    refused = await clerk.grant(home, purpose="patrol")
    assert (refused.status_code, refused.json()["code"]) == (403, "no_purpose")
    assert (await clerk.grant(home, purpose="flood")).status_code == 201


@pytest.mark.parametrize(
    ("terms", "lost"),
    [({"hours": "now"}, 2), ({"purposes": ["flood"]}, 2), ({"camera": "院坝"}, 2), ({}, 0)],
)
async def test_a_narrowed_consent_ends_pictures(world, terms, lost):
    owner = await world.owner()
    more = dict(terms)
    if "hours" in more:
        more["hours"] = _hours(world, 60, 60)
    if "camera" in more:
        more["camera"] = world.camera(more["camera"], "1")
    assert (await _tick(owner, world, **more)).status_code == 200
    revoked = await _revoked(world)
    assert len(revoked) == lost and {reason for _, reason in revoked} <= {"withdrawn"}
    listed = await owner.get(_path(world))
    assert len(listed["items"]) == 1 and len(listed["withdrawn"]) == 1


async def test_per_camera_and_all_take_each_others_place(world):
    owner, clerk = await world.owner(), await world.staff("lixiuying")
    yard, gate = world.camera("院坝", "1"), world.camera("大门口", "1")
    await _tick(owner, world, camera=yard)
    assert (await clerk.grant(yard, purpose="patrol")).status_code == 201
    assert (await clerk.grant(gate, purpose="patrol")).json()["code"] == "no_consent"
    await _tick(owner, world, camera=gate)
    items = (await owner.get(_path(world)))["items"]
    assert {one["camera"] for one in items} == {yard, gate}
    (first,) = (one for one in items if one["camera"] == yard)
    assert (await owner.call("DELETE", f"{_path(world)}/{first['id']}")).status_code == 204
    assert yard in {camera for camera, _ in await _revoked(world)}
    assert (await clerk.grant(yard, purpose="patrol")).json()["code"] == "no_consent"
    assert (await clerk.grant(gate, purpose="patrol")).status_code == 201
    await _tick(owner, world)
    assert [one["camera"] for one in (await owner.get(_path(world)))["items"]] == [None]
    # Taking it back twice is no error.
    assert (await owner.call("DELETE", f"{_path(world)}/{first['id']}")).status_code == 204


async def test_an_installer_takes_it_on_the_spot(world):
    installer, owner = await world.staff("hezhiyuan"), await world.owner()
    without = await _tick(installer, world, "record", signatory="王大娘")
    assert (without.status_code, without.json()["code"]) == (422, "signature")
    taken = await _tick(installer, world, "record", signatory="王大娘 <b>", signature=SIGNATURE)
    assert taken.status_code == 200, taken.text
    assert taken.json()["signed_on_site"] is True and "signature" not in taken.json()
    path = f"{_path(world)}/{taken.json()['id']}/sheet"
    for reader in (installer, owner, await world.staff("sunli")):
        sheet = await reader.call("GET", path)
        assert sheet.status_code == 200 and sheet.headers["content-type"].startswith("text/html")
        assert taken.json()["text_sha256"] in sheet.text and "存录像" in sheet.text
        assert f"data:image/png;base64,{SIGNATURE}" in sheet.text
        assert "<b>" not in sheet.text and "&lt;b&gt;" in sheet.text
    clerk = await world.staff("lixiuying")
    assert (await clerk.call("GET", path)).status_code == 403
    # It may take back nothing: that is the owner's.
    gone = await installer.call("DELETE", f"{_path(world)}/{taken.json()['id']}")
    assert gone.status_code == 403


async def test_maintenance_of_homes_is_the_owners_and_of_public_places_the_rooms(world):
    owner, admin = await world.owner(), await world.staff("chenyong")
    operator, clerk = await world.machine("operator"), await world.staff("lixiuying")
    home, road = world.camera("院坝", "1"), world.camera("村口主路·东")
    until = {"until": (world.clock.now() + timedelta(hours=1)).isoformat()}
    for who, camera, status in (
        (owner, home, 200),
        (owner, road, 404),
        (admin, home, 403),
        (operator, home, 403),
        (clerk, home, 403),
        (clerk, road, 403),
        (admin, road, 200),
        (operator, road, 200),
    ):
        answer = await who.call("POST", f"/api/v1/cameras/{camera}/maintenance", until)
        assert answer.status_code == status, (camera, answer.text)
    for bad in (timedelta(hours=25), timedelta(hours=-1)):
        late = {"until": (world.clock.now() + bad).isoformat()}
        answer = await owner.call("POST", f"/api/v1/cameras/{home}/maintenance", late)
        assert (answer.status_code, answer.json()["code"]) == (422, "until")
    notices = (await owner.get("/api/v1/looks"))["notices"]
    assert [(one["kind"], one["who"], one["ended_at"]) for one in notices] == [
        ("maintenance", "王大娘", None)
    ]
    assert notices[0]["cameras"] == [{"id": home, "name": "院坝"}]
    assert (await admin.call("DELETE", f"/api/v1/cameras/{home}/maintenance")).status_code == 403
    assert (await owner.call("DELETE", f"/api/v1/cameras/{home}/maintenance")).status_code == 204
    assert (home, "withdrawn") in await _revoked(world)
    assert (await owner.get("/api/v1/looks"))["notices"][0]["ended_at"] is not None
