"""RTCP packets a camera sends: sender report and goodbye (RFC 3550 6.4.1, 6.6)."""

from __future__ import annotations

import struct

_NTP_EPOCH_OFFSET_S = 2_208_988_800
_NS = 1_000_000_000
_SENDER_REPORT = struct.Struct("!BBHIIIIII")
_GOODBYE = struct.Struct("!BBHI")


def sender_report(ssrc: int, wall_ns: int, rtp_timestamp: int, packets: int, octets: int) -> bytes:
    """A sender report without report blocks; counts wrap at 32 bits. 28 bytes."""
    seconds, rest = divmod(wall_ns, _NS)
    return _SENDER_REPORT.pack(
        0x80,
        200,
        6,
        ssrc,
        (seconds + _NTP_EPOCH_OFFSET_S) & 0xFFFFFFFF,
        (rest << 32) // _NS,
        rtp_timestamp & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )


def goodbye(ssrc: int) -> bytes:
    """BYE for one source. 8 bytes."""
    return _GOODBYE.pack(0x81, 203, 1, ssrc)


def interleaved(channel: int, packet: bytes) -> bytes:
    """RFC 2326 10.12: `$`, channel, length, packet."""
    return struct.pack("!BBH", 0x24, channel, len(packet)) + packet
