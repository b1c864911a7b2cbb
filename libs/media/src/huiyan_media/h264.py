"""H.264: slice types, parameter-set numbers, recovery points, decoder configuration (avcC).

Sources: ITU-T H.264 (7.3.2, 7.3.3, D.1), ISO/IEC 14496-15 (5.3.3.1). The SPS is in `h264_sps`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from huiyan_media.bits import BitReader
from huiyan_media.errors import BitstreamError, ParameterSetError
from huiyan_media.h264_sps import BASELINE_PROFILE, H264Sps, parse_sps
from huiyan_media.nal import H264NalType, h264_nal_type, remove_emulation_prevention
from huiyan_media.sei import RECOVERY_POINT, find_sei

__all__ = [
    "H264Configuration",
    "H264Sps",
    "SliceType",
    "build_avcc",
    "has_b_slice",
    "parameter_set_id",
    "parse_avcc",
    "parse_sps",
    "recovery_frame_count",
    "slice_type",
]

_SLICES = frozenset({H264NalType.SLICE, H264NalType.PARTITION_A, H264NalType.IDR})
# first_mb_in_slice and slice_type take at most 41 + 7 bits; escapes may add a third
_SLICE_PEEK_BYTES = 12
_PROFILES_WITHOUT_EXTENSION = frozenset({BASELINE_PROFILE, 77, 88})


class SliceType(IntEnum):
    """slice_type modulo 5, table 7-6."""

    P = 0
    B = 1
    I = 2  # noqa: E741 - the name of the standard
    SP = 3
    SI = 4


@dataclass(frozen=True, slots=True)
class H264Configuration:
    """The contents of an avcC box: parameter sets as NAL units with header."""

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    length_size: int


def slice_type(nal: bytes) -> SliceType | None:
    """The type of a slice NAL unit; None for other NAL units and for cut slices."""
    if not nal or h264_nal_type(nal) not in _SLICES:
        return None
    reader = BitReader(remove_emulation_prevention(nal[1:_SLICE_PEEK_BYTES]))
    try:
        reader.ue()  # first_mb_in_slice
        number = reader.ue()
    except BitstreamError:
        return None
    return SliceType(number % 5) if number < 10 else None


def has_b_slice(nals: Sequence[bytes]) -> bool:
    """True when one of the NAL units of an access unit is a B slice."""
    return any(slice_type(nal) is SliceType.B for nal in nals)


def parameter_set_id(nal: bytes) -> int:
    """seq_parameter_set_id of an SPS, pic_parameter_set_id of a PPS. Raises ParameterSetError."""
    kind = h264_nal_type(nal) if nal else 0
    if kind not in (H264NalType.SPS, H264NalType.PPS):
        raise ParameterSetError("not an H.264 parameter set")
    skipped = 4 if kind == H264NalType.SPS else 1
    try:
        number = BitReader(remove_emulation_prevention(nal[:16])[skipped:]).ue()
    except BitstreamError as error:
        raise ParameterSetError(f"H.264 parameter set: {error}") from None
    if number > (31 if kind == H264NalType.SPS else 255):
        raise ParameterSetError("H.264 parameter set: its number is too large")
    return number


def recovery_frame_count(sei_nal: bytes) -> int | None:
    """recovery_frame_cnt of a recovery point SEI, or None when there is none in this NAL unit.

    Zero means: decoding may begin exactly here. More means a gradual refresh.
    """
    payload = find_sei(sei_nal[1:], RECOVERY_POINT)
    if payload is None:
        return None
    try:
        return BitReader(payload[:8]).ue()
    except BitstreamError:
        return None


def build_avcc(sps: Sequence[bytes], pps: Sequence[bytes]) -> bytes:
    """AVCDecoderConfigurationRecord with four-byte lengths. Raises ParameterSetError."""
    if not 0 < len(sps) <= 31 or not 0 < len(pps) <= 255:
        raise ParameterSetError("avcC: needs 1 to 31 SPS and 1 to 255 PPS")
    if any(len(nal) > 0xFFFF for nal in (*sps, *pps)):
        raise ParameterSetError("avcC: a parameter set is longer than 65535 bytes")
    first = parse_sps(sps[0])
    pieces = [
        bytes((1, first.profile_idc, first.constraint_flags, first.level_idc, 0xFF)),
        bytes((0xE0 | len(sps),)),
    ]
    for nal in sps:
        pieces += (len(nal).to_bytes(2, "big"), nal)
    pieces.append(bytes((len(pps),)))
    for nal in pps:
        pieces += (len(nal).to_bytes(2, "big"), nal)
    if first.profile_idc not in _PROFILES_WITHOUT_EXTENSION:
        chroma = 0xFC | first.chroma_format_idc
        depths = (0xF8 | first.bit_depth_luma - 8, 0xF8 | first.bit_depth_chroma - 8)
        pieces.append(bytes((chroma, *depths, 0)))  # no SPS extensions
    return b"".join(pieces)


def parse_avcc(data: bytes) -> H264Configuration:
    """Read an AVCDecoderConfigurationRecord. Raises ParameterSetError."""
    if len(data) < 7 or data[0] != 1:
        raise ParameterSetError("not an avcC record")
    length_size = (data[4] & 3) + 1
    if length_size == 3:
        raise ParameterSetError("avcC: a length of 3 bytes does not exist")
    sps, position = _read_sets(data, 6, data[5] & 0x1F)
    if position >= len(data):
        raise ParameterSetError("avcC: cut before the PPS")
    pps, _ = _read_sets(data, position + 1, data[position])
    return H264Configuration(sps, pps, length_size)


def _read_sets(data: bytes, position: int, count: int) -> tuple[tuple[bytes, ...], int]:
    nals = []
    for _ in range(count):
        start = position + 2
        position = start + int.from_bytes(data[start - 2 : start], "big")
        if start > len(data) or position > len(data) or position == start:
            raise ParameterSetError("avcC: a parameter set is cut or empty")
        nals.append(data[start:position])
    return tuple(nals), position
