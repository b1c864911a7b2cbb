"""The stamp: round trips in both codecs, and parsing of anything else."""

from __future__ import annotations

import pytest
from huiyan_testing.camera.annexb import VideoCodec, is_sei, split_annexb
from huiyan_testing.camera.errors import StampError
from huiyan_testing.camera.stamp import (
    STAMP_UUID,
    Stamp,
    build_stamp,
    escape,
    find_stamp,
    parse_stamp,
    unescape,
)
from hypothesis import given
from hypothesis import strategies as st

_STAMPS = st.builds(
    Stamp, st.integers(0, 2**16 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)
)
_CODECS = st.sampled_from(list(VideoCodec))


@given(_STAMPS, _CODECS)
def test_round_trip_without_start_codes_inside(stamp: Stamp, codec: VideoCodec) -> None:
    nal = build_stamp(stamp, codec)
    assert is_sei(nal, codec)
    assert not any(bytes((0, 0, value)) in nal for value in range(3))
    assert parse_stamp(nal, codec) == stamp


@given(_STAMPS, _CODECS)
def test_found_in_an_access_unit(stamp: Stamp, codec: VideoCodec) -> None:
    other = b"\x06\x05\x01\x00\x80" if codec is VideoCodec.H264 else b"\x4e\x01\x05\x01\x00\x80"
    unit = b"\0\0\0\1" + other + b"\0\0\1" + build_stamp(stamp, codec) + b"\0\0\1\x65\x01\x02"
    assert find_stamp(unit, codec) == stamp
    assert len(split_annexb(unit)) == 3


def test_zero_fields_need_emulation_prevention() -> None:
    nal = build_stamp(Stamp(0, 0, 0), VideoCodec.H264)
    assert b"\0\0\3" in nal
    assert parse_stamp(nal, VideoCodec.H264) == Stamp(0, 0, 0)


@given(st.binary(max_size=200))
def test_escape_is_undone(rbsp: bytes) -> None:
    escaped = escape(rbsp)
    assert unescape(escaped) == rbsp
    assert not any(bytes((0, 0, value)) in escaped for value in range(3))


@given(
    st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda rest: b"\x06" + rest)),
    _CODECS,
)
def test_garbage_gives_none_or_the_own_error(nal: bytes, codec: VideoCodec) -> None:
    try:
        found = parse_stamp(nal, codec)
    except StampError as error:
        assert str(error)
    else:
        assert found is None


def test_truncated_stamp_is_an_error() -> None:
    nal = b"\x06\x05\x14" + STAMP_UUID.bytes + b"abcd\x80"
    with pytest.raises(StampError):
        parse_stamp(nal, VideoCodec.H264)
