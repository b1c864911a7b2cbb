"""The simulated ONVIF camera, seen by onvif-zeep-async as by any client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from huiyan_testing.camera import Credential
from huiyan_testing.onvif import LoginKind, OnvifCamera, OnvifDevice, Vector
from huiyan_testing.onvif.head import Head

onvif = pytest.importorskip("onvif", reason="onvif-zeep-async comes with the registry")
zeep_exceptions = pytest.importorskip("zeep.exceptions")
_LOGIN = Credential("admin", "S3cret")
_MAIN = {"ProfileToken": "profile_main"}


def _device(**more: object) -> OnvifDevice:
    return OnvifDevice(lambda track: f"rtsp://127.0.0.1:8554/cam/7/{track}", **more)


@contextlib.asynccontextmanager
async def _client(camera: OnvifCamera, password: str = "S3cret") -> AsyncIterator[object]:
    client = onvif.ONVIFCamera(
        camera.host, camera.port, "admin", password, no_cache=True, adjust_time=True
    )
    try:
        await client.update_xaddrs()
        yield client
    finally:
        await client.close()


async def test_device_facts_and_a_clock_that_is_wrong():
    async with (
        OnvifCamera(_device(clock_offset_s=-3600), credential=_LOGIN) as camera,
        _client(camera) as client,
    ):
        service = await client.create_devicemgmt_service()
        told = (await service.GetSystemDateAndTime()).UTCDateTime
        facts = await service.GetDeviceInformation()
        scopes = [scope.ScopeItem for scope in await service.GetScopes()]
        capabilities = await service.GetCapabilities({"Category": "All"})
    at = datetime(
        told.Date.Year,
        told.Date.Month,
        told.Date.Day,
        told.Time.Hour,
        told.Time.Minute,
        told.Time.Second,
        tzinfo=UTC,
    )
    assert abs(at - datetime.now(UTC) + timedelta(hours=1)) < timedelta(seconds=5)
    assert (facts.Manufacturer, facts.Model) == ("Huiyan Simulator", "HY-SIM-1")
    assert "onvif://www.onvif.org/Profile/T" in scopes
    assert capabilities.Media.XAddr.endswith("/onvif/media_service")


async def test_a_wrong_password_is_a_fault_and_only_the_public_questions_are_answered():
    async with (
        OnvifCamera(_device(), credential=_LOGIN, login=LoginKind.TOKEN) as camera,
        _client(camera, "wrong") as client,
    ):
        service = await client.create_devicemgmt_service()
        assert await service.GetServices({"IncludeCapability": False})
        with pytest.raises(zeep_exceptions.Fault, match="not authorized"):
            await service.GetDeviceInformation()
        assert camera.login.refusals == 1


async def test_profiles_streams_and_a_picture():
    async with OnvifCamera(_device(), credential=_LOGIN) as camera, _client(camera) as client:
        media = await client.create_media_service()
        profiles = await media.GetProfiles()
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        uri = await media.GetStreamUri({"StreamSetup": setup, **_MAIN})
        encoders = await media.GetVideoEncoderConfigurations()
        picture = await client.get_snapshot("profile_sub")
    shown = [
        (profile.token, profile.VideoEncoderConfiguration.Resolution.Width) for profile in profiles
    ]
    assert shown == [("profile_main", 1280), ("profile_sub", 640)]
    assert uri.Uri == "rtsp://127.0.0.1:8554/cam/7/main"
    assert [encoder.H264.GovLength for encoder in encoders] == [50, 25]
    assert picture[:2] == b"\xff\xd8"


async def test_the_head_moves_stops_and_remembers():
    device = _device()
    async with OnvifCamera(device, credential=_LOGIN) as camera, _client(camera) as client:
        ptz = await client.create_ptz_service()
        await ptz.AbsoluteMove({**_MAIN, "Position": {"PanTilt": {"x": 0.5, "y": -0.5}}})
        await ptz.RelativeMove({**_MAIN, "Translation": {"PanTilt": {"x": 0.1, "y": 0.1}}})
        status = await ptz.GetStatus(_MAIN)
        token = await ptz.SetPreset({**_MAIN, "PresetName": "院门"})
        await ptz.ContinuousMove({**_MAIN, "Velocity": {"PanTilt": {"x": -1, "y": 0}}})
        assert (await ptz.GetStatus(_MAIN)).MoveStatus.PanTilt == "MOVING"
        await ptz.Stop({**_MAIN, "PanTilt": True})
        await ptz.GotoPreset({**_MAIN, "PresetToken": token})
        names = [preset.Name for preset in await ptz.GetPresets(_MAIN)]
        with pytest.raises(zeep_exceptions.Fault, match="no such preset"):
            await ptz.GotoPreset({**_MAIN, "PresetToken": "99"})
    position = status.Position.PanTilt
    assert (round(position.x, 2), round(position.y, 2)) == (0.6, -0.4)
    assert "院门" in names
    assert device.head.position == device.head.presets[token].position
    assert device.head.moves[-3:] == ["continuous", "stop", "preset"]


def test_a_timed_move_ends_by_itself_and_at_the_limit():
    now = 0.0
    head = Head(lambda: now)
    head.move(Vector(pan=1.0), for_s=1.0)
    now = 0.5
    assert (head.position.pan, head.moving) == (0.25, True)
    now = 9.0
    assert (head.position.pan, head.moving) == (0.5, False)
    head.move_by(Vector(pan=7.0, zoom=-1.0))
    assert head.position == Vector(1.0, 0.0, 0.0)


async def test_motion_is_pulled_and_a_pull_point_ends():
    device = _device()
    async with OnvifCamera(device, credential=_LOGIN) as camera, _client(camera) as client:
        manager = await client.create_pullpoint_manager(timedelta(seconds=60), lambda: None)
        request = {"Timeout": timedelta(seconds=5), "MessageLimit": 10}
        pull = asyncio.create_task(manager.get_service().PullMessages(request))
        while "PullMessages" not in camera.calls:
            await asyncio.sleep(0)
        camera.motion()
        messages = (await pull).NotificationMessage
        assert messages[0].Topic._value_1 == "tns1:RuleEngine/CellMotionDetector/Motion"
        item = messages[0].Message._value_1.Data.SimpleItem[0]
        assert (item.Name, item.Value) == ("IsMotion", "true")
        await manager._subscription.Renew("PT120S")
        await manager.shutdown()
    assert device.events.pull_points == {}


async def test_http_digest_alone_is_asked_for_and_accepted():
    aiohttp = pytest.importorskip("aiohttp")
    async with OnvifCamera(_device(), credential=_LOGIN, login=LoginKind.HTTP_DIGEST) as camera:
        url = f"http://127.0.0.1:{camera.port}/onvif/snapshot/profile_main"
        for password, status in (("S3cret", 200), ("wrong", 401)):
            login = aiohttp.DigestAuthMiddleware("admin", password)
            async with (
                aiohttp.ClientSession(middlewares=(login,)) as session,
                session.get(url) as answer,
            ):
                assert answer.status == status
