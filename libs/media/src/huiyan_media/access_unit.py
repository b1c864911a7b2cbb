"""The one media type that every room hands on."""

from typing import NamedTuple

from huiyan_media.codec import Codec


class AccessUnit(NamedTuple):
    """One coded picture, or one audio frame, of one run of one track.

    Video payload: one Annex B access unit with a four-byte start code before each NAL unit and
    SPS, PPS (and VPS for H.265) in front of every keyframe. Audio payload: the raw codec frame.
    Audio units are all keyframes.

    A tuple, as one is made for each picture of each camera: a frozen dataclass costs 1 µs more.
    """

    codec: Codec
    keyframe: bool
    discontinuity: bool
    """Something before this unit was lost, or its timeline starts anew."""
    rtp_timestamp: int
    """u32, wraps; in units of the codec's RTP clock (90 kHz for video)."""
    run_id: int
    """u64, see `run_id`: names the unbroken RTSP session and fences off older ones."""
    au_seq: int
    """u64, counts the units of this track in this run, without gaps."""
    arrival_ns: int
    """When ingest received the first byte: UTC, nanoseconds since 1970."""
    camera_minus_arrival_ns: int | None
    """The camera's own clock minus arrival_ns, or None while the camera has not told its time."""
    payload: bytes

    @property
    def is_video(self) -> bool:
        """True for H.264 and H.265."""
        return self.codec <= Codec.H265
