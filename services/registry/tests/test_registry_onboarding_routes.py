"""Onboarding over its routes: who may, what they get, what is kept and what the household sees."""

import base64
import contextlib
import time

import pytest
from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan.ingest.v1.demand_pb2 import SnapshotReply, SnapshotRequest
from huiyan_kit import subjects
from huiyan_kit.sealing import open_seal
from huiyan_registry.camera.row import row_of
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.look.tables import RegisterEntry
from huiyan_registry.onboarding.tables import CameraOnboarding, ProbedDevice
from huiyan_testing.camera import Credential, VideoVariant
from huiyan_testing.onvif import DiscoveryResponder, OnvifCamera, OnvifDevice
from sqlalchemy import select

TOWN = "510799101000"
_LOGIN = Credential("admin", "admin12345")
_ROUTES = {
    "discover": {"seconds": 1},
    "probe": {"address": "127.0.0.1", "port": 9, "user": "a", "password": "b"},
    "check": {"camera": "cam_aaaaaaaaaaaaaaaa"},
}
_JPEG = b"\xff\xd8 a picture \xff\xd9"


def _device(**more):
    return OnvifDevice(lambda track: f"rtsp://127.0.0.1:8554/cam/3/{track}", **more)


async def _ask(visitor, route, body):
    return await visitor.call("POST", f"/api/v1/onboarding/{route}", body)


@pytest.fixture
async def installer(world):
    return await world.staff("hezhiyuan")


async def _draft(visitor, **more):
    body = {
        "name": "院坝·新装",
        "area": "510799101201002",
        "legal_class": "gov_public",
        "site_kind": "road",
        "placement": "roadside",
        "main_url": "rtsp://127.0.0.1:8554/cam/3/main",
        "user": _LOGIN.user,
        "password": _LOGIN.password,
        **more,
    }
    answer = await visitor.call("POST", "/api/v1/cameras", body)
    assert (answer.status_code, answer.json().get("state")) == (201, "draft"), answer.text
    return answer.json()["id"]


@contextlib.asynccontextmanager
async def _ingest(world, camera, state=pb.PRESENCE_STATE_ONLINE, jpeg=_JPEG, rev=1_000_000):
    """Ingest as the bus shows it: presence of a living worker, and stills on request."""
    main = pb.TrackInfo(track="main", codec="h264", width=1280, height=720, fps=25, gop_ms=2000)
    main.camera_minus_arrival_ns = 7_000_000_000
    rows = []

    async def still(message):
        SnapshotRequest.FromString(message.payload)
        async with world.registry.database.transaction(EVERYTHING) as session:
            row = await session.get(Camera, (TOWN, camera))
            rows.append(pb.CameraRow.FromString(row_of(row)))
        return SnapshotReply(state=state, jpeg=jpeg).SerializeToString()

    worker = pb.WorkerSession(worker="ingest-1", service="ingest")
    world.registry.workers.on_change(f"{TOWN}.ingest-1", worker.SerializeToString())
    told = pb.Presence(town=TOWN, camera=camera, state=state, worker="ingest-1", row_rev=rev)
    told.tracks.append(main)
    world.registry.presence.on_change(f"{TOWN}.{camera}", told.SerializeToString())
    answering = await world.bus.respond(subjects.snapshot(TOWN, camera), still)
    try:
        yield rows
    finally:
        await answering.close()


@pytest.mark.parametrize("route", sorted(_ROUTES))
async def test_only_installers(world, route):
    body = _ROUTES[route]
    for visitor in (
        await world.staff("lixiuying"),
        await world.staff("chenyong"),
        await world.owner(),
        await world.machine("operator"),
        await world.machine("probe"),
    ):
        answer = await _ask(visitor, route, body)
        assert answer.status_code == 403, answer.text
    assert (await _ask(world.visitor(), route, body)).status_code == 401


async def test_wrong_content_is_refused(installer):
    for route, body in (
        ("discover", {"seconds": 60}),
        ("probe", {**_ROUTES["probe"], "port": 0}),
        ("probe", {"address": "127.0.0.1"}),
        ("check", {}),
    ):
        answer = await _ask(installer, route, body)
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.1",
        "169.254.169.254",
        "::ffff:192.0.2.1",
        "2130706433",
        "0x7f.1",
        "127.0.0.1/x",
        "a@127.0.0.1",
        "localhost:80",
        "no-such-host.invalid",
    ],
)
async def test_a_probe_stays_in_the_camera_networks(installer, address):
    answer = await _ask(installer, "probe", {**_ROUTES["probe"], "address": address})
    assert (answer.status_code, answer.json()["code"]) == (422, "camera_network")


async def test_discovery_is_off_unless_an_interface_is_named(installer):
    answer = await _ask(installer, "discover", {})
    assert (answer.status_code, answer.json()["code"]) == (503, "discovery_off")


@pytest.fixture
async def discovered(seeded, monkeypatch):
    """A camera that answers searches; the world that comes after searches on loopback."""
    async with (
        OnvifCamera(_device(model="HY_9")) as camera,
        DiscoveryResponder([camera], port=0) as responder,
    ):
        plain = type(seeded).settings
        more = {"discovery_addresses": "127.0.0.1", "discovery_port": responder.port}
        monkeypatch.setattr(
            type(seeded),
            "settings",
            lambda self, database: plain(self, database).model_copy(update=more),
        )
        yield camera


async def test_discovery_tells_what_answers(discovered, world, installer):
    answer = await _ask(installer, "discover", {"seconds": 1})
    assert answer.json() == {
        "found": [
            {
                "address": "127.0.0.1",
                "port": discovered.port,
                "name": "HY 9",
                "model": "HY 9",
                "xaddr": discovered.x_addr,
            }
        ]
    }


