"""Each fault of a camera becomes its own presence state, and no other camera notices."""

import asyncio
import logging
import socket
from urllib.parse import quote

import pytest
from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_kit import subjects

CAMERA = "cam_bad"
OTHER = "cam_good"
PASSWORD = 'c4nary p@ss/word?"&'


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("fault", "state", "causes"),
    [
        ("fault/401", pb.PRESENCE_STATE_UNAUTHORISED, {"login_refused"}),
        ("fault/404", pb.PRESENCE_STATE_NOT_FOUND, {"no_such_path"}),
        ("fault/hang", pb.PRESENCE_STATE_UNREACHABLE, {"timeout"}),
        ("fault/hangdescribe", pb.PRESENCE_STATE_UNREACHABLE, {"timeout"}),
        ("fault/garbage", pb.PRESENCE_STATE_GARBAGE, {"no_rtsp"}),
        ("fault/garbagemedia", pb.PRESENCE_STATE_GARBAGE, {"no_video", "no_rtsp"}),
        ("fault/drop3", pb.PRESENCE_STATE_UNREACHABLE, {"connection_closed"}),
        ("fault/end3", pb.PRESENCE_STATE_UNREACHABLE, {"connection_closed"}),
        ("fault/stall3", pb.PRESENCE_STATE_STALLED, {"no_units"}),
    ],
)
async def test_fault_is_named_and_touches_no_other_camera(bench, fault, state, causes) -> None:
    await bench.put_row(OTHER, bench.farm.url(2), live=True)
    await bench.put_row(CAMERA, bench.farm.url(1, "main", fault), live=True)
    await bench.until_state(OTHER, pb.PRESENCE_STATE_ONLINE)
    seen = await bench.until_state(CAMERA, state)
    assert seen.cause in causes
    assert seen.since_ns > 0
    assert seen.worker.startswith("ingest-")
    pull = next(one for one in bench.fleet.cameras if one.row.camera == CAMERA).pulls["main"]
    await bench.until(lambda: pull.reconnects >= 2, "it tries again")
    good = next(one for one in bench.fleet.cameras if one.row.camera == OTHER).pulls["main"]
    assert good.reconnects == 0
    assert {told.state for told in bench.history if told.camera == OTHER} <= {
        pb.PRESENCE_STATE_CONNECTING,
        pb.PRESENCE_STATE_ONLINE,
    }


async def test_closed_port_is_unreachable(bench) -> None:
    await bench.put_row(CAMERA, f"rtsp://127.0.0.1:{closed_port()}/cam", live=True)
    seen = await bench.until_state(CAMERA, pb.PRESENCE_STATE_UNREACHABLE)
    assert seen.cause == "connection_refused"
    reply = await bench.demand(CAMERA)
    assert reply.state == pb.PRESENCE_STATE_UNREACHABLE
    assert not reply.gop


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("http://127.0.0.1/x", "url_forbidden"),
        ("file:///etc/passwd", "url_forbidden"),
        ("rtsp://user:pass@127.0.0.1/x", "url_forbidden"),
        ("rtsp://169.254.169.254/x", "address_forbidden"),
        ("rtsp://[::ffff:127.0.0.1]/x", "address_forbidden"),
        ("rtsp://8.8.8.8/x", "address_forbidden"),
    ],
)
async def test_forbidden_url_is_refused(bench, url, cause) -> None:
    await bench.put_row(CAMERA, url, live=True)
    seen = await bench.until_state(CAMERA, pb.PRESENCE_STATE_REFUSED)
    assert seen.cause == cause


async def test_stalled_camera_recovers_with_a_discontinuity(bench) -> None:
    await bench.put_row(CAMERA, bench.farm.url(1), live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    live = await bench.units(subjects.media(bench.town, CAMERA, "main"))
    first = await bench.demand(CAMERA)
    await bench.until(lambda: len(live) > 5, "live units")
    bench.farm.camera(1).set_fault("drop")
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_UNREACHABLE)
    bench.farm.camera(1).clear_fault()
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    await bench.demand(CAMERA, gop=False)
    await bench.until(lambda: live[-1].run_id > first.run_id, "units of a newer run")
    newer = [unit for unit in live if unit.run_id > first.run_id]
    assert newer[0].discontinuity
    assert newer[0].au_seq == 0


async def test_login_is_used_and_never_shown(bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = bench.farm.url(1, "main", "auth")
    sealed = bench.seal(bench.farm.credential)
    await bench.put_row(CAMERA, url, live=True, credential=sealed)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    await bench.demand(CAMERA)
    for fault in ("401", "drop", "hang", "garbage"):
        bench.farm.camera(1).set_fault(fault)
        camera = bench.fleet.cameras[0]
        await bench.until(
            lambda camera=camera: bool(camera.pulls) and camera.cause != "", f"{fault} shows"
        )
    told = caplog.text.encode() + bytes(bench.bus_bytes)
    for form in (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD)):
        assert form.encode() not in told
    assert sealed not in told


async def test_wrong_and_unreadable_logins(bench) -> None:
    url = bench.farm.url(1, "main", "auth")
    wrong = type(bench.farm.credential)("watcher", "wrong")
    await bench.put_row(CAMERA, url, live=True, credential=bench.seal(wrong))
    seen = await bench.until_state(CAMERA, pb.PRESENCE_STATE_UNAUTHORISED)
    assert seen.cause == "login_refused"
    await bench.put_row(CAMERA, url, live=True, credential=b"no sealed box")
    await bench.until(
        lambda: bench.presence[CAMERA].cause == "credential_unreadable", "unreadable login"
    )
    assert bench.presence[CAMERA].state == pb.PRESENCE_STATE_UNAUTHORISED


async def test_camera_that_comes_back_is_online_again(bench) -> None:
    bench.farm.camera(1).set_fault("404")
    await bench.put_row(CAMERA, bench.farm.url(1), live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_NOT_FOUND)
    bench.farm.camera(1).clear_fault()
    seen = await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    assert seen.reconnects >= 1
    await asyncio.wait_for(bench.demand(CAMERA), 3)
