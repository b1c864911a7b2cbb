"""A clip: one loop of coded pictures, packetised for RTP once, when it is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import av

from huiyan_testing.camera.annexb import (
    H264_PPS,
    H264_SPS,
    H265_PPS,
    H265_SPS,
    H265_VPS,
    VideoCodec,
    is_sei,
    is_slice,
    nal_type,
    split_annexb,
)
from huiyan_testing.camera.errors import ClipError
from huiyan_testing.camera.payload import packetise_nal
from huiyan_testing.camera.sdp import VideoFormat
from huiyan_testing.scenes.rendition import FRAMES_PER_SECOND

_PARAMETER_SETS = {
    VideoCodec.H264: (H264_SPS, H264_PPS),
    VideoCodec.H265: (H265_VPS, H265_SPS, H265_PPS),
}
_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """RTP payloads of one access unit; the stamp goes between `lead` and `slices`."""

    keyframe: bool
    frame: int  # position in presentation order, 0-based
    lead: tuple[bytes, ...]  # parameter sets and delimiters
    slices: tuple[bytes, ...]  # the last one carries the RTP marker


@dataclass(frozen=True, slots=True)
class Clip:
    """Pictures in decoding order, 25 a second; the first one is a keyframe."""

    format: VideoFormat
    pictures: tuple[CodedPicture, ...]

    @property
    def codec(self) -> VideoCodec:
        return self.format.codec


def packetise_clip(units: Iterable[tuple[bytes, int]], codec: VideoCodec) -> Clip:
    """`units`: Annex B access units in decoding order with any increasing-by-frame pts value.

    Encoder SEI is dropped. Raises ClipError without parameter sets or a leading keyframe.
    """
    sets: dict[int, bytes] = {}
    split: list[tuple[list[bytes], int]] = []
    for unit, pts in units:
        nals = [nal for nal in split_annexb(unit) if not is_sei(nal, codec)]
        split.append((nals, pts))
        for nal in nals:
            if nal_type(nal, codec) in _PARAMETER_SETS[codec]:
                sets.setdefault(nal_type(nal, codec), nal)
    order = {pts: frame for frame, pts in enumerate(sorted(pts for _, pts in split))}
    pictures = tuple(_picture(nals, order[pts], codec) for nals, pts in split)
    missing = [kind for kind in _PARAMETER_SETS[codec] if kind not in sets]
    if missing or not pictures or not pictures[0].keyframe:
        raise ClipError("clip has no parameter sets or does not begin with a keyframe")
    parameter_sets = tuple(sets[kind] for kind in _PARAMETER_SETS[codec])
    return Clip(VideoFormat(codec, parameter_sets, FRAMES_PER_SECOND), pictures)


def load_clip(path: Path) -> Clip:
    """Read the first video stream of a media file. Raises ClipError."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            name = stream.codec_context.name
            bitstream = av.bitstream.BitStreamFilterContext(_FILTERS[name], stream)
            units = [
                (bytes(filtered), filtered.pts or 0)
                for packet in container.demux(stream)
                if packet.size
                for filtered in bitstream.filter(packet)
            ]
    except (av.FFmpegError, KeyError, IndexError) as error:
        raise ClipError(f"cannot read clip {path.name}") from error
    return packetise_clip(units, VideoCodec.H264 if name == "h264" else VideoCodec.H265)


def _picture(nals: list[bytes], frame: int, codec: VideoCodec) -> CodedPicture:
    lead = [nal for nal in nals if not is_slice(nal, codec)]
    slices = [nal for nal in nals if is_slice(nal, codec)]
    return CodedPicture(
        keyframe=any(_is_keyframe(nal, codec) for nal in slices),
        frame=frame,
        lead=tuple(payload for nal in lead for payload in packetise_nal(nal, codec)),
        slices=tuple(payload for nal in slices for payload in packetise_nal(nal, codec)),
    )


def _is_keyframe(nal: bytes, codec: VideoCodec) -> bool:
    """IDR in H.264, any intra random access point in H.265."""
    kind = nal_type(nal, codec)
    return kind == 5 if codec is VideoCodec.H264 else 16 <= kind <= 21
