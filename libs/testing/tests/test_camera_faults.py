"""Each fault, by URL and at run time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from huiyan_testing.camera import CameraFarm, ClipLibrary
from huiyan_testing.camera.errors import RouteError, RtspSyntaxError
from huiyan_testing.camera.probe import Packet, RtspProbe
from huiyan_testing.scenes.rendition import TrackName
from huiyan_testing.scenes.scene import SceneKind

_BYE = 203


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ClipLibrary:
    folder = tmp_path_factory.getbasetemp() / "camera-faults"
    library = ClipLibrary(
        folder, loop_frames=50, shared_clip=True, kind_of=lambda number: SceneKind.SMOKE
    )
    library.clip(1, TrackName.SUB)  # drawn now, so that no time-out has to wait for it
    return library


@pytest.fixture
async def farm(clips: ClipLibrary) -> AsyncIterator[CameraFarm]:
    async with CameraFarm(clips) as running:
        yield running


async def _read_until_error(probe: RtspProbe) -> tuple[list[Packet], BaseException]:
    packets: list[Packet] = []
    try:
        async for packet in probe.packets():
            packets.append(packet)
    except (TimeoutError, EOFError, ConnectionError, RtspSyntaxError) as error:
        return packets, error
    raise AssertionError("the stream has no end")


async def test_stall_keeps_the_connection(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub", "fault/stall1.2"), timeout_s=1.5) as probe:
        await probe.play()
        packets, error = await _read_until_error(probe)
        assert isinstance(error, TimeoutError)
        assert packets
        assert (await probe.request("GET_PARAMETER", probe.url)).status == 200


async def test_drop_resets(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub", "fault/drop1.2")) as probe:
        await probe.play()
        packets, error = await _read_until_error(probe)
    assert isinstance(error, EOFError | ConnectionError)
    assert all(packet.payload[1] != _BYE for packet in packets)


async def test_end_says_goodbye(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub", "fault/end0.5")) as probe:
        await probe.play()
        packets, error = await _read_until_error(probe)
    assert isinstance(error, EOFError)
    assert (packets[-1].channel, packets[-1].payload[1]) == (1, _BYE)


@pytest.mark.parametrize("fault", ["401", "404"])
async def test_status_faults(farm: CameraFarm, fault: str) -> None:
    async with RtspProbe(farm.url(1, "sub", f"fault/{fault}")) as probe:
        assert (await probe.request("OPTIONS", probe.url)).status == 200
        with pytest.raises(ConnectionRefusedError, match=f"DESCRIBE {fault}"):
            await probe.play()


async def test_hang_never_answers(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub", "fault/hang"), timeout_s=0.4) as probe:
        with pytest.raises(TimeoutError):
            await probe.request("OPTIONS", probe.url)


async def test_hangdescribe_answers_options_only(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub", "fault/hangdescribe"), timeout_s=0.4) as probe:
        assert (await probe.request("OPTIONS", probe.url)).status == 200
        with pytest.raises(TimeoutError):
            await probe.request("DESCRIBE", probe.url)


async def test_garbage_instead_of_an_answer(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub", "fault/garbage"), timeout_s=0.6) as probe:
        with pytest.raises((RtspSyntaxError, TimeoutError)):
            await probe.request("DESCRIBE", probe.url)


async def test_garbage_instead_of_media(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub", "fault/garbagemedia"), timeout_s=2.5) as probe:
        await probe.play()
        packets, error = await _read_until_error(probe)
    assert isinstance(error, TimeoutError | RtspSyntaxError)
    assert len(packets) < 50


async def test_slow_answers_late(farm: CameraFarm) -> None:
    loop = asyncio.get_running_loop()
    async with RtspProbe(farm.url(1, "sub", "fault/slow0.3")) as probe:
        begin = loop.time()
        assert (await probe.request("OPTIONS", probe.url)).status == 200
        assert loop.time() - begin >= 0.29


async def test_stall_at_run_time_and_recovery(farm: CameraFarm) -> None:
    camera = farm.camera(4)
    async with RtspProbe(farm.url(4, "sub"), timeout_s=1.6) as probe:
        await probe.play()
        async for packet in probe.packets():
            if packet.channel == 0:
                break
        camera.set_fault("stall")
        _, error = await _read_until_error(probe)
        assert isinstance(error, TimeoutError)
        sent = camera.log.total
        camera.clear_fault()
        async for packet in probe.packets():
            if packet.channel == 0:
                break
        assert camera.log.units()[sent - camera.log.dropped].keyframe


@pytest.mark.parametrize("fault", ["drop", "end", "401", "404"])
async def test_faults_at_run_time_close_sessions(farm: CameraFarm, fault: str) -> None:
    camera = farm.camera(5)
    async with RtspProbe(farm.url(5, "sub")) as probe, RtspProbe(farm.url(6, "sub")) as other:
        await probe.play()
        await other.play()
        camera.set_fault(fault)
        _, error = await _read_until_error(probe)
        assert isinstance(error, EOFError | ConnectionError)
        assert (camera.sessions, farm.camera(6).sessions) == (0, 1)
    camera.clear_fault()
    async with RtspProbe(farm.url(5, "sub")) as probe:
        assert "m=video" in await probe.play()


async def test_dropping_camera_refuses_new_sessions(farm: CameraFarm) -> None:
    farm.camera(7).set_fault("drop")
    async with RtspProbe(farm.url(7, "sub")) as probe:
        with pytest.raises((EOFError, ConnectionError)):
            await probe.play()


def test_unknown_fault_is_refused(clips: ClipLibrary) -> None:
    with pytest.raises(RouteError):
        CameraFarm(clips).camera(1).set_fault("explode")
