"""RTSP parsing: complete and split messages, limits, and garbage."""

from __future__ import annotations

import pytest
from huiyan_testing.camera.errors import RtspSyntaxError
from huiyan_testing.camera.rtsp import (
    MAX_HEAD_BYTES,
    InterleavedFrame,
    Request,
    RequestReader,
    build_response,
)
from hypothesis import given
from hypothesis import strategies as st

_DESCRIBE = (
    b"DESCRIBE rtsp://h:554/cam/1/main?x=1 RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n"
)
_SET = b"SET_PARAMETER rtsp://h/cam/1/main RTSP/1.0\r\ncseq: 3\r\nContent-Length: 4\r\n\r\nabcd"
_FRAME = b"$\x01\x00\x03xyz"


def test_reads_requests_and_interleaved_frames() -> None:
    messages = list(RequestReader().feed(_DESCRIBE + _FRAME + _SET))
    first, frame, last = messages
    assert isinstance(first, Request)
    assert (first.method, first.path, first.cseq) == ("DESCRIBE", "/cam/1/main", "2")
    assert frame == InterleavedFrame(1, b"xyz")
    assert isinstance(last, Request)
    assert (last.body, last.cseq) == (b"abcd", "3")


@given(st.lists(st.integers(1, 40), min_size=1))
def test_split_of_the_bytes_does_not_matter(sizes: list[int]) -> None:
    stream = _DESCRIBE + _FRAME + b"\r\n" + _SET
    reader, found, position, turn = RequestReader(), [], 0, 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        found += list(reader.feed(stream[position : position + size]))
        position, turn = position + size, turn + 1
    assert found == list(RequestReader().feed(stream))
    assert len(found) == 3


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_garbage_raises_only_the_own_error(chunks: list[bytes]) -> None:
    reader = RequestReader()
    try:
        found = [message for chunk in chunks for message in reader.feed(chunk)]
    except RtspSyntaxError as error:
        assert str(error)
    else:
        assert all(isinstance(message, Request | InterleavedFrame) for message in found)


@given(st.binary(max_size=200), st.integers(0, len(_DESCRIBE)))
def test_damaged_request_raises_only_the_own_error(noise: bytes, place: int) -> None:
    damaged = _DESCRIBE[:place] + noise + _DESCRIBE[place:]
    try:
        found = list(RequestReader().feed(damaged))
    except RtspSyntaxError as error:
        assert str(error)
    else:
        assert isinstance(found, list)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"OPTIONS *\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"\xff\xfe * RTSP/1.0\r\n\r\n",
        b"A" * (MAX_HEAD_BYTES + 1),
    ],
)
def test_bad_heads_are_refused(head: bytes) -> None:
    with pytest.raises(RtspSyntaxError):
        list(RequestReader().feed(head))


def test_response_has_length_and_sequence() -> None:
    assert build_response("7", 200, {"Session": "1"}, b"body") == (
        b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nSession: 1\r\nContent-Length: 4\r\n\r\nbody"
    )
