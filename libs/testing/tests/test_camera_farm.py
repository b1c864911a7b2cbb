"""The farm seen by a real player (PyAV) and by a client that reads bytes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import av
import pytest
from huiyan_testing.camera import CameraFarm, ClipLibrary, Credential, DigestAlgorithm, find_stamp
from huiyan_testing.camera.annexb import VideoCodec
from huiyan_testing.camera.probe import Packet, RtspProbe
from huiyan_testing.camera.route import StreamKey
from huiyan_testing.camera.stamp import Stamp, parse_stamp
from huiyan_testing.scenes.bar import BarReading, read_bar
from huiyan_testing.scenes.rendition import TrackName
from huiyan_testing.scenes.scene import SceneKind

_LOOP = 50
_CREDENTIAL = Credential("admin", "cam:pa ss")
_PLAYER = {"rtsp_transport": "tcp", "analyzeduration": "400000", "probesize": "100000"}


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ClipLibrary:
    folder = tmp_path_factory.getbasetemp() / "camera-clips"
    return ClipLibrary(folder, loop_frames=_LOOP, kind_of=lambda number: SceneKind.SMOKE)


@pytest.fixture
async def farm(clips: ClipLibrary) -> AsyncIterator[CameraFarm]:
    async with CameraFarm(clips, credentials=_CREDENTIAL) as running:
        yield running


def _watch(
    url: str, pictures: int
) -> tuple[list[tuple[Stamp | None, BarReading | None]], set[str]]:
    """Play until `pictures` are decoded: stamp and bar of each, and the codecs of all streams."""
    seen: list[tuple[Stamp | None, BarReading | None]] = []
    with av.open(url, options=_PLAYER, timeout=10) as container:
        codecs = {stream.codec_context.name for stream in container.streams}
        heard = set()
        for packet in container.demux():
            heard.add(packet.stream.codec_context.name)
            if packet.stream.type != "video":
                continue
            hevc = packet.stream.codec_context.name == "hevc"
            stamp = find_stamp(bytes(packet), VideoCodec.H265 if hevc else VideoCodec.H264)
            for frame in packet.decode():
                seen.append((stamp, read_bar(frame.to_ndarray(format="gray"))))
            if len(seen) >= pictures and heard == codecs:
                return seen, codecs
    return seen, set()


@pytest.mark.parametrize(
    ("track", "options", "codecs"),
    [
        ("main", (), {"h264"}),
        ("sub", ("pcma",), {"h264", "pcm_alaw"}),
        ("sub", ("pcmu",), {"h264", "pcm_mulaw"}),
        ("sub", ("h265", "aac"), {"hevc", "aac"}),
    ],
)
async def test_player_sees_bar_and_stamp(
    farm: CameraFarm, track: str, options: tuple[str, ...], codecs: set[str]
) -> None:
    seen, found = await asyncio.to_thread(_watch, farm.url(2, track, *options), 12)
    assert found == codecs
    for stamp, bar in seen:
        assert stamp is not None
        assert stamp.camera == 2
        assert bar == BarReading(2, stamp.counter % _LOOP)
    counters = [stamp.counter for stamp, _ in seen if stamp is not None]
    assert counters == list(range(counters[0], counters[0] + len(counters)))


async def test_player_decodes_b_frames(farm: CameraFarm) -> None:
    seen, _ = await asyncio.to_thread(_watch, farm.url(2, "sub", "bframes"), 12)
    frames = [bar.frame for _, bar in seen if bar is not None]
    assert all((b - a) % _LOOP == 1 for a, b in pairwise(frames))


async def test_log_tells_what_arrived(farm: CameraFarm) -> None:
    arrived: list[Stamp] = []
    async with RtspProbe(farm.url(3, "sub")) as probe:
        await probe.play()
        async for packet in probe.packets():
            stamp = (
                parse_stamp(packet.payload[12:], VideoCodec.H264) if packet.channel == 0 else None
            )
            if stamp is not None:
                arrived.append(stamp)
            if len(arrived) == 30:
                break
        assert farm.camera(3).sessions == 1
    log = farm.camera(3).log.units(StreamKey(3, TrackName.SUB))[:30]
    assert [(s.counter, s.sent_ns) for s in arrived] == [(u.counter, u.sent_ns) for u in log]
    assert log[0].keyframe
    assert farm.camera(3).connect_attempts == 1
    gaps = [b.sent_ns - a.sent_ns for a, b in pairwise(log)]
    assert abs(sum(gaps) / len(gaps) - 40e6) < 4e6


async def test_sender_report_comes_first_and_maps_time(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub", "pcma")) as probe:
        await probe.play(0, 1)
        packets = [packet async for packet in _take(probe, 12)]
    reports = [packet for packet in packets[:2] if packet.channel in (1, 3)]
    assert [report.channel for report in reports] == [1, 3]
    seconds, stamp = struct.unpack("!8xI4xI8x", reports[0].payload)
    first_rtp = next(packet for packet in packets if packet.channel == 0)
    ahead = struct.unpack_from("!I", first_rtp.payload, 4)[0] - stamp
    assert seconds > 2_208_988_800
    assert 0 <= ahead <= 90_000 * 2


async def _take(probe: RtspProbe, count: int) -> AsyncIterator[Packet]:
    async for packet in probe.packets():
        yield packet
        count -= 1
        if count == 0:
            return


@pytest.mark.parametrize("algorithm", list(DigestAlgorithm))
async def test_password_decides(clips: ClipLibrary, algorithm: DigestAlgorithm) -> None:
    async with CameraFarm(clips, credentials=_CREDENTIAL, digest_algorithm=algorithm) as farm:
        url = farm.url(1, "sub", "auth")
        async with RtspProbe(url, _CREDENTIAL) as probe:
            assert "m=video" in await probe.play()
        for wrong in (None, Credential("admin", "wrong"), Credential("other", "cam:pa ss")):
            async with RtspProbe(url, wrong) as probe:
                with pytest.raises(ConnectionRefusedError, match="DESCRIBE 401"):
                    await probe.play()
        assert farm.camera(1).refusals >= 5


async def test_player_with_wrong_password_gets_401(farm: CameraFarm) -> None:
    url = farm.url(1, "sub", "auth").replace("rtsp://", "rtsp://admin:wrong@")
    with pytest.raises(av.error.HTTPUnauthorizedError):
        await asyncio.to_thread(_watch, url, 1)


async def test_player_with_the_right_password_plays(farm: CameraFarm) -> None:
    url = farm.url(1, "sub", "auth").replace("rtsp://", "rtsp://admin:cam%3Apa%20ss@")
    seen, _ = await asyncio.to_thread(_watch, url, 1)
    assert len(seen) == 1


async def test_slow_client_skips_to_a_keyframe(farm: CameraFarm) -> None:
    """The transport's own signal stands for a full buffer: loopback sockets swallow megabytes."""
    camera = farm.camera(1)
    slow, quick = RtspProbe(farm.url(1, "sub")), RtspProbe(farm.url(1, "sub"))
    async with slow, quick:
        await slow.play()
        await quick.play()
        await _until(lambda: [unit.clients for unit in camera.log.units()[-1:]] == [2])
        stuck = next(iter(farm.connections))
        stuck.pause_writing()
        await _until(lambda: camera.skipped_units > 5)
        stuck.resume_writing()
        paused = len(camera.log)
        await _until(lambda: any(unit.clients == 2 for unit in camera.log.units()[paused:]))
    units = camera.log.units()[paused:]
    again = next(index for index, unit in enumerate(units) if unit.clients == 2)
    assert units[again].keyframe
    assert all(unit.clients == 1 for unit in units[:again])


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(6):
        while not condition():
            await asyncio.sleep(0.02)


