"""Access units as bus messages: a fixed 40-byte header and the raw payload.

The layout is explained byte by byte in proto/media_frame.md; golden vectors for other languages
are in proto/media_frame_vectors.json.
"""

import struct
from typing import NamedTuple

from huiyan_media.access_unit import AccessUnit
from huiyan_media.codec import Codec
from huiyan_media.errors import MediaFrameError

VERSION = 1
HEADER = struct.Struct("!BBBBIQQqq")
HEADER_SIZE = HEADER.size
DEFAULT_MAX_MESSAGE = 512 * 1024
MAX_PARTS = 255
UNKNOWN_OFFSET_NS = -(1 << 63)

FLAG_KEYFRAME = 1
FLAG_DISCONTINUITY = 2
FLAG_LAST_PART = 4

_CODECS = {int(codec): codec for codec in Codec}
_pack = HEADER.pack
_unpack_from = HEADER.unpack_from


class FramePart(NamedTuple):
    """One decoded message: an access unit or one part of it. Times as in `AccessUnit`."""

    codec: Codec
    keyframe: bool
    discontinuity: bool
    last_part: bool
    part: int
    rtp_timestamp: int
    run_id: int
    au_seq: int
    arrival_ns: int
    camera_minus_arrival_ns: int | None
    payload: bytes

    @property
    def is_whole(self) -> bool:
        """True when this message holds its whole access unit."""
        return self.last_part and self.part == 0

    def with_payload(self, payload: bytes) -> AccessUnit:
        """The access unit that has this part's header and the given payload."""
        return AccessUnit(
            self.codec,
            self.keyframe,
            self.discontinuity,
            self.rtp_timestamp,
            self.run_id,
            self.au_seq,
            self.arrival_ns,
            self.camera_minus_arrival_ns,
            payload,
        )


def encode(au: AccessUnit, max_message: int = DEFAULT_MAX_MESSAGE) -> list[bytes]:
    """Return the messages of one unit, in sending order, each at most `max_message` bytes.

    Raises MediaFrameError when a field is out of its range or the unit needs over 255 parts.
    """
    payload = au.payload
    flags = au.keyframe | au.discontinuity << 1
    offset = au.camera_minus_arrival_ns
    if offset is None:
        offset = UNKNOWN_OFFSET_NS
    elif offset == UNKNOWN_OFFSET_NS:
        raise MediaFrameError("this clock offset is the mark for unknown")
    try:
        if len(payload) <= max_message - HEADER_SIZE:
            return [
                _pack(
                    VERSION,
                    au.codec,
                    flags | FLAG_LAST_PART,
                    0,
                    au.rtp_timestamp,
                    au.run_id,
                    au.au_seq,
                    au.arrival_ns,
                    offset,
                )
                + payload
            ]
        return _encode_parts(au, flags, offset, max_message - HEADER_SIZE)
    except struct.error as error:
        raise MediaFrameError(f"a field does not fit the header: {error}") from None


def _encode_parts(au: AccessUnit, flags: int, offset: int, room: int) -> list[bytes]:
    size = len(au.payload)
    if room <= 0 or size > room * MAX_PARTS:
        raise MediaFrameError(f"a unit of {size} bytes needs more than {MAX_PARTS} messages")
    view = memoryview(au.payload)
    starts = range(0, size, room)
    last = len(starts) - 1
    return [
        b"".join(
            (
                _pack(
                    VERSION,
                    au.codec,
                    flags | FLAG_LAST_PART if part == last else flags,
                    part,
                    au.rtp_timestamp,
                    au.run_id,
                    au.au_seq,
                    au.arrival_ns,
                    offset,
                ),
                view[start : start + room],
            )
        )
        for part, start in enumerate(starts)
    ]


def decode_message(data: bytes) -> FramePart:
    """Read one message. Unknown flag bits are ignored, so that later versions may use them.

    Raises MediaFrameError when it is shorter than a header, of another version or codec, or has
    an impossible part number.
    """
    try:
        version, number, flags, part, timestamp, run_id, au_seq, arrival, offset = _unpack_from(
            data
        )
    except struct.error:
        raise MediaFrameError(f"{len(data)} bytes are fewer than a header") from None
    if version != VERSION:
        raise MediaFrameError(f"version {version} is unknown")
    codec = _CODECS.get(number)
    if codec is None:
        raise MediaFrameError(f"codec {number} is unknown")
    if part >= MAX_PARTS:
        raise MediaFrameError(f"part {part} is over the last possible one")
    return FramePart(
        codec,
        flags & FLAG_KEYFRAME != 0,
        flags & FLAG_DISCONTINUITY != 0,
        flags & FLAG_LAST_PART != 0,
        part,
        timestamp,
        run_id,
        au_seq,
        arrival,
        None if offset == UNKNOWN_OFFSET_NS else offset,
        bytes(data[HEADER_SIZE:]),
    )
