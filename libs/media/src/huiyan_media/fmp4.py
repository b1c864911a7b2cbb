"""Fragmented MP4: init segments and fragments, for MSE and for recording.

Source: ISO/IEC 14496-12 (8.2 to 8.8), as the MSE byte stream format for ISO BMFF wants it:
default-base-is-moof, tfdt version 1, one track per fragment, no edit lists.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from huiyan_media.codec import Codec
from huiyan_media.errors import Fmp4Error
from huiyan_media.fmp4_boxes import UNITY_MATRIX, AudioTrack, VideoTrack, box, full_box
from huiyan_media.nal import (
    H264NalType,
    H265NalType,
    h264_nal_type,
    h265_nal_type,
    join_length_prefixed,
    split_annex_b,
)

__all__ = [
    "AudioTrack",
    "Sample",
    "VideoTrack",
    "fragment",
    "init_segment",
    "mime_type",
    "video_sample",
]

Track = VideoTrack | AudioTrack

_FTYP = box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5iso6mp41")
_SYNC_SAMPLE = 0x02000000  # sample_depends_on 2: on no other
_OTHER_SAMPLE = 0x01010000  # depends on others, sample_is_non_sync_sample
_TFHD_DEFAULT_BASE_IS_MOOF = 0x020000
_TRUN_FLAGS = 0x000F01  # data offset; duration, size, flags, composition offset of each sample
_H264_OUT_OF_BAND = frozenset({H264NalType.SPS, H264NalType.PPS, H264NalType.AUD})
_H265_OUT_OF_BAND = frozenset({H265NalType.VPS, H265NalType.SPS, H265NalType.PPS, H265NalType.AUD})


class Sample(NamedTuple):
    """One sample. Durations and offsets count in the timescale of the track."""

    payload: bytes
    """Length-prefixed NAL units without parameter sets, or one raw audio frame."""
    duration: int
    keyframe: bool = True
    composition_offset: int = 0


def video_sample(
    codec: Codec, payload: bytes, duration: int, keyframe: bool, composition_offset: int = 0
) -> Sample:
    """Make a sample of one Annex B access unit; parameter sets stay in the init segment.

    Raises NalError when the payload is not Annex B, Fmp4Error when the codec is no video codec.
    """
    if not codec.is_video:
        raise Fmp4Error(f"{codec.name} is no video codec")
    nals = split_annex_b(payload)
    if codec is Codec.H264:
        kept = [nal for nal in nals if h264_nal_type(nal) not in _H264_OUT_OF_BAND]
    else:
        kept = [nal for nal in nals if h265_nal_type(nal) not in _H265_OUT_OF_BAND]
    return Sample(join_length_prefixed(kept), duration, keyframe, composition_offset)


def mime_type(tracks: Sequence[Track]) -> str:
    """The type for `MediaSource.addSourceBuffer`, for example video/mp4; codecs="avc1.4d401f"."""
    kind = "video" if any(isinstance(track, VideoTrack) for track in tracks) else "audio"
    return f'{kind}/mp4; codecs="{",".join(track.codec_string for track in tracks)}"'


def init_segment(tracks: Sequence[Track]) -> bytes:
    """ftyp and moov for the tracks. Raises Fmp4Error."""
    numbers = [track.track_id for track in tracks]
    if not tracks or len(set(numbers)) != len(numbers):
        raise Fmp4Error("needs at least one track, each with its own number")
    if not all(0 < number < 0xFFFFFFFF for number in numbers):
        raise Fmp4Error("a track number is outside 1..2^32-2")
    # mvhd: times 0, timescale, duration 0, rate, volume, matrix, next track number
    mvhd = struct.pack(">8xIIIH10x36s24xI", 1000, 0, 0x10000, 0x100, UNITY_MATRIX, max(numbers) + 1)
    trex = b"".join(
        full_box(b"trex", 0, 0, struct.pack(">IIIII", number, 1, 0, 0, 0)) for number in numbers
    )
    moov = box(
        b"moov",
        full_box(b"mvhd", 0, 0, mvhd),
        *(_trak(track) for track in tracks),
        box(b"mvex", trex),
    )
    return _FTYP + moov


def fragment(
    sequence: int, track_id: int, base_decode_time: int, samples: Sequence[Sample]
) -> bytes:
    """One moof and its mdat. `base_decode_time` is the decode time of the first sample.

    Raises Fmp4Error when there is no sample or a number does not fit its field.
    """
    if not samples:
        raise Fmp4Error("a fragment without samples")
    numbers: list[int] = []
    for sample in samples:
        flags = _SYNC_SAMPLE if sample.keyframe else _OTHER_SAMPLE
        numbers += (sample.duration, len(sample.payload), flags, sample.composition_offset)
    try:
        table = struct.pack(">" + "IIIi" * len(samples), *numbers)
        mfhd = full_box(b"mfhd", 0, 0, struct.pack(">I", sequence))
        tfhd = full_box(b"tfhd", 0, _TFHD_DEFAULT_BASE_IS_MOOF, struct.pack(">I", track_id))
        tfdt = full_box(b"tfdt", 1, 0, struct.pack(">Q", base_decode_time))
        # moof, mfhd, traf, tfhd, tfdt, trun headers, the table and the mdat header
        data_offset = 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt) + 20 + len(table) + 8
        counts = struct.pack(">Ii", len(samples), data_offset)
        trun = full_box(b"trun", 1, _TRUN_FLAGS, counts, table)
        moof = box(b"moof", mfhd, box(b"traf", tfhd, tfdt, trun))
        return moof + box(b"mdat", *(sample.payload for sample in samples))
    except struct.error as error:
        raise Fmp4Error(f"a number does not fit its field: {error}") from None


def _trak(track: Track) -> bytes:
    if isinstance(track, VideoTrack):
        width, height, volume = track.width, track.height, 0
        handler, name = b"vide", b"VideoHandler\x00"
        media_header = full_box(b"vmhd", 0, 1, bytes(8))
    else:
        width, height, volume = 0, 0, 0x100
        handler, name = b"soun", b"SoundHandler\x00"
        media_header = full_box(b"smhd", 0, 0, bytes(4))
    entry = track.sample_entry()
    try:
        # times 0, number, duration 0, layer and group 0, volume, matrix, size in 16.16
        tkhd = struct.pack(
            ">8xI4x4x8x4xH2x36sII", track.track_id, volume, UNITY_MATRIX, width << 16, height << 16
        )
        # times 0, timescale, duration 0, language "und"
        mdhd = struct.pack(">8xIIH2x", track.timescale, 0, 0x55C4)
    except struct.error as error:
        raise Fmp4Error(f"a number does not fit its field: {error}") from None
    stbl = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    reference = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    return box(
        b"trak",
        full_box(b"tkhd", 0, 3, tkhd),
        box(
            b"mdia",
            full_box(b"mdhd", 0, 0, mdhd),
            full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", handler), name),
            box(b"minf", media_header, box(b"dinf", reference), stbl),
        ),
    )
