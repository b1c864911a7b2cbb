"""The media frame against its golden vectors, and under random input."""

import json
from pathlib import Path

import pytest
from huiyan_media.access_unit import AccessUnit
from huiyan_media.assembler import Assembler, DroppedUnit
from huiyan_media.codec import Codec
from huiyan_media.errors import MediaFrameError
from huiyan_media.media_frame import HEADER_SIZE, UNKNOWN_OFFSET_NS, decode_message, encode
from hypothesis import given
from hypothesis import strategies as st

VECTORS = json.loads(
    (Path(__file__).parents[3] / "proto" / "media_frame_vectors.json").read_text("utf-8")
)
I64 = st.integers(-(1 << 63) + 1, (1 << 63) - 1)
U64 = st.integers(0, (1 << 64) - 1)
UNITS = st.builds(
    AccessUnit,
    codec=st.sampled_from(Codec),
    keyframe=st.booleans(),
    discontinuity=st.booleans(),
    rtp_timestamp=st.integers(0, (1 << 32) - 1),
    run_id=U64,
    au_seq=U64,
    arrival_ns=I64,
    camera_minus_arrival_ns=st.none() | I64,
    payload=st.binary(max_size=300),
)
UNIT = AccessUnit(Codec.H264, True, False, 1, 2, 3, 4, None, bytes(range(100)))


def unit_of(fields: dict[str, object]) -> AccessUnit:
    offset = fields["camera_minus_arrival_ns"]
    return AccessUnit(
        Codec(fields["codec"]),
        fields["keyframe"],
        fields["discontinuity"],
        fields["rtp_timestamp"],
        int(fields["run_id"]),
        int(fields["au_seq"]),
        int(fields["arrival_ns"]),
        None if offset is None else int(offset),
        bytes.fromhex(fields["payload"]),
    )


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_golden_vectors(vector):
    unit = unit_of(vector["unit"])
    messages = encode(unit, vector["max_message"])
    assert [message.hex() for message in messages] == vector["messages"]
    assembler = Assembler()
    assert [assembler.push(message) for message in messages][-1] == unit


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_refused_vectors(vector):
    with pytest.raises(MediaFrameError):
        decode_message(bytes.fromhex(vector["message"]))


@given(UNITS, st.integers(HEADER_SIZE + 2, 400))
def test_round_trip_in_any_message_size(unit, max_message):
    messages = encode(unit, max_message)
    assert all(len(message) <= max_message for message in messages)
    assembler = Assembler()
    assert [assembler.push(message) for message in messages] == [None] * (len(messages) - 1) + [
        unit
    ]
    assert assembler.dropped_units == 0


@given(st.binary(max_size=120))
def test_random_bytes_are_decoded_or_refused(data):
    try:
        part = decode_message(data)
    except MediaFrameError:
        return
    assert part.payload == data[HEADER_SIZE:]


@given(st.lists(st.integers(0, 5), max_size=30))
def test_random_order_never_gives_a_wrong_unit(order):
    units = [UNIT._replace(au_seq=number) for number in range(2)]
    messages = [message for unit in units for message in encode(unit, HEADER_SIZE + 40)]
    assembler = Assembler()
    for index in order:
        unit = assembler.push(messages[index])
        assert unit is None or unit in units


def test_too_many_parts_and_no_room_are_refused():
    with pytest.raises(MediaFrameError):
        encode(UNIT._replace(payload=bytes(256)), HEADER_SIZE + 1)
    with pytest.raises(MediaFrameError):
        encode(UNIT, HEADER_SIZE)
    assert len(encode(UNIT._replace(payload=bytes(255)), HEADER_SIZE + 1)) == 255


@pytest.mark.parametrize(
    "changes",
    [
        {"rtp_timestamp": 1 << 32},
        {"run_id": -1},
        {"au_seq": 1 << 64},
        {"arrival_ns": 1 << 63},
        {"camera_minus_arrival_ns": UNKNOWN_OFFSET_NS},
        {"rtp_timestamp": 1 << 32, "payload": bytes(1_000_000)},
    ],
)
def test_fields_out_of_range_are_refused(changes):
    with pytest.raises(MediaFrameError):
        encode(UNIT._replace(**changes))


def test_a_missing_part_drops_the_unit_once_and_tells():
    dropped: list[DroppedUnit] = []
    assembler = Assembler(on_drop=dropped.append)
    first, _, third = encode(UNIT, HEADER_SIZE + 40)
    assert assembler.push(first) is None
    assert assembler.push(third) is None
    following = UNIT._replace(au_seq=4, payload=b"x")
    assert assembler.push(encode(following)[0]) == following
    assert dropped == [DroppedUnit(2, 3)]
    assert assembler.dropped_units == 1


def test_a_missing_last_part_is_noticed_at_the_next_unit():
    assembler = Assembler()
    first, second, _ = encode(UNIT, HEADER_SIZE + 40)
    assembler.push(first)
    assembler.push(second)
    following = UNIT._replace(au_seq=4)
    results = [assembler.push(message) for message in encode(following, HEADER_SIZE + 40)]
    assert results[-1] == following
    assert assembler.dropped_units == 1


def test_two_runs_may_be_mixed():
    assembler = Assembler()
    other = UNIT._replace(run_id=9)
    results = [
        assembler.push(message)
        for pair in zip(
            encode(UNIT, HEADER_SIZE + 40), encode(other, HEADER_SIZE + 40), strict=True
        )
        for message in pair
    ]
    assert results[-2:] == [UNIT, other]
    assert assembler.dropped_units == 0


def test_pending_units_are_bounded_in_number_and_size():
    assembler = Assembler(max_unit_bytes=70)
    for run in range(6):
        assembler.push(encode(UNIT._replace(run_id=run), HEADER_SIZE + 40)[0])
    assert assembler.dropped_units == 2
    assembler.push(encode(UNIT._replace(run_id=5), HEADER_SIZE + 40)[1])
    assert assembler.dropped_units == 3
    assembler.push(encode(UNIT._replace(run_id=6), HEADER_SIZE + 80)[0])
    assert assembler.dropped_units == 4
    assembler.clear()
    assert assembler.push(encode(UNIT._replace(run_id=4), HEADER_SIZE + 40)[1]) is None
