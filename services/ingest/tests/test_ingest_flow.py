"""From a camera to the bus: demand, GOP, live units, snapshots, keys."""

import itertools

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_kit import subjects
from huiyan_media.assembler import Assembler
from huiyan_media.order import JoinPoint
from huiyan_testing.camera import StreamKey, TrackName, VideoCodec, find_stamp

CAMERA = "cam_flow"


async def test_demand_brings_gop_and_live_units_without_a_gap(bench) -> None:
    await bench.put_row(CAMERA, bench.farm.url(1, "main"), live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    live = await bench.units(subjects.media(bench.town, CAMERA, "main"))
    reply = await bench.demand(CAMERA)
    assert reply.state == pb.PRESENCE_STATE_ONLINE
    assert reply.track.codec == "h264"
    assert (reply.track.width, reply.track.height) == (1280, 720)
    assert not reply.track.b_frames
    assembler = Assembler()
    gop = [unit for one in reply.gop if (unit := assembler.push(one)) is not None]
    assert gop[0].keyframe
    await bench.until(lambda: len(live) > 30, "live units")
    join = JoinPoint(gop)
    taken = [unit for unit in live if join.accept(unit) is not None]
    assert taken[0].au_seq == gop[-1].au_seq + 1
    assert join.gaps == 0
    stamps = [find_stamp(unit.payload, VideoCodec.H264) for unit in [*gop, *taken]]
    counters = [stamp.counter for stamp in stamps if stamp is not None]
    assert counters == list(range(counters[0], counters[0] + len(gop) + len(taken)))
    steps = {(b.rtp_timestamp - a.rtp_timestamp) & 0xFFFFFFFF for a, b in itertools.pairwise(taken)}
    assert steps == {3600}


async def test_unwatched_camera_publishes_nothing_and_demand_lapses(bench) -> None:
    await bench.stop_ingest()
    await bench.start_ingest(demand_lives_s=0.8)
    await bench.put_row(CAMERA, bench.farm.url(1), live=True)
    everything = await bench.units(subjects.media(bench.town, CAMERA, "main"))
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    pull = bench.fleet.cameras[0].pulls["main"]
    await bench.until(lambda: len(pull.gop.snapshot()) > 10, "units in the cache")
    assert everything == []
    await bench.demand(CAMERA, gop=False)
    await bench.until(lambda: len(everything) > 3, "units while demanded")
    await bench.until(lambda: not bench.fleet.cameras[0].book.living(), "demand forgotten")
    published = len(everything)
    seen = pull.video.rates.fps, pull.last_unit_at_ns
    await bench.until(
        lambda: pull.last_unit_at_ns > seen[1] + 500_000_000, "half a second of the stream"
    )
    assert len(everything) - published <= 2


async def test_cold_camera_opens_on_demand_and_closes_after_it(bench) -> None:
    await bench.stop_ingest()
    await bench.start_ingest(demand_lives_s=2.5)
    await bench.farm.preload(StreamKey(1, TrackName.MAIN), StreamKey(1, TrackName.SUB))
    await bench.put_row(CAMERA, bench.farm.url(1), sub_url=bench.farm.url(1, "sub"))
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    camera = bench.farm.camera(1)
    assert camera.sessions == 0
    assert camera.describes >= 1
    reply = await bench.demand(CAMERA, "sub")
    if reply.state == pb.PRESENCE_STATE_CONNECTING:  # its keyframe came after 1.5 s
        assert not reply.gop
        reply = await bench.demand(CAMERA, "sub")
    assert reply.state == pb.PRESENCE_STATE_ONLINE
    assert (reply.track.track, reply.track.width) == ("sub", 640)
    assert len(reply.gop) >= 1
    assert camera.sessions == 1
    await bench.until(lambda: camera.sessions == 0, "closed when nobody wants it")


async def test_off_closes_rtsp_and_forgets_pictures(bench) -> None:
    url = bench.farm.url(1)
    await bench.put_row(CAMERA, url, live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    live = await bench.units(subjects.media(bench.town, CAMERA, "main"))
    await bench.demand(CAMERA)
    await bench.until(lambda: len(live) > 3, "live units")
    await bench.put_row(CAMERA, url, live=True, off=True)
    off = await bench.until_state(CAMERA, pb.PRESENCE_STATE_OFF)
    assert off.cause == "switched_off"
    await bench.until(lambda: bench.farm.camera(1).sessions == 0, "RTSP closed")
    published = len(live)
    reply = await bench.demand(CAMERA)
    still = await bench.snapshot(CAMERA)
    assert reply.state == pb.PRESENCE_STATE_OFF
    assert not reply.gop
    assert still.state == pb.PRESENCE_STATE_OFF
    assert still.jpeg == b""
    assert bench.farm.camera(1).sessions == 0
    assert len(live) == published
    await bench.put_row(CAMERA, url, live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)


async def test_row_is_obeyed_live(bench) -> None:
    await bench.put_row(CAMERA, bench.farm.url(1), live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    await bench.put_row(CAMERA, bench.farm.url(2), live=True)
    await bench.until(lambda: bench.farm.camera(2).sessions == 1, "the new URL is pulled")
    assert bench.farm.camera(1).sessions == 0
    await bench.put_row(CAMERA, bench.farm.url(2), live=True, valid_until_ns=1)
    expired = await bench.until_state(CAMERA, pb.PRESENCE_STATE_OFF)
    assert expired.cause == "valid_until_passed"
    await bench.until(lambda: bench.farm.camera(2).sessions == 0, "closed at the end of its time")
    await bench.remove_row(CAMERA)
    await bench.until(lambda: CAMERA not in bench.presence, "presence of a removed row is gone")
    assert len(bench.fleet) == 0


async def test_snapshot_is_a_jpeg_and_outlives_the_stream(bench) -> None:
    await bench.put_row(CAMERA, bench.farm.url(1), live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    still = await bench.snapshot(CAMERA, 320)
    assert still.jpeg[:3] == b"\xff\xd8\xff"
    assert (still.width, still.height) == (320, 180)
    bench.farm.camera(1).set_fault("404")
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_NOT_FOUND)
    before = await bench.snapshot(CAMERA, 4000)
    assert before.state == pb.PRESENCE_STATE_NOT_FOUND
    assert before.width == 1280
    assert before.captured_at_ns >= still.captured_at_ns


async def test_keys_flow_exactly_while_the_row_says_so(bench) -> None:
    keys = await bench.units(subjects.keys(bench.town, CAMERA))
    await bench.put_row(CAMERA, bench.farm.url(1), keys=True)
    await bench.until(lambda: len(keys) >= 2, "two keyframes")
    assert all(unit.keyframe for unit in keys)
    await bench.put_row(CAMERA, bench.farm.url(1), live=True)
    camera = bench.fleet.cameras[0]
    await bench.until(lambda: not camera.row.sinks.keys, "the row is there")
    count, newest = len(keys), camera.last_picture.keyframe
    await bench.until(lambda: camera.last_picture.keyframe is not newest, "one more keyframe")
    assert len(keys) == count


async def test_variants_are_detected(bench) -> None:
    await bench.put_row("cam_b", bench.farm.url(1, "main", "bframes"), live=True)
    await bench.put_row("cam_h265", bench.farm.url(2, "main", "h265"), live=True)
    await bench.put_row("cam_sound", bench.farm.url(3, "main", "pcma"), live=True)
    for camera in ("cam_b", "cam_h265", "cam_sound"):
        await bench.until_state(camera, pb.PRESENCE_STATE_ONLINE, 60)
    await bench.until(
        lambda: all(one.tracks and one.tracks[0].fps > 0 for one in bench.presence.values()),
        "rates are measured",
    )
    b, h265, sound = (bench.presence[one] for one in ("cam_b", "cam_h265", "cam_sound"))
    assert b.tracks[0].b_frames
    assert (h265.tracks[0].codec, h265.tracks[0].b_frames) == ("h265", False)
    assert h265.tracks[0].codec_string.startswith("hvc1.")
    assert [track.codec for track in sound.tracks] == ["h264", "pcma"]
    assert 20 <= sound.tracks[0].fps <= 30
    assert sound.tracks[0].camera_minus_arrival_ns < 500_000_000
    audio = await bench.units(subjects.media(bench.town, "cam_sound", "audio"))
    reply = await bench.demand("cam_sound", "audio")
    assert reply.state == pb.PRESENCE_STATE_ONLINE
    assert reply.track.codec == "pcma"
    await bench.until(lambda: len(audio) > 20, "audio units")
    assert [unit.au_seq for unit in audio] == list(
        range(audio[0].au_seq, audio[0].au_seq + len(audio))
    )


async def test_runs_grow_over_a_restart_of_the_worker(bench) -> None:
    await bench.put_row(CAMERA, bench.farm.url(1), live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    first = bench.fleet.cameras[0].pulls["main"].run_id
    await bench.stop_ingest()
    assert bench.farm.camera(1).sessions == 0
    await bench.start_ingest()
    await bench.until(
        lambda: (
            bool(bench.fleet.cameras)
            and "main" in bench.fleet.cameras[0].pulls
            and bench.fleet.cameras[0].pulls["main"].run_id > first
        ),
        "a newer run",
    )
    assert bench.lifecycle.health.ready


async def test_overflow_is_left_out(bench) -> None:
    await bench.stop_ingest()
    await bench.start_ingest(max_cameras=1)
    await bench.put_row("cam_1", bench.farm.url(1))
    await bench.put_row("cam_2", bench.farm.url(2))
    await bench.until_state("cam_1", pb.PRESENCE_STATE_ONLINE)
    metrics = bench.lifecycle.metrics
    await bench.until(
        lambda: metrics.get_sample_value("huiyan_ingest_cameras_left_out") == 1, "one is left out"
    )
    assert "cam_2" not in bench.presence