async def test_a_probe_tells_streams_and_warns(world, installer):
    device = _device(
        main_variant=VideoVariant.H265, clock_offset_s=40, other_stream_host="10.20.0.77:554"
    )
    async with OnvifCamera(device, credential=_LOGIN) as camera:
        asked = {"address": "127.0.0.1", "port": camera.port}
        answer = await _ask(
            installer, "probe", {**asked, "user": "admin", "password": "admin12345"}
        )
    told = answer.json()
    assert answer.status_code == 200, told
    assert told["device"]["model"] == "HY-SIM-1" and told["service"] == "media2"
    assert 38_000 < told["clock_offset_ms"] < 42_000
    assert told["suggested"] == {"main": "profile_sub", "sub": None}
    assert [profile["codec"] for profile in told["profiles"]] == ["h265", "h264"]
    assert all(p["main_url"].startswith("rtsp://127.0.0.1") for p in told["profiles"])
    codes = [warning["code"] for warning in told["warnings"]]
    assert codes == ["no_sub", "clock_off", "default_password", "other_host"]
    assert _LOGIN.password not in answer.text
    async with world.registry.database.transaction(EVERYTHING) as session:
        kept = await session.scalar(select(ProbedDevice))
    assert (kept.address, kept.port, kept.model) == ("127.0.0.1", camera.port, "HY-SIM-1")


async def test_a_failed_probe_says_why(installer):
    async with OnvifCamera(_device(), credential=_LOGIN) as camera:
        asked = {"address": "127.0.0.1", "port": camera.port, "user": "admin", "password": "no"}
        answer = await _ask(installer, "probe", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "camera_login")
    assert (await _ask(installer, "probe", asked)).json()["code"] == "camera_unreachable"


async def test_the_test_picture_is_for_the_installer_and_the_household_hears_of_it(
    world, installer
):
    owner = await world.owner()
    household = (await owner.get("/api/v1/me"))["household"]["id"]
    home = {"household": household, "legal_class": "household", "site_kind": "courtyard"}
    camera = await _draft(installer, **home, placement="courtyard")
    async with _ingest(world, camera) as rows:
        answer = await _ask(installer, "check", {"camera": camera})
    told = answer.json()
    assert answer.status_code == 200, told
    assert base64.b64decode(told["picture"]) == _JPEG
    measured = (told["codec"], told["width"], told["fps"], told["gop_ms"], told["b_frames"])
    assert measured == ("h264", 1280, 25, 2000, False)
    assert told["clock_offset_ms"] == 7000
    assert [problem["code"] for problem in told["problems"]] == ["clock_off"]
    # While it ran, ingest had the draft's row, with its login and an end.
    assert rows[0].sinks.live
    assert 0 < rows[0].valid_until_ns - time.time_ns() < 20_000_000_000
    assert open_seal(rows[0].credential, world.ingest_private_key).user == "admin"
    async with world.registry.database.transaction(EVERYTHING) as session:
        row = await session.get(Camera, (TOWN, camera))
        facts = await session.get(CameraOnboarding, (TOWN, camera))
        entry = await session.scalar(select(RegisterEntry).where(RegisterEntry.camera == camera))
    assert row_of(row) is None and row.live_check_at is not None
    assert (facts.gop_ms, facts.clock_offset_ms) == (2000, 7000)
    assert (entry.role, entry.purpose_code, entry.household) == (
        "installer",
        "maintenance",
        household,
    )
    looks = (await owner.get("/api/v1/looks"))["looks"]
    (look,) = looks
    told = (look["who"], look["role"], look["place"])
    assert told == ("何志远", "installer", "双板镇综治中心监控室")
    state = await installer.call("POST", f"/api/v1/cameras/{camera}/state", {"state": "verified"})
    assert (state.status_code, state.json()["state"]) == (200, "verified")


async def test_without_a_picture_the_reason_is_named_and_nothing_is_entered(world, installer):
    camera = await _draft(installer)
    async with _ingest(world, camera, pb.PRESENCE_STATE_UNAUTHORISED, b""):
        told = (await _ask(installer, "check", {"camera": camera})).json()
    assert told["picture"] is None
    assert [problem["code"] for problem in told["problems"]] == ["unauthorised"]
    async with _ingest(world, camera, rev=0):  # ingest obeys an older row: not believed
        told = (await _ask(installer, "check", {"camera": camera})).json()
    assert [problem["code"] for problem in told["problems"]] == ["ingest_away"]
    async with world.registry.database.transaction(EVERYTHING) as session:
        row = await session.get(Camera, (TOWN, camera))
        entered = await session.scalar(select(RegisterEntry).where(RegisterEntry.camera == camera))
    assert (row.live_check_at, row.live_check_until, entered) == (None, None, None)
    answer = await installer.call("POST", f"/api/v1/cameras/{camera}/state", {"state": "verified"})
    assert answer.status_code == 409


async def test_only_ones_own_draft(world, installer):
    others = world.camera("村口主路·东")
    for camera in (others, "cam_aaaaaaaaaaaaaaaa", "../x"):
        answer = await _ask(installer, "check", {"camera": camera})
        assert answer.status_code == 404, answer.text
    camera = await _draft(installer)
    async with world.registry.database.transaction(EVERYTHING) as session:
        row = await session.get(Camera, (TOWN, camera))
        row.placement_attested_by = None
    assert (await _ask(installer, "check", {"camera": camera})).status_code == 404
