"""RTP payload formats: NAL units and audio frames to RTP payloads, computed once per clip.

H.264: RFC 6184 (single NAL unit and FU-A, packetization-mode 1). H.265: RFC 7798 (single and FU).
AAC: RFC 3640 (AAC-hbr, one frame a packet). G.711: RFC 3551 (samples as they are).
"""

from __future__ import annotations

import struct

from huiyan_testing.camera.annexb import VideoCodec

MAX_PAYLOAD = 1400
_FU_A = 28
_H265_FU = 49
_START, _END = 0x80, 0x40


def packetise_h264(nal: bytes, limit: int = MAX_PAYLOAD) -> list[bytes]:
    """RFC 6184 5.6 and 5.8: the NAL unit itself, or FU-A fragments of at most `limit` bytes."""
    if len(nal) <= limit:
        return [nal]
    indicator = (nal[0] & 0xE0) | _FU_A
    kind = nal[0] & 0x1F
    return [
        bytes((indicator, flags | kind)) + piece for flags, piece in _fragments(nal[1:], limit - 2)
    ]


def packetise_h265(nal: bytes, limit: int = MAX_PAYLOAD) -> list[bytes]:
    """RFC 7798 4.4.1 and 4.4.3: the NAL unit itself, or fragmentation units."""
    if len(nal) <= limit:
        return [nal]
    head = bytes(((nal[0] & 0x81) | (_H265_FU << 1), nal[1]))
    kind = (nal[0] >> 1) & 0x3F
    return [
        head + bytes((flags | kind,)) + piece for flags, piece in _fragments(nal[2:], limit - 3)
    ]


def packetise_nal(nal: bytes, codec: VideoCodec, limit: int = MAX_PAYLOAD) -> list[bytes]:
    return (packetise_h264 if codec is VideoCodec.H264 else packetise_h265)(nal, limit)


def packetise_aac(frame: bytes) -> bytes:
    """RFC 3640 3.3.6: AU-headers-length 16 bits, 13-bit size, 3-bit index 0, then the frame."""
    return struct.pack("!HH", 16, len(frame) << 3) + frame


def _fragments(body: bytes, size: int) -> list[tuple[int, bytes]]:
    last = (len(body) - 1) // size
    return [
        (
            (_START if index == 0 else 0) | (_END if index == last else 0),
            body[index * size : (index + 1) * size],
        )
        for index in range(last + 1)
    ]
