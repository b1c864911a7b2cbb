"""NAL unit streams and bits."""

import pytest
from huiyan_media.bits import BitReader
from huiyan_media.errors import BitstreamError, NalError
from huiyan_media.nal import (
    add_emulation_prevention,
    annex_b_to_length_prefixed,
    h264_nal_type,
    h265_nal_type,
    is_annex_b,
    join_annex_b,
    join_length_prefixed,
    length_prefixed_to_annex_b,
    remove_emulation_prevention,
    split_annex_b,
    split_length_prefixed,
)
from hypothesis import given
from hypothesis import strategies as st

ZERO_RICH = st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 0x65, 0xFF]), max_size=60).map(bytes)
NALS = st.lists(
    ZERO_RICH.map(lambda rbsp: b"\x65" + add_emulation_prevention(rbsp + b"\x80")), min_size=1
)


@given(NALS)
def test_annex_b_round_trip(nals):
    assert split_annex_b(join_annex_b(nals)) == nals
    assert length_prefixed_to_annex_b(annex_b_to_length_prefixed(join_annex_b(nals))) == (
        join_annex_b(nals)
    )


@given(NALS)
def test_length_prefixed_round_trip(nals):
    assert split_length_prefixed(join_length_prefixed(nals)) == nals


@given(ZERO_RICH)
def test_escaped_bytes_hold_no_start_code_and_come_back(rbsp):
    escaped = add_emulation_prevention(rbsp + b"\x80")
    assert not any(bytes((0, 0, last)) in escaped for last in range(3))
    assert remove_emulation_prevention(escaped) == rbsp + b"\x80"


def test_cabac_zero_words_end_in_three():
    assert add_emulation_prevention(b"\x80\x00\x00") == b"\x80\x00\x00\x03"


def test_mixed_start_codes_and_trailing_zeros():
    data = b"\x00\x00\x00\x01\x67a\x00\x00\x01\x68b\x00\x00\x00\x00\x01\x65c\x00\x00"
    assert split_annex_b(data) == [b"\x67a", b"\x68b", b"\x65c"]
    assert is_annex_b(data)
    assert is_annex_b(b"\x00\x00\x01\x65")
    assert not is_annex_b(b"\x00\x00\x00\x05hello")


@given(st.binary(max_size=200) | ZERO_RICH)
def test_random_bytes_split_or_are_refused(data):
    try:
        nals = split_annex_b(data)
    except NalError:
        assert not is_annex_b(data)
    else:
        assert all(nals)


@given(ZERO_RICH, st.sampled_from([1, 2, 4]))
def test_random_samples_split_or_are_refused(data, size):
    try:
        nals = split_length_prefixed(data, size)
    except NalError:
        return
    assert sum(len(nal) + size for nal in nals) <= len(data)


def test_odd_inputs():
    assert join_annex_b([]) == b""
    with pytest.raises(NalError):
        split_annex_b(b"")
    with pytest.raises(NalError):
        split_annex_b(b"x\x00\x00\x01\x65")
    with pytest.raises(NalError):
        split_length_prefixed(b"\x01a", 3)
    assert h264_nal_type(b"\x67") == 7
    assert h265_nal_type(b"\x42\x01") == 33


def test_bit_reader_reads_exp_golomb():
    # 1 | 010 | 011 | 00100 | 00101, table 9-2
    reader = BitReader(bytes((0b10100110, 0b01000010, 0b10000000)))
    assert [reader.ue() for _ in range(5)] == [0, 1, 2, 3, 4]
    assert reader.bits_left == 7
    signed = BitReader(bytes((0b10100110, 0b01000010, 0b10000000)))
    assert [signed.se() for _ in range(5)] == [0, 1, -1, 2, -2]


@given(st.binary(max_size=30), st.lists(st.sampled_from("uesf"), max_size=80))
def test_bit_reader_ends_with_its_own_error(data, reads):
    reader = BitReader(data)
    try:
        for kind in reads:
            {"u": lambda: reader.bits(7), "e": reader.ue, "s": reader.se, "f": reader.flag}[kind]()
    except BitstreamError:
        return
    assert reader.bits_left >= 0


def test_bit_reader_refuses_long_codes():
    with pytest.raises(BitstreamError):
        BitReader(bytes(5) + b"\xff" * 9).ue()
