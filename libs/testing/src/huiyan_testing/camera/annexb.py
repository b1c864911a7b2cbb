"""Annex B byte streams (H.264 and H.265): splitting into NAL units, and their types."""

from __future__ import annotations

from enum import StrEnum


class VideoCodec(StrEnum):
    H264 = "h264"
    H265 = "h265"


H264_SLICE_TYPES = frozenset((1, 2, 3, 4, 5))
H264_IDR, H264_SEI, H264_SPS, H264_PPS, H264_AUD = 5, 6, 7, 8, 9
H265_VPS, H265_SPS, H265_PPS, H265_AUD, H265_SEI_PREFIX, H265_SEI_SUFFIX = 32, 33, 34, 35, 39, 40


def split_annexb(stream: bytes) -> list[bytes]:
    """NAL units of an Annex B stream without start codes and trailing zero bytes."""
    nals: list[bytes] = []
    start = stream.find(b"\0\0\1")
    while start >= 0:
        following = stream.find(b"\0\0\1", start + 3)
        nal = stream[start + 3 : following if following >= 0 else len(stream)].rstrip(b"\0")
        if nal:
            nals.append(nal)
        start = following
    return nals


def nal_type(nal: bytes, codec: VideoCodec) -> int:
    """`nal_unit_type` (ITU-T H.264 7.3.1, H.265 7.3.1.2). `nal` must not be empty."""
    return nal[0] & 0x1F if codec is VideoCodec.H264 else (nal[0] >> 1) & 0x3F


def is_slice(nal: bytes, codec: VideoCodec) -> bool:
    """True for VCL NAL units, the ones that carry picture content."""
    kind = nal_type(nal, codec)
    return kind in H264_SLICE_TYPES if codec is VideoCodec.H264 else kind < 32


def is_sei(nal: bytes, codec: VideoCodec) -> bool:
    kind = nal_type(nal, codec)
    if codec is VideoCodec.H264:
        return kind == H264_SEI
    return kind in (H265_SEI_PREFIX, H265_SEI_SUFFIX)
