"""URL paths, faults in them, and session descriptions."""

from __future__ import annotations

import pytest
from huiyan_testing.camera.annexb import VideoCodec
from huiyan_testing.camera.demo_sites import demo_site, demo_sites
from huiyan_testing.camera.errors import RouteError
from huiyan_testing.camera.fault import Fault, FaultKind, parse_fault
from huiyan_testing.camera.route import AudioCodec, StreamKey, build_path, parse_route
from huiyan_testing.camera.sdp import AudioFormat, VideoFormat, build_sdp
from huiyan_testing.scenes.rendition import TrackName, VideoVariant
from hypothesis import given
from hypothesis import strategies as st

_SEGMENTS = ("auth", "fault", "stall3", "h265", "pcma", "cam", "1", "main", "trackID=1", "", "//")


def test_full_path() -> None:
    route = parse_route("/auth/fault/stall2.5/h265/aac/cam/7/sub/trackID=1")
    assert route.key == StreamKey(7, TrackName.SUB, VideoVariant.H265, AudioCodec.AAC)
    assert route.fault == Fault(FaultKind.STALL, 2.5)
    assert (route.auth, route.media_index) == (True, 1)


def test_build_is_the_inverse_of_parse() -> None:
    path = build_path(12, "main", "fault/end3", "pcmu")
    assert path == "/fault/end3/pcmu/cam/12/main"
    assert parse_route(path).key == StreamKey(12, TrackName.MAIN, audio=AudioCodec.PCMU)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/cam/0/main",
        "/cam/1/third",
        "/cam/x/main",
        "/cam/70000/main",
        "/cam/1",
        "/vp9/cam/1/sub",
        "/fault/boom/cam/1/main",
        "/fault/404x/cam/1/main",
        "/fault/hang3/cam/1/main",
        "/cam/1/main/trackID=2",
    ],
)
def test_unknown_paths_are_refused(path: str) -> None:
    with pytest.raises(RouteError):
        parse_route(path)


@given(
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_SEGMENTS), max_size=8).map("/".join))
)
def test_any_path_gives_a_route_or_the_own_error(path: str) -> None:
    try:
        route = parse_route(path)
    except RouteError as error:
        assert str(error)
    else:
        assert route.key.camera >= 1


@given(st.text(max_size=20))
def test_any_fault_text_gives_a_fault_or_the_own_error(text: str) -> None:
    try:
        fault = parse_fault(text)
    except RouteError as error:
        assert str(error)
    else:
        assert fault.after_s >= 0


def test_sdp_names_codecs_and_controls() -> None:
    video = VideoFormat(VideoCodec.H264, (b"\x67\x4d\x40\x1f\xaa", b"\x68\xee"))
    text = build_sdp(video, AudioFormat(AudioCodec.AAC, 16_000, b"\x14\x08"))
    assert "profile-level-id=4d401f;sprop-parameter-sets=Z01AH6o=,aO4=" in text
    assert "a=rtpmap:97 MPEG4-GENERIC/16000/1" in text
    assert "config=1408" in text
    assert text.count("a=control:trackID=") == 2


def test_sixteen_sites_then_the_pattern_goes_on() -> None:
    sites = demo_sites()
    assert len(sites) == 16
    assert len({site.household for site in sites if not site.public}) == 3
    assert sum(not site.public for site in sites) == 5
    assert demo_site(17).name == "村口主路·东·2号点"
    assert demo_site(18).household == 4
