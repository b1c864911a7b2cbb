"""Probing the simulator over real sockets, as installers' cameras come."""

import pytest
from huiyan_registry.onboarding.discovery import Discovery
from huiyan_registry.onboarding.failures import ProbeError, ProbeProblem
from huiyan_registry.onboarding.probe_pool import ProbePool
from huiyan_testing.camera import Credential, VideoVariant
from huiyan_testing.onvif import DiscoveryResponder, LoginKind, OnvifCamera, OnvifDevice
from huiyan_testing.scenes.rendition import TrackName

_LOGIN = Credential("installer", "Long-enough-1")


def _device(**more):
    return OnvifDevice(lambda track: f"rtsp://127.0.0.1:8554/cam/3/{track}", **more)


@pytest.fixture
def pool():
    made = ProbePool()
    yield made
    made.close()


async def _probe(pool, camera, password=_LOGIN.password):
    return await pool.probe("127.0.0.1", camera.port, _LOGIN.user, password)


@pytest.mark.parametrize("login", list(LoginKind))
@pytest.mark.parametrize("media2", [True, False])
async def test_media2_first_then_media_by_each_login(pool, login, media2):
    device = _device(media2=media2, media=not media2, clock_offset_s=-7200)
    async with OnvifCamera(device, credential=_LOGIN, login=login) as camera:
        facts = await _probe(pool, camera)
    assert facts.service == ("media2" if media2 else "media")
    assert (facts.maker, facts.model, facts.serial) == ("Huiyan Simulator", "HY-SIM-1", "SIM0001")
    assert facts.clock_offset_ms is not None
    assert abs(facts.clock_offset_ms + 7_200_000) < 1500
    shown = [(p.token, p.codec, p.width, p.height, p.fps, p.kbps, p.gop) for p in facts.profiles]
    assert shown == [
        ("profile_main", "h264", 1280, 720, 25, 2000, 50),
        ("profile_sub", "h264", 640, 360, 25, 600, 25),
    ]
    assert facts.profiles[1].url == "rtsp://127.0.0.1:8554/cam/3/sub"
    assert facts.ptz and facts.events


async def test_what_media2_tells_of_other_codings(pool):
    device = _device(main_variant=VideoVariant.H265, gop={TrackName.MAIN: 250}, ptz=False)
    async with OnvifCamera(device, credential=_LOGIN) as camera:
        facts = await _probe(pool, camera)
        assert (facts.profiles[0].codec, facts.profiles[0].gop) == ("h265", 250)
        assert not facts.ptz
        device.main_variant = VideoVariant.B_FRAMES
        assert (await _probe(pool, camera)).profiles[0].h264_profile == "High"


async def test_a_wrong_password_is_tried_once(pool):
    async with OnvifCamera(_device(), credential=_LOGIN, login=LoginKind.TOKEN) as camera:
        with pytest.raises(ProbeError) as refused:
            await _probe(pool, camera, "wrong")
        assert refused.value.problem is ProbeProblem.LOGIN
        assert camera.login.refusals == 1
        assert camera.calls == ["GetSystemDateAndTime", "GetDeviceInformation"]


async def test_nobody_there_and_nothing_usable(pool):
    camera = OnvifCamera(_device(media=False, media2=False), credential=_LOGIN)
    async with camera:
        with pytest.raises(ProbeError) as refused:
            await _probe(pool, camera)
        assert refused.value.problem is ProbeProblem.NO_PROFILES
    with pytest.raises(ProbeError) as refused:
        await _probe(pool, camera)
    assert refused.value.problem is ProbeProblem.UNREACHABLE
    assert "Long-enough-1" not in str(refused.value.refusal())


async def test_discovery_finds_each_camera_once_and_drops_strangers():
    async with (
        OnvifCamera(_device(serial="A", model="HY_A")) as one,
        OnvifCamera(_device(serial="B")) as two,
        OnvifCamera(_device(serial="C", other_host="10.20.0.3")) as liar,
        DiscoveryResponder([one, two, liar], port=0, repeats=3) as responder,
    ):
        search = Discovery(["127.0.0.1"], responder.port, lambda address: True)
        found = await search.search(0.7)
        # It was asked twice, in case the first question is lost.
        assert responder.probes == 2
        assert [(d.address, d.port) for d in found] == sorted(
            ("127.0.0.1", camera.port) for camera in (one, two)
        )
        assert {d.model for d in found} == {"HY A", "HY-SIM-1"}
        assert search.dropped == 6
        nowhere = Discovery(["127.0.0.1"], responder.port, lambda address: False)
        assert await nowhere.search(0.6) == []
        assert nowhere.dropped == 18
