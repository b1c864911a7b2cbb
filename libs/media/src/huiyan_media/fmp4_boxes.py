"""ISO base media boxes and sample descriptions (ISO/IEC 14496-12, 14496-14, 14496-15)."""

import struct
from dataclasses import dataclass

from huiyan_media.codec import Codec
from huiyan_media.errors import Fmp4Error
from huiyan_media.h264 import build_avcc
from huiyan_media.h265 import build_hvcc
from huiyan_media.parameter_sets import ParameterSets
from huiyan_media.video_format import video_format

UNITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_AAC_OBJECT_TYPE = 0x40
_AUDIO_STREAM = 0x15  # streamType 5, upStream 0, reserved 1


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """An H.264 or H.265 track. `configuration` is the avcC or hvcC record; sizes in pixels."""

    track_id: int
    codec: Codec
    width: int
    height: int
    configuration: bytes
    codec_string: str
    timescale: int = 90_000

    @classmethod
    def from_parameter_sets(
        cls, track_id: int, codec: Codec, sets: ParameterSets, timescale: int = 90_000
    ) -> "VideoTrack":
        """Describe a track by its parameter sets. Raises ParameterSetError."""
        shown = video_format(codec, sets)
        is_h264 = codec is Codec.H264
        record = build_avcc(sets.sps, sets.pps) if is_h264 else build_hvcc(*sets)
        return cls(
            track_id, codec, shown.width, shown.height, record, shown.codec_string, timescale
        )

    def sample_entry(self) -> bytes:
        """avc1 or hvc1 with its configuration box. Raises Fmp4Error for other codecs."""
        if self.codec is Codec.H264:
            name, record = b"avc1", box(b"avcC", self.configuration)
        elif self.codec is Codec.H265:
            name, record = b"hvc1", box(b"hvcC", self.configuration)
        else:
            raise Fmp4Error(f"{self.codec.name} is no video codec")
        if not (0 < self.width <= 0xFFFF and 0 < self.height <= 0xFFFF):
            raise Fmp4Error("the picture size does not fit a sample entry")
        # resolution 72 dpi, one frame a sample, no compressor name, depth 24, no colour table
        visual = struct.pack(
            ">6xH16xHHII4xH32xHh",
            1,
            self.width,
            self.height,
            0x480000,
            0x480000,
            1,
            0x18,
            -1,
        )
        return box(name, visual, record)


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """A G.711 or AAC track. `configuration` is the AudioSpecificConfig of AAC (14496-3)."""

    track_id: int
    codec: Codec
    sample_rate: int
    channels: int = 1
    configuration: bytes = b""

    @property
    def timescale(self) -> int:
        """Audio counts in samples."""
        return self.sample_rate

    @property
    def codec_string(self) -> str:
        """RFC 6381 name: mp4a.40.2 for AAC-LC, else the name of the sample entry."""
        if self.codec is not Codec.AAC:
            return {Codec.PCMA: "alaw", Codec.PCMU: "ulaw"}.get(self.codec, self.codec.name.lower())
        object_type = self.configuration[0] >> 3 if self.configuration else 2
        return f"mp4a.40.{object_type}"

    def sample_entry(self) -> bytes:
        """mp4a, alaw or ulaw. Raises Fmp4Error for other codecs and impossible values."""
        if not (0 < self.sample_rate <= 0xFFFF and 0 < self.channels <= 0xFF):
            raise Fmp4Error("the sample rate or the channels do not fit a sample entry")
        audio = struct.pack(">6xH8xHH4xI", 1, self.channels, 16, self.sample_rate << 16)
        match self.codec:
            case Codec.PCMA:
                return box(b"alaw", audio)
            case Codec.PCMU:
                return box(b"ulaw", audio)
            case Codec.AAC:
                return box(b"mp4a", audio, self._esds())
        raise Fmp4Error(f"{self.codec.name} is not written into MP4")

    def _esds(self) -> bytes:
        if not 0 < len(self.configuration) <= 64:
            raise Fmp4Error("AAC needs an AudioSpecificConfig of 1 to 64 bytes")
        specific = _descriptor(5, self.configuration)
        decoder = _descriptor(4, bytes((_AAC_OBJECT_TYPE, _AUDIO_STREAM)) + bytes(11) + specific)
        stream = struct.pack(">HB", self.track_id & 0xFFFF, 0) + decoder + _descriptor(6, b"\x02")
        return full_box(b"esds", 0, 0, _descriptor(3, stream))


def box(name: bytes, *contents: bytes) -> bytes:
    """A box: u32 size, four-character name, contents."""
    body = b"".join(contents)
    return struct.pack(">I4s", len(body) + 8, name) + body


def full_box(name: bytes, version: int, flags: int, *contents: bytes) -> bytes:
    """A box with version and 24-bit flags."""
    return box(name, struct.pack(">I", version << 24 | flags), *contents)


def _descriptor(tag: int, contents: bytes) -> bytes:
    """An MPEG-4 descriptor (14496-1, 8.3.3) with contents below 128 bytes."""
    return bytes((tag, len(contents))) + contents
