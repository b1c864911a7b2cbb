"""The sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1 and E.1.1)."""

from dataclasses import dataclass

from huiyan_media.bits import BitReader
from huiyan_media.errors import BitstreamError, ParameterSetError
from huiyan_media.nal import H264NalType, h264_nal_type, remove_emulation_prevention

BASELINE_PROFILE = 66
_PROFILES_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_INTRA_PROFILES = frozenset({44, 86, 100, 110, 122, 244})
_CONSTRAINT_SET3 = 0x10
_EXTENDED_SAR = 255
_MAX_SPS_BYTES = 4096
_MAX_SIDE = 16384
# SubWidthC and SubHeightC, table 6-1; 4:0:0 counts in whole samples
_CHROMA_STEPS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


@dataclass(frozen=True, slots=True)
class H264Sps:
    """What we use of an SPS. Sizes are in pixels after cropping."""

    profile_idc: int
    constraint_flags: int
    level_idc: int
    sps_id: int
    chroma_format_idc: int
    bit_depth_luma: int
    bit_depth_chroma: int
    pic_order_cnt_type: int
    max_num_ref_frames: int
    width: int
    height: int
    interlaced: bool
    frames_per_second: float | None
    """From the VUI timing, which is a hint only: cameras write what they like."""
    max_num_reorder_frames: int | None
    """From the VUI bitstream restriction; None when the SPS does not say."""

    @property
    def may_reorder(self) -> bool:
        """True when pictures may leave the decoder in another order (B-frames are possible).

        Browsers play WebRTC video in decoding order, so such a stream needs a look at its slices.
        """
        if self.profile_idc == BASELINE_PROFILE or self.pic_order_cnt_type == 2:
            return False
        if self.max_num_reorder_frames is not None:
            return self.max_num_reorder_frames > 0
        intra_only = (
            self.profile_idc in _INTRA_PROFILES and self.constraint_flags & _CONSTRAINT_SET3 != 0
        )
        return not intra_only

    @property
    def profile_level_id(self) -> str:
        """Six hexadecimal digits for SDP (RFC 6184, 8.1)."""
        return f"{self.profile_idc:02x}{self.constraint_flags:02x}{self.level_idc:02x}"

    @property
    def codec_string(self) -> str:
        """RFC 6381 name for MSE and manifests, for example avc1.4d401f."""
        return f"avc1.{self.profile_level_id}"


def parse_sps(nal: bytes) -> H264Sps:
    """Read an SPS NAL unit with its header. Raises ParameterSetError."""
    if len(nal) < 4 or h264_nal_type(nal) != H264NalType.SPS:
        raise ParameterSetError("not an H.264 SPS")
    if len(nal) > _MAX_SPS_BYTES:
        raise ParameterSetError("an SPS of this length is not believable")
    try:
        return _read_sps(BitReader(remove_emulation_prevention(nal[1:])))
    except BitstreamError as error:
        raise ParameterSetError(f"H.264 SPS: {error}") from None


def _read_sps(reader: BitReader) -> H264Sps:
    profile_idc, constraint_flags, level_idc = reader.bits(8), reader.bits(8), reader.bits(8)
    sps_id = reader.ue()
    if sps_id > 31:
        raise ParameterSetError("H.264 SPS: its number is over 31")
    chroma_format_idc, depth_luma, depth_chroma = 1, 8, 8
    if profile_idc in _PROFILES_WITH_CHROMA:
        chroma_format_idc, depth_luma, depth_chroma = _read_chroma(reader)
    reader.ue()  # log2_max_frame_num_minus4
    pic_order_cnt_type = _read_picture_order(reader)
    max_num_ref_frames = reader.ue()
    reader.flag()  # gaps_in_frame_num_value_allowed_flag
    width_mbs, height_units = reader.ue() + 1, reader.ue() + 1
    frame_mbs_only = reader.flag()
    if not frame_mbs_only:
        reader.flag()  # mb_adaptive_frame_field_flag
    reader.flag()  # direct_8x8_inference_flag
    field_factor = 1 if frame_mbs_only else 2
    width, height = width_mbs * 16, height_units * 16 * field_factor
    if reader.flag():  # frame_cropping_flag
        left, right, top, bottom = reader.ue(), reader.ue(), reader.ue(), reader.ue()
        step_x, step_y = _CHROMA_STEPS[chroma_format_idc]
        width -= (left + right) * step_x
        height -= (top + bottom) * step_y * field_factor
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise ParameterSetError("H.264 SPS: the picture size is not believable")
    frames_per_second, max_reorder = None, None
    if reader.flag():  # vui_parameters_present_flag
        frames_per_second, max_reorder = _read_vui(reader)
    return H264Sps(
        profile_idc=profile_idc,
        constraint_flags=constraint_flags,
        level_idc=level_idc,
        sps_id=sps_id,
        chroma_format_idc=chroma_format_idc,
        bit_depth_luma=depth_luma,
        bit_depth_chroma=depth_chroma,
        pic_order_cnt_type=pic_order_cnt_type,
        max_num_ref_frames=max_num_ref_frames,
        width=width,
        height=height,
        interlaced=not frame_mbs_only,
        frames_per_second=frames_per_second,
        max_num_reorder_frames=max_reorder,
    )


