"""H.265: parameter sets, picture size, decoder configuration (hvcC), codec string.

Sources: ITU-T H.265 (7.3.1.2, 7.3.2.2, 7.3.3, table 7-1), ISO/IEC 14496-15 (8.3.3.1, Annex E).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from huiyan_media.bits import BitReader
from huiyan_media.errors import BitstreamError, ParameterSetError
from huiyan_media.nal import H265NalType, h265_nal_type, remove_emulation_prevention
from huiyan_media.sei import RECOVERY_POINT, find_sei

_MAX_SET_BYTES = 8192
_MAX_SIDE = 16384
_CHROMA_STEPS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
_MAX_SET_IDS = {H265NalType.VPS: 15, H265NalType.SPS: 15, H265NalType.PPS: 63}


@dataclass(frozen=True, slots=True)
class H265Sps:
    """What we use of an SPS. Sizes are in pixels inside the conformance window."""

    sps_id: int
    profile_space: int
    tier: int
    profile_idc: int
    compatibility_flags: int
    """32 bits, the flag of profile 0 first."""
    constraint_flags: int
    """48 bits: progressive, interlaced, non-packed, frame-only and those after them."""
    level_idc: int
    max_sub_layers: int
    temporal_id_nesting: bool
    chroma_format_idc: int
    bit_depth_luma: int
    bit_depth_chroma: int
    width: int
    height: int
    max_num_reorder_pics: int

    @property
    def may_reorder(self) -> bool:
        """True when pictures may leave the decoder in another order than they came."""
        return self.max_num_reorder_pics > 0

    @property
    def codec_string(self) -> str:
        """ISO/IEC 14496-15 Annex E name for MSE and manifests, for example hvc1.1.6.L93.B0."""
        space = ("", "A", "B", "C")[self.profile_space]
        reversed_flags = int(f"{self.compatibility_flags:032b}"[::-1], 2)
        constraints = self.constraint_flags.to_bytes(6, "big").rstrip(b"\x00")
        parts = [
            f"hvc1.{space}{self.profile_idc}",
            f"{reversed_flags:X}",
            f"{'H' if self.tier else 'L'}{self.level_idc}",
            *(f"{byte:X}" for byte in constraints),
        ]
        return ".".join(parts)


@dataclass(frozen=True, slots=True)
class H265Configuration:
    """The contents of an hvcC box: parameter sets as NAL units with header."""

    vps: tuple[bytes, ...]
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    length_size: int


def is_keyframe_nal(nal_type: int) -> bool:
    """True for the IRAP pictures (BLA, IDR, CRA): decoding may begin there.

    After a CRA the decoder leaves out the RASL pictures that follow it; that is no error.
    """
    return H265NalType.BLA_W_LP <= nal_type <= H265NalType.CRA


def is_slice_nal(nal_type: int) -> bool:
    """True for every coded picture (VCL) type."""
    return nal_type < H265NalType.VPS


def parameter_set_id(nal: bytes) -> int:
    """The number of a VPS, SPS or PPS. Raises ParameterSetError."""
    kind = h265_nal_type(nal) if len(nal) > 2 else -1
    if kind == H265NalType.SPS:
        return parse_sps(nal).sps_id
    if kind not in (H265NalType.VPS, H265NalType.PPS):
        raise ParameterSetError("not an H.265 parameter set")
    reader = BitReader(remove_emulation_prevention(nal[2:16]))
    try:
        number = reader.bits(4) if kind == H265NalType.VPS else reader.ue()
    except BitstreamError as error:
        raise ParameterSetError(f"H.265 parameter set: {error}") from None
    if number > _MAX_SET_IDS[H265NalType(kind)]:
        raise ParameterSetError("H.265 parameter set: its number is too large")
    return number


def recovery_poc_count(sei_nal: bytes) -> int | None:
    """recovery_poc_cnt of a recovery point SEI (D.2.8), or None when there is none."""
    payload = find_sei(sei_nal[2:], RECOVERY_POINT)
    if payload is None:
        return None
    try:
        return BitReader(payload[:8]).se()
    except BitstreamError:
        return None


def parse_sps(nal: bytes) -> H265Sps:
    """Read an SPS NAL unit with its header, up to the reorder limits. Raises ParameterSetError."""
    if len(nal) < 3 or h265_nal_type(nal) != H265NalType.SPS:
        raise ParameterSetError("not an H.265 SPS")
    if len(nal) > _MAX_SET_BYTES:
        raise ParameterSetError("an SPS of this length is not believable")
    try:
        return _read_sps(BitReader(remove_emulation_prevention(nal[2:])))
    except BitstreamError as error:
        raise ParameterSetError(f"H.265 SPS: {error}") from None


def _read_sps(reader: BitReader) -> H265Sps:
    reader.bits(4)  # sps_video_parameter_set_id
    max_sub_layers = reader.bits(3) + 1
    if max_sub_layers > 7:
        raise ParameterSetError("H.265 SPS: too many sub-layers")
    nesting = reader.flag()
    profile_space, tier, profile_idc = reader.bits(2), reader.bits(1), reader.bits(5)
    compatibility, constraints = reader.bits(32), reader.bits(48)
    level_idc = reader.bits(8)
    _skip_sub_layer_profiles(reader, max_sub_layers)
    sps_id = reader.ue()
    chroma_format_idc = reader.ue()
    if sps_id > 15 or chroma_format_idc > 3:
        raise ParameterSetError("H.265 SPS: its number or chroma format is too large")
    if chroma_format_idc == 3:
        reader.flag()  # separate_colour_plane_flag
    width, height = reader.ue(), reader.ue()
    if reader.flag():  # conformance_window_flag
        left, right, top, bottom = reader.ue(), reader.ue(), reader.ue(), reader.ue()
        step_x, step_y = _CHROMA_STEPS[chroma_format_idc]
        width -= (left + right) * step_x
        height -= (top + bottom) * step_y
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise ParameterSetError("H.265 SPS: the picture size is not believable")
    depth_luma, depth_chroma = reader.ue() + 8, reader.ue() + 8
    if depth_luma > 15 or depth_chroma > 15:
        raise ParameterSetError("H.265 SPS: unknown bit depth")
    reader.ue()  # log2_max_pic_order_cnt_lsb_minus4
    rounds = max_sub_layers if reader.flag() else 1  # sps_sub_layer_ordering_info_present_flag
    reorder = 0
    for _ in range(rounds):  # the last one is that of the whole stream
        reader.ue()  # sps_max_dec_pic_buffering_minus1
        reorder = reader.ue()
        reader.ue()  # sps_max_latency_increase_plus1
    return H265Sps(
        sps_id=sps_id,
        profile_space=profile_space,
        tier=tier,
        profile_idc=profile_idc,
        compatibility_flags=compatibility,
        constraint_flags=constraints,
        level_idc=level_idc,
        max_sub_layers=max_sub_layers,
        temporal_id_nesting=nesting,
        chroma_format_idc=chroma_format_idc,
        bit_depth_luma=depth_luma,
        bit_depth_chroma=depth_chroma,
        width=width,
        height=height,
        max_num_reorder_pics=reorder,
    )


def _skip_sub_layer_profiles(reader: BitReader, max_sub_layers: int) -> None:
    lower = max_sub_layers - 1
    present = [(reader.flag(), reader.flag()) for _ in range(lower)]
    if lower > 0:
        reader.bits(2 * (8 - lower))
    for has_profile, has_level in present:
        if has_profile:
            reader.bits(88)
        if has_level:
            reader.bits(8)


def build_hvcc(vps: Sequence[bytes], sps: Sequence[bytes], pps: Sequence[bytes]) -> bytes:
    """HEVCDecoderConfigurationRecord with four-byte lengths. Raises ParameterSetError.

    Fields that only the VUI knows (segmentation, parallelism, frame rate) say "unknown" (0).
    """
    if not vps or not sps or not pps:
        raise ParameterSetError("hvcC: needs a VPS, an SPS and a PPS")
    if any(len(nal) > 0xFFFF for nal in (*vps, *sps, *pps)):
        raise ParameterSetError("hvcC: a parameter set is longer than 65535 bytes")
    first = parse_sps(sps[0])
    profile = first.profile_space << 6 | first.tier << 5 | first.profile_idc
    layers = first.max_sub_layers << 3 | first.temporal_id_nesting << 2 | 3
    pieces = [
        bytes((1, profile)),
        first.compatibility_flags.to_bytes(4, "big"),
        first.constraint_flags.to_bytes(6, "big"),
        bytes((first.level_idc, 0xF0, 0x00, 0xFC, 0xFC | first.chroma_format_idc)),
        bytes((0xF8 | first.bit_depth_luma - 8, 0xF8 | first.bit_depth_chroma - 8, 0, 0)),
        bytes((layers, 3)),  # three arrays
    ]
    for kind, nals in (
        (H265NalType.VPS, vps),
        (H265NalType.SPS, sps),
        (H265NalType.PPS, pps),
    ):
        pieces += (bytes((0x80 | kind,)), len(nals).to_bytes(2, "big"))
        for nal in nals:
            pieces += (len(nal).to_bytes(2, "big"), nal)
    return b"".join(pieces)


def parse_hvcc(data: bytes) -> H265Configuration:
    """Read an HEVCDecoderConfigurationRecord. Raises ParameterSetError."""
    if len(data) < 23 or data[0] != 1:
        raise ParameterSetError("not an hvcC record")
    length_size = (data[21] & 3) + 1
    if length_size == 3:
        raise ParameterSetError("hvcC: a length of 3 bytes does not exist")
    sets: dict[int, list[bytes]] = {}
    position = 23
    for _ in range(data[22]):
        header = data[position : position + 3]
        if len(header) < 3:
            raise ParameterSetError("hvcC: an array is cut")
        position += 3
        nals = sets.setdefault(header[0] & 0x3F, [])
        for _ in range(int.from_bytes(header[1:], "big")):
            start = position + 2
            position = start + int.from_bytes(data[start - 2 : start], "big")
            if start > len(data) or position > len(data) or position == start:
                raise ParameterSetError("hvcC: a parameter set is cut or empty")
            nals.append(data[start:position])
    return H265Configuration(
        vps=tuple(sets.get(H265NalType.VPS, ())),
        sps=tuple(sets.get(H265NalType.SPS, ())),
        pps=tuple(sets.get(H265NalType.PPS, ())),
        length_size=length_size,
    )
