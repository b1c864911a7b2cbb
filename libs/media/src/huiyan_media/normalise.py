"""Makes every video unit look the same, whatever the camera or the demuxer gave.

Out comes Annex B with four-byte start codes, where each keyframe begins with the newest parameter
sets and access unit delimiters, fillers and end marks are gone.
"""

from collections.abc import Sequence
from typing import NamedTuple

from huiyan_media import h264, h265
from huiyan_media.codec import Codec
from huiyan_media.errors import NalError
from huiyan_media.nal import (
    START_CODE,
    H264NalType,
    H265NalType,
    h264_nal_type,
    h265_nal_type,
    is_annex_b,
    join_annex_b,
    split_annex_b,
    split_length_prefixed,
)
from huiyan_media.parameter_sets import ParameterSetKeeper, ParameterSets

_H264_DROPPED = frozenset(
    {
        H264NalType.AUD,
        H264NalType.END_OF_SEQUENCE,
        H264NalType.END_OF_STREAM,
        H264NalType.FILLER,
    }
)
_H265_DROPPED = frozenset(
    {
        H265NalType.AUD,
        H265NalType.END_OF_SEQUENCE,
        H265NalType.END_OF_BITSTREAM,
        H265NalType.FILLER,
    }
)
# A filler's bytes before its stop bit, an end of sequence, an end of stream, a trailing zero.
_DROPPED_ENDS = (b"\xff\x80", b"\x00\x00\x01\x0a", b"\x00\x00\x01\x0b", b"\x00")


class NormalisedUnit(NamedTuple):
    """A payload for `AccessUnit` and whether decoding may begin with it."""

    payload: bytes
    keyframe: bool