def _read_chroma(reader: BitReader) -> tuple[int, int, int]:
    chroma_format_idc = reader.ue()
    if chroma_format_idc > 3:
        raise ParameterSetError("H.264 SPS: unknown chroma format")
    if chroma_format_idc == 3:
        reader.flag()  # separate_colour_plane_flag
    depth_luma, depth_chroma = reader.ue() + 8, reader.ue() + 8
    if depth_luma > 14 or depth_chroma > 14:
        raise ParameterSetError("H.264 SPS: unknown bit depth")
    reader.flag()  # qpprime_y_zero_transform_bypass_flag
    if reader.flag():  # seq_scaling_matrix_present_flag
        for index in range(12 if chroma_format_idc == 3 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return chroma_format_idc, depth_luma, depth_chroma


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last_scale = next_scale = 8
    for _ in range(size):
        if next_scale != 0:
            next_scale = (last_scale + reader.se()) % 256
        last_scale = next_scale or last_scale


def _read_picture_order(reader: BitReader) -> int:
    pic_order_cnt_type = reader.ue()
    if pic_order_cnt_type > 2:
        raise ParameterSetError("H.264 SPS: unknown picture order count type")
    if pic_order_cnt_type == 0:
        reader.ue()  # log2_max_pic_order_cnt_lsb_minus4
    elif pic_order_cnt_type == 1:
        reader.flag()  # delta_pic_order_always_zero_flag
        reader.se()  # offset_for_non_ref_pic
        reader.se()  # offset_for_top_to_bottom_field
        cycle = reader.ue()
        if cycle > 255:
            raise ParameterSetError("H.264 SPS: the picture order cycle is too long")
        for _ in range(cycle):
            reader.se()
    return pic_order_cnt_type


def _read_vui(reader: BitReader) -> tuple[float | None, int | None]:
    """Return frames per second and max_num_reorder_frames; many cameras cut the VUI short."""
    frames_per_second: float | None = None
    try:
        _skip_vui_picture(reader)
        if reader.flag():  # timing_info_present_flag
            ticks, time_scale = reader.bits(32), reader.bits(32)
            reader.flag()  # fixed_frame_rate_flag
            if ticks and time_scale:
                frames_per_second = time_scale / (2 * ticks)
        has_nal_hrd = _skip_hrd(reader)
        has_vcl_hrd = _skip_hrd(reader)
        if has_nal_hrd or has_vcl_hrd:
            reader.flag()  # low_delay_hrd_flag
        reader.flag()  # pic_struct_present_flag
        if not reader.flag():  # bitstream_restriction_flag
            return frames_per_second, None
        reader.flag()  # motion_vectors_over_pic_boundaries_flag
        for _ in range(4):  # max bytes, max bits, two log2_max_mv_length
            reader.ue()
        return frames_per_second, reader.ue()
    except BitstreamError:
        return frames_per_second, None


def _skip_vui_picture(reader: BitReader) -> None:
    if reader.flag() and reader.bits(8) == _EXTENDED_SAR:
        reader.bits(32)
    if reader.flag():  # overscan_info_present_flag
        reader.flag()
    if reader.flag():  # video_signal_type_present_flag
        reader.bits(4)
        if reader.flag():  # colour_description_present_flag
            reader.bits(24)
    if reader.flag():  # chroma_loc_info_present_flag
        reader.ue()
        reader.ue()


def _skip_hrd(reader: BitReader) -> bool:
    if not reader.flag():
        return False
    count = reader.ue() + 1
    if count > 32:
        raise BitstreamError("too many HRD schedules")
    reader.bits(8)  # bit_rate_scale, cpb_size_scale
    for _ in range(count):
        reader.ue()
        reader.ue()
        reader.flag()
    reader.bits(20)  # four lengths of five bits
    return True