async def test_methods_outside_their_state(farm: CameraFarm) -> None:
    async with RtspProbe(farm.url(1, "sub")) as probe:
        assert (await probe.request("OPTIONS", "*")).headers["public"].startswith("OPTIONS")
        assert (await probe.request("PLAY", probe.url)).status == 455
        assert (await probe.request("RECORD", probe.url)).status == 405
        udp = await probe.request("SETUP", probe.url, Transport="RTP/AVP;unicast;client_port=5-6")
        assert udp.status == 461
        assert (await probe.request("DESCRIBE", farm.url(1) + "/nowhere")).status == 404
        await probe.play()
        assert (await probe.request("GET_PARAMETER", probe.url)).status == 200
        assert (await probe.request("TEARDOWN", probe.url)).status == 200
    assert farm.camera(1).sessions == 0


async def test_hundred_cameras_share_one_clip(clips: ClipLibrary, tmp_path: Path) -> None:
    shared = ClipLibrary(
        tmp_path, loop_frames=_LOOP, shared_clip=True, kind_of=lambda n: SceneKind.SMOKE
    )
    async with CameraFarm(shared) as farm:
        await farm.preload(*(StreamKey(number, TrackName.SUB) for number in range(1, 101)))
        async with RtspProbe(farm.url(100, "sub")) as probe:
            await probe.play()
            async for packet in probe.packets():
                stamp = parse_stamp(packet.payload[12:], VideoCodec.H264)
                if packet.channel == 0 and stamp is not None:
                    assert stamp.camera == 100
                    break
    assert [path.name.split("-")[0] for path in tmp_path.rglob("*.mp4")] == ["00001"]
