"""The pure parts of onboarding: XML from strangers, streams, remarks, discovery's messages."""

import time
import tracemalloc
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_registry.onboarding import media_answers, remarks
from huiyan_registry.onboarding.check_remarks import offset_ms, remarks_of
from huiyan_registry.onboarding.live_check import Seen
from huiyan_registry.onboarding.stream_profile import StreamProfile, at_host, own_url, suggest
from huiyan_registry.onboarding.ws_discovery import probe, read_match
from huiyan_registry.onboarding.xml_guard import XmlRefusedError, check_xml
from huiyan_testing.onvif import HostileKind, Hostility, OnvifCamera, OnvifDevice
from huiyan_testing.onvif.discovery import _match as answer_of
from hypothesis import given
from hypothesis import strategies as st


def _profile(token: str, width: int, height: int, **more: object) -> StreamProfile:
    facts: dict[str, object] = {
        "name": token,
        "codec": "h264",
        "fps": 25.0,
        "kbps": 2000,
        "gop": 50,
        "h264_profile": "Main",
        "url": f"rtsp://10.20.0.9:554/{token}",
    }
    return StreamProfile(token=token, width=width, height=height, **{**facts, **more})


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (HostileKind.ENTITY_BOMB, "document_type"),
        (HostileKind.EXTERNAL_ENTITY, "document_type"),
        (HostileKind.HUGE_TREE, "too_many_elements"),
        (HostileKind.DEEP_TREE, "too_deep"),
        (HostileKind.WRONG_TYPE, "document_type"),
    ],
)
def test_dangerous_xml_is_refused_quickly_and_in_little_memory(kind, word):
    content = Hostility(kind, "http://192.0.2.1").response("/").body
    tracemalloc.start()
    begun = time.thread_time()
    with pytest.raises(XmlRefusedError, match=word):
        check_xml(content)
    spent = time.thread_time() - begun
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 0.5 and peak < 5_000_000


def test_decent_xml_passes_and_broken_does_not():
    check_xml(b'<?xml version="1.0" encoding="utf-8"?><a x="1"><b>\xe9\x99\xa2</b></a>')
    for broken in (
        b"",
        b"<a>",
        b"<a/><b/>",
        b"\xff\xfe",
        b'<?xml version="1.0" encoding="x"?><a/>',
    ):
        with pytest.raises(XmlRefusedError, match="not_well_formed"):
            check_xml(broken)
    with pytest.raises(XmlRefusedError, match="too_many_attributes"):
        check_xml(b"<a " + b" ".join(b'a%d=""' % n for n in range(65)) + b"/>")


@given(st.binary(max_size=300))
def test_any_bytes_are_judged(content):
    try:
        check_xml(content)
    except XmlRefusedError as refused:
        assert str(refused).isidentifier()


def test_a_stream_address_is_always_at_the_vetted_host():
    assert own_url("rtsp://admin:pw@10.20.0.9:554/a?b=1", "10.20.0.9") == (
        "rtsp://10.20.0.9:554/a?b=1",
        False,
    )
    assert own_url("rtsp://203.0.113.9/a", "10.20.0.9") == ("rtsp://10.20.0.9/a", True)
    assert own_url("rtsp://[fd00::9]/a", "fd00::1") == ("rtsp://[fd00::1]/a", True)
    for bad in ("http://10.20.0.9/", "rtsp:///a", "rtsp://h:0/", "rtsp://h/ a", "rtsp://h:x/", ""):
        assert own_url(bad, "10.20.0.9") is None
    placed = at_host(_profile("a", 1, 1), "10.20.0.1")
    assert placed is not None
    assert (placed[0].url, placed[1]) == ("rtsp://10.20.0.1:554/a", True)


def test_what_is_suggested():
    main, sub = _profile("m", 1920, 1080), _profile("s", 640, 360)
    tiny, hevc = _profile("t", 320, 180), _profile("x", 3840, 2160, codec="h265")
    assert suggest([tiny, sub, hevc, main]) == ("m", "s")
    assert suggest([hevc, sub]) == ("s", None)
    assert suggest([hevc]) == ("x", None)
    assert suggest([main, _profile("b", 1280, 720)]) == ("m", None)