class Normaliser:
    """Normalises the units of one track in decoding order.

    `extradata` is what a demuxer or an SDP gives: Annex B parameter sets, an avcC or hvcC record,
    or nothing. With a record, units are length-prefixed as the record says; else Annex B.

    Keyframes are IDR (H.264) and BLA, IDR, CRA (H.265) pictures. Some cameras never send one and
    mark clean starting points with a recovery point SEI of count zero:
    `recovery_point_keyframes` takes those too. (A gradual refresh is never a keyframe.)

    A keyframe without complete parameter sets cannot be decoded and is passed on as no keyframe.
    Raises ParameterSetError for bad extradata and for codecs without NAL units.
    """

    def __init__(
        self, codec: Codec, extradata: bytes = b"", recovery_point_keyframes: bool = False
    ) -> None:
        self._keeper = ParameterSetKeeper(codec)
        self._is_h264 = codec is Codec.H264
        self._recovery_points = recovery_point_keyframes
        self._length_size: int | None = None
        self._prefix: tuple[bytes, ...] = ()
        self._prefix_version = 0
        for nal in self._read_extradata(extradata):
            if self._keeper.table_of(nal) is not None:
                self._keeper.keep(nal)

    @property
    def parameter_sets(self) -> ParameterSets:
        """The newest parameter sets, for an SDP or an init segment."""
        return self._keeper.current

    @property
    def parameter_set_version(self) -> int:
        """Goes up with each change of a parameter set: time for a new init segment."""
        return self._keeper.version

    def normalise(self, data: bytes) -> NormalisedUnit | None:
        """Normalise one raw unit. None when it holds no picture (parameter sets alone are kept).

        Raises NalError when it cannot be split into NAL units.
        """
        if self._length_size is None:
            if self._is_h264 and not self._recovery_points and _is_normal_already(data):
                return NormalisedUnit(data, False)
            return self.normalise_nals(split_annex_b(data))
        return self.normalise_nals(split_length_prefixed(data, self._length_size))

    def normalise_nals(self, nals: Sequence[bytes]) -> NormalisedUnit | None:
        """The same for NAL units without start codes, none of them empty (from RTP)."""
        kept: list[bytes] = []
        has_picture, keyframe = False, False
        inspect = self._inspect_h264 if self._is_h264 else self._inspect_h265
        for nal in nals:
            is_kept, is_picture, is_key = inspect(nal)
            if is_kept:
                kept.append(nal)
            has_picture = has_picture or is_picture
            keyframe = keyframe or is_key
        if not has_picture:
            return None
        if keyframe and self._keeper.is_complete:
            table_of = self._keeper.table_of
            rest = [nal for nal in kept if table_of(nal) is None]
            return NormalisedUnit(join_annex_b((*self._current_prefix(), *rest)), True)
        return NormalisedUnit(join_annex_b(kept), False)

    def _inspect_h264(self, nal: bytes) -> tuple[bool, bool, bool]:
        """Whether to keep it, whether it is a picture, whether it makes the unit a keyframe."""
        kind = h264_nal_type(nal)
        if H264NalType.SLICE <= kind <= H264NalType.IDR:
            return True, True, kind == H264NalType.IDR
        if kind in _H264_DROPPED:
            return False, False, False
        if kind in (H264NalType.SPS, H264NalType.PPS):
            return self._keeper.keep(nal), False, False
        is_key = (
            self._recovery_points
            and kind == H264NalType.SEI
            and h264.recovery_frame_count(nal) == 0
        )
        return True, False, is_key

    def _inspect_h265(self, nal: bytes) -> tuple[bool, bool, bool]:
        if len(nal) < 2:
            return False, False, False
        kind = h265_nal_type(nal)
        if kind < H265NalType.VPS:
            return True, True, h265.is_keyframe_nal(kind)
        if kind in _H265_DROPPED:
            return False, False, False
        if kind <= H265NalType.PPS:
            return self._keeper.keep(nal), False, False
        is_key = (
            self._recovery_points
            and kind == H265NalType.PREFIX_SEI
            and h265.recovery_poc_count(nal) == 0
        )
        return True, False, is_key

    def _current_prefix(self) -> tuple[bytes, ...]:
        if self._prefix_version != self._keeper.version:
            self._prefix = self._keeper.current.nals
            self._prefix_version = self._keeper.version
        return self._prefix

    def _read_extradata(self, extradata: bytes) -> Sequence[bytes]:
        if not extradata:
            return ()
        if is_annex_b(extradata):
            return split_annex_b(extradata)
        if self._is_h264:
            avcc = h264.parse_avcc(extradata)
            self._length_size = avcc.length_size
            return avcc.sps + avcc.pps
        hvcc = h265.parse_hvcc(extradata)
        self._length_size = hvcc.length_size
        return hvcc.vps + hvcc.sps + hvcc.pps


def _is_normal_already(data: bytes) -> bool:
    """True for an H.264 unit that needs no work: no keyframe, nothing to drop or to keep.

    That is nearly every unit that libavformat's RTP demuxer gives, and splitting it would cost
    more than receiving it. Only the head is read: after the first slice of a picture come slices,
    or what is to be dropped, which shows at the end (7.4.1.2.3).
    """
    position = 0
    while data.startswith(START_CODE, position):
        kind = data[position + 4] & 0x1F if position + 4 < len(data) else 0
        if kind == H264NalType.SLICE:
            return not data.endswith(_DROPPED_ENDS)
        if kind != H264NalType.SEI:
            return False
        position = data.find(START_CODE, position + 4)
        if position < 0:
            return False
    return False


def keyframe_parameter_sets(codec: Codec, payload: bytes) -> ParameterSets:
    """The parameter sets in front of a normalised keyframe, for an SDP or an init segment.

    Raises NalError when there is not one SPS and one PPS (and one VPS for H.265) at least.
    """
    keeper = ParameterSetKeeper(codec)
    for nal in split_annex_b(payload):
        if keeper.table_of(nal) is not None:
            keeper.keep(nal)
    if not keeper.is_complete:
        raise NalError("no complete parameter sets in this unit")
    return keeper.current
