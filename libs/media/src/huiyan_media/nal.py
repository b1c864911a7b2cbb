"""NAL unit streams: Annex B and length-prefixed, emulation prevention, header types.

Sources: ITU-T H.264 (7.3.1, 7.4.1, Annex B), ITU-T H.265 (7.3.1, Annex B), ISO/IEC 14496-15
(length-prefixed samples). All payload work is done by `bytes` methods in C.
"""

import re
from collections.abc import Iterable
from enum import IntEnum

from huiyan_media.errors import NalError

START_CODE = b"\x00\x00\x00\x01"
SHORT_START_CODE = b"\x00\x00\x01"

_NEEDS_PREVENTION = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class H264NalType(IntEnum):
    """nal_unit_type of H.264, table 7-1; those that we look at."""

    SLICE = 1
    PARTITION_A = 2
    PARTITION_B = 3
    PARTITION_C = 4
    IDR = 5
    SEI = 6
    SPS = 7
    PPS = 8
    AUD = 9
    END_OF_SEQUENCE = 10
    END_OF_STREAM = 11
    FILLER = 12
    SPS_EXTENSION = 13


class H265NalType(IntEnum):
    """nal_unit_type of H.265, table 7-1; those that we look at."""

    TRAIL_N = 0
    TRAIL_R = 1
    RASL_R = 9
    BLA_W_LP = 16
    BLA_W_RADL = 17
    BLA_N_LP = 18
    IDR_W_RADL = 19
    IDR_N_LP = 20
    CRA = 21
    VPS = 32
    SPS = 33
    PPS = 34
    AUD = 35
    END_OF_SEQUENCE = 36
    END_OF_BITSTREAM = 37
    FILLER = 38
    PREFIX_SEI = 39
    SUFFIX_SEI = 40


def h264_nal_type(nal: bytes) -> int:
    """The nal_unit_type of a NAL unit that is not empty."""
    return nal[0] & 0x1F


def h265_nal_type(nal: bytes) -> int:
    """The nal_unit_type of a NAL unit that is not empty."""
    return (nal[0] >> 1) & 0x3F


def is_annex_b(data: bytes) -> bool:
    """True when the data begin with a start code of three or four bytes.

    A length-prefixed sample whose first unit is 1 byte or 256 to 511 bytes long begins the same
    way: where the format is known from elsewhere, do not ask this.
    """
    return data.startswith((START_CODE, SHORT_START_CODE))


def split_annex_b(data: bytes) -> list[bytes]:
    """Return the NAL units without start codes, without empty ones.

    Zeros between units are dropped: they are trailing_zero_8bits or the first byte of a four-byte
    start code; a NAL unit never ends in zero (7.4.1). Raises NalError when bytes other than zero
    come before the first start code, or there is none.
    """
    before, *rest = data.split(SHORT_START_CODE)
    if before.strip(b"\x00") or not rest:
        raise NalError("no start code at the beginning")
    return [stripped for nal in rest if (stripped := nal.rstrip(b"\x00"))]


def join_annex_b(nals: Iterable[bytes]) -> bytes:
    """Return the NAL units with a four-byte start code before each."""
    joined = START_CODE.join(nals)
    return START_CODE + joined if joined else b""


def split_length_prefixed(data: bytes, length_size: int = 4) -> list[bytes]:
    """Return the NAL units of an AVCC or HVCC sample, without empty ones.

    `length_size` is 1, 2 or 4 and stands in the decoder configuration record. Raises NalError
    when a length points past the end.
    """
    if length_size not in (1, 2, 4):
        raise NalError(f"a length of {length_size} bytes does not exist")
    nals = []
    position, end = 0, len(data)
    while position < end:
        start = position + length_size
        size = int.from_bytes(data[position:start], "big")
        position = start + size
        if position > end:
            raise NalError("a length points past the end of the sample")
        if size:
            nals.append(data[start:position])
    return nals


def join_length_prefixed(nals: Iterable[bytes]) -> bytes:
    """Return the NAL units with a four-byte length before each."""
    pieces = []
    for nal in nals:
        pieces.append(len(nal).to_bytes(4, "big"))
        pieces.append(nal)
    return b"".join(pieces)


def annex_b_to_length_prefixed(data: bytes) -> bytes:
    """Convert one access unit; raises NalError as `split_annex_b` does."""
    return join_length_prefixed(split_annex_b(data))


def length_prefixed_to_annex_b(data: bytes, length_size: int = 4) -> bytes:
    """Convert one access unit; raises NalError as `split_length_prefixed` does."""
    return join_annex_b(split_length_prefixed(data, length_size))


def add_emulation_prevention(rbsp: bytes) -> bytes:
    """Escape a payload so that no start code can appear in it (7.4.1).

    A payload that ends in two zeros (cabac_zero_word) gets a last 0x03 too.
    """
    escaped = _NEEDS_PREVENTION.sub(b"\x00\x00\x03", rbsp)
    return escaped + b"\x03" if escaped.endswith(b"\x00\x00") else escaped


def remove_emulation_prevention(nal: bytes) -> bytes:
    """The opposite of `add_emulation_prevention`: raw bytes for a bit reader."""
    return nal.replace(b"\x00\x00\x03", b"\x00\x00")