def test_remarks_on_streams_clock_and_password():
    slow = _profile("m", 1920, 1080, gop=250, fps=25.0, h264_profile="High")
    assert [r.code for r in remarks.of_streams(slow, None)] == [
        "high_profile",
        "gop_long",
        "no_sub",
    ]
    codes = [r.code for r in remarks.of_streams(_profile("x", 9, 9, codec="h265"), slow)]
    assert codes == ["main_h265"]
    assert [r.code for r in remarks.of_clock(5001)] == ["clock_off"]
    assert "慢" in remarks.of_clock(-6000)[0].message
    assert remarks.of_clock(-4999) == []
    assert [r.code for r in remarks.of_clock(None)] == ["no_clock"]
    assert remarks.weak_password("admin", "12345")
    assert remarks.weak_password("Wang", "wang")
    assert not remarks.weak_password("admin", "Xk9-aa2!")
    every = [remarks.main_h265(), remarks.b_frames(seen=True), remarks.gop_long(9000)]
    every += [remarks.clock_off(1), remarks.default_password(), remarks.other_host()]
    assert all(r.message and r.message_en.isascii() for r in every)


def test_remarks_on_a_live_check():
    assert [r.code for r in remarks_of(Seen())] == ["ingest_away"]
    refused = Seen(state=pb.PRESENCE_STATE_UNAUTHORISED)
    assert [r.code for r in remarks_of(refused)] == ["unauthorised"]
    assert [r.code for r in remarks_of(Seen(state=pb.PRESENCE_STATE_CONNECTING))] == ["no_picture"]
    bad = pb.TrackInfo(track="main", codec="h265", gop_ms=8000, b_frames=True, fps=25)
    bad.camera_minus_arrival_ns = -90_000_000_000
    seen = Seen(b"jpeg", pb.PRESENCE_STATE_ONLINE, "", bad)
    codes = [r.code for r in remarks_of(seen)]
    assert codes == ["main_h265", "b_frames", "gop_long", "clock_off"]
    assert (offset_ms(bad), seen.whole) == (-90_000, True)


def test_odd_answers_make_no_profile_and_no_time():
    odd = [None, 7, "x", SimpleNamespace(token="t"), SimpleNamespace(token=None)]
    odd += [SimpleNamespace(token="t", VideoEncoderConfiguration=SimpleNamespace(Encoding=3))]
    for told in odd:
        assert all(p.pixels == 0 for p in media_answers.profiles([told]))
        assert media_answers.profiles2([told]) == []
        assert media_answers.device_time(told) is None
    date = SimpleNamespace(Year=2026, Month=2, Day=30)
    hour = SimpleNamespace(Hour=1, Minute=1, Second=60)
    assert (
        media_answers.device_time(SimpleNamespace(UTCDateTime=SimpleNamespace(Date=date))) is None
    )
    date.Day = 3
    told = SimpleNamespace(UTCDateTime=SimpleNamespace(Date=date, Time=hour))
    assert media_answers.device_time(told) == datetime(2026, 2, 3, 1, 1, 59, tzinfo=UTC)


def test_an_answer_to_a_probe_counts_only_from_its_own_address():
    device = OnvifDevice(lambda track: "rtsp://h/", model="HY 1", other_host="10.20.0.7:8899")
    data = answer_of(OnvifCamera(device), "urn:uuid:1")
    asked = frozenset(("urn:uuid:1",))
    found = read_match(data, "10.20.0.7", asked)
    assert found is not None
    assert (found.address, found.port, found.name) == ("10.20.0.7", 8899, "HY 1")
    assert read_match(data, "10.20.0.8", asked) is None
    assert read_match(data, "10.20.0.7", frozenset(("urn:uuid:2",))) is None
    assert read_match(data + b" " * 20_000, "10.20.0.7", asked) is None
    bomb = Hostility(HostileKind.ENTITY_BOMB).response("/").body
    assert read_match(bomb, "10.20.0.7", asked) is None
    assert read_match(probe("urn:uuid:1"), "10.20.0.7", asked) is None
