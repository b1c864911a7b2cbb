"""The stamp: an SEI message that tells which camera sent a picture, which one it is, and when.

It travels as `user_data_unregistered` (payload type 5, ITU-T H.264 D.1.7, H.265 D.2.7), so that a
test oracle can read it from the bytes anywhere downstream without decoding:

    uuid (16 bytes) | camera number (u16) | access-unit counter (u64) | wall time, ns (u64)

The counter counts access units in sending order since the farm's epoch and never wraps in practice.
Without B-frames, `counter % loop length` is the frame number in the clock bar.
"""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from huiyan_testing.camera.annexb import VideoCodec, is_sei, split_annexb
from huiyan_testing.camera.errors import StampError

STAMP_UUID = uuid.UUID("6d0a7e1c-52f4-4c1e-9b86-48555949414e")
_UUID = STAMP_UUID.bytes
_FIELDS = struct.Struct("!HQQ")
_USER_DATA_UNREGISTERED = 5
_PAYLOAD_SIZE = len(_UUID) + _FIELDS.size
_HEADS = {
    VideoCodec.H264: bytes((0x06,)),
    VideoCodec.H265: bytes((39 << 1, 0x01)),
}
_TRAILING_BITS = b"\x80"
_NEEDS_ESCAPE = re.compile(rb"\0\0(?=[\0-\3])")


@dataclass(frozen=True, slots=True)
class Stamp:
    camera: int
    counter: int
    sent_ns: int  # wall time, nanoseconds since the Unix epoch


def escape(rbsp: bytes) -> bytes:
    """Insert emulation prevention bytes (H.264 7.4.1): 00 00 0x becomes 00 00 03 0x."""
    return _NEEDS_ESCAPE.sub(b"\0\0\3", rbsp)


def unescape(nal: bytes) -> bytes:
    """Remove emulation prevention bytes; the inverse of `escape`."""
    if b"\0\0\3" not in nal:
        return nal
    out = bytearray()
    zeros = 0
    for byte in nal:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def build_stamp(stamp: Stamp, codec: VideoCodec) -> bytes:
    """One complete SEI NAL unit, to be placed before the first VCL NAL unit of its picture."""
    fields = _FIELDS.pack(stamp.camera, stamp.counter, stamp.sent_ns)
    message = bytes((_USER_DATA_UNREGISTERED, _PAYLOAD_SIZE)) + _UUID + fields
    return _HEADS[codec] + escape(message + _TRAILING_BITS)


def parse_stamp(nal: bytes, codec: VideoCodec) -> Stamp | None:
    """The stamp in this NAL unit, or None when it is another NAL unit or another SEI message.

    Raises StampError when our UUID is there and the rest is not.
    """
    if not nal or not is_sei(nal, codec):
        return None
    body = unescape(nal)[len(_HEADS[codec]) :]
    position = 0
    while position + 2 <= len(body):
        kind, position = _variable_length(body, position)
        size, position = _variable_length(body, position)
        payload = body[position : position + size]
        position += size
        if kind == _USER_DATA_UNREGISTERED and payload.startswith(_UUID):
            if len(payload) < _PAYLOAD_SIZE:
                raise StampError(f"stamp of {len(payload)} bytes, {_PAYLOAD_SIZE} expected")
            return Stamp(*_FIELDS.unpack_from(payload, len(_UUID)))
    return None


def find_stamp(access_unit: bytes | Iterable[bytes], codec: VideoCodec) -> Stamp | None:
    """The first stamp of an access unit, given as Annex B bytes or as NAL units."""
    nals = split_annexb(access_unit) if isinstance(access_unit, bytes) else access_unit
    for nal in nals:
        stamp = parse_stamp(nal, codec)
        if stamp is not None:
            return stamp
    return None


def _variable_length(body: bytes, position: int) -> tuple[int, int]:
    """SEI payload type and size coding: 255 means "and more follows" (H.264 7.3.2.3.1)."""
    value = 0
    while position < len(body):
        byte = body[position]
        position += 1
        value += byte
        if byte != 255:
            break
    return value, position
