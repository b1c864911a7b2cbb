"""The codecs that cross the bus, with the numbers they carry there."""

from enum import IntEnum


class Codec(IntEnum):
    """The codec byte of a media frame (proto/media_frame.md). Numbers are never used twice."""

    H264 = 1  # ITU-T H.264, RFC 6184
    H265 = 2  # ITU-T H.265, RFC 7798
    PCMA = 3  # G.711 A-law, RFC 3551
    PCMU = 4  # G.711 mu-law, RFC 3551
    AAC = 5  # one raw AAC access unit without ADTS, RFC 3640
    OPUS = 6  # one Opus packet, RFC 7587

    @property
    def is_video(self) -> bool:
        """True for H.264 and H.265."""
        return self in _VIDEO

    @property
    def is_audio(self) -> bool:
        """True for every codec that is not video."""
        return self not in _VIDEO

    @property
    def clock_rate(self) -> int | None:
        """RTP clock in Hz; None for AAC, where it is the sample rate of the stream (RFC 3640)."""
        return _CLOCK_RATES[self]

    @property
    def rtp_name(self) -> str:
        """The encoding name in an SDP rtpmap line; upper case, as IANA registers it."""
        return _RTP_NAMES[self]

    @property
    def static_payload_type(self) -> int | None:
        """The payload type that RFC 3551 fixes, or None where it is dynamic."""
        return _STATIC_PAYLOAD_TYPES.get(self)

    @classmethod
    def from_rtp_name(cls, name: str) -> "Codec | None":
        """The codec of an rtpmap encoding name, in any letter case; None if it is not ours."""
        return _BY_RTP_NAME.get(name.upper())


_VIDEO = frozenset({Codec.H264, Codec.H265})
_CLOCK_RATES: dict[Codec, int | None] = {
    Codec.H264: 90_000,
    Codec.H265: 90_000,
    Codec.PCMA: 8_000,
    Codec.PCMU: 8_000,
    Codec.AAC: None,
    Codec.OPUS: 48_000,
}
_RTP_NAMES = {
    Codec.H264: "H264",
    Codec.H265: "H265",
    Codec.PCMA: "PCMA",
    Codec.PCMU: "PCMU",
    Codec.AAC: "MPEG4-GENERIC",
    Codec.OPUS: "OPUS",
}
_STATIC_PAYLOAD_TYPES = {Codec.PCMU: 0, Codec.PCMA: 8}
_BY_RTP_NAME = {name: codec for codec, name in _RTP_NAMES.items()}
