"""What the parameter sets say of a video track, in the same words for both codecs."""

from typing import NamedTuple

from huiyan_media import h264, h265
from huiyan_media.codec import Codec
from huiyan_media.errors import ParameterSetError
from huiyan_media.parameter_sets import ParameterSets


class VideoFormat(NamedTuple):
    """Size in pixels, as shown; the RFC 6381 codec string; whether pictures may be reordered."""

    width: int
    height: int
    codec_string: str
    may_reorder: bool
    """B-frames are possible. For H.264 `h264.has_b_slice` tells whether they are really used."""
    frames_per_second: float | None
    """From the VUI timing of H.264, a hint only; None when it is not told, and for H.265."""


def video_format(codec: Codec, sets: ParameterSets) -> VideoFormat:
    """Read the first SPS. Raises ParameterSetError when there is none or it cannot be read."""
    if not sets.sps:
        raise ParameterSetError("a video format needs an SPS")
    if codec is Codec.H264:
        avc = h264.parse_sps(sets.sps[0])
        return VideoFormat(
            avc.width, avc.height, avc.codec_string, avc.may_reorder, avc.frames_per_second
        )
    if codec is Codec.H265:
        hevc = h265.parse_sps(sets.sps[0])
        return VideoFormat(hevc.width, hevc.height, hevc.codec_string, hevc.may_reorder, None)
    raise ParameterSetError(f"{codec.name} is no video codec")
