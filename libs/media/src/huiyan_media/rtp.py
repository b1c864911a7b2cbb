"""RTP headers and the arithmetic of numbers that wrap (RFC 3550 5.1, RFC 1982)."""

import struct
from typing import NamedTuple

from huiyan_media.errors import RtpError

HEADER_SIZE = 12
HEADER = struct.Struct("!BBHII")
"""Version and flags, marker and payload type, sequence, timestamp, SSRC."""
PLAIN = 0x80
"""The first byte of version 2 without padding, extension and CSRC list."""
_VERSION_2 = PLAIN
_PADDING = 0x20
_EXTENSION = 0x10
_MARKER = 0x80
U16 = 1 << 16
U32 = 1 << 32


class RtpPacket(NamedTuple):
    """One parsed RTP packet, without CSRC list, header extension and padding."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def build_rtp_header(
    payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int
) -> bytes:
    """The 12-byte header. Raises RtpError when a field is out of its range."""
    if not 0 <= payload_type < 128:
        raise RtpError("the payload type does not fit 7 bits")
    second = payload_type | _MARKER if marker else payload_type
    try:
        return HEADER.pack(_VERSION_2, second, sequence, timestamp, ssrc)
    except struct.error as error:
        raise RtpError(f"RTP header: {error}") from None


def parse_rtp(data: bytes) -> RtpPacket:
    """Read one packet. Raises RtpError when it is cut or not RTP version 2."""
    if len(data) < HEADER_SIZE:
        raise RtpError("fewer bytes than an RTP header")
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise RtpError("not RTP version 2")
    start, end = HEADER_SIZE, len(data)
    if first & ~_VERSION_2:
        start += 4 * (first & 0x0F)
        if first & _EXTENSION:
            start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        if first & _PADDING:
            padding = data[-1]
            if padding == 0:
                raise RtpError("padding of zero bytes")
            end -= padding
        if start > end:
            raise RtpError("CSRC list, extension or padding is longer than the packet")
    payload = data[start:end]
    return RtpPacket(second & 0x7F, second >= _MARKER, sequence, timestamp, ssrc, payload)


def u16_add(value: int, amount: int) -> int:
    """value + amount modulo 2**16."""
    return (value + amount) & 0xFFFF


def u32_add(value: int, amount: int) -> int:
    """value + amount modulo 2**32."""
    return (value + amount) & 0xFFFFFFFF


def u16_difference(newer: int, older: int) -> int:
    """The signed distance newer - older, from -2**15 to 2**15 - 1."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000


def u32_difference(newer: int, older: int) -> int:
    """The signed distance newer - older, from -2**31 to 2**31 - 1."""
    return ((newer - older + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def u16_is_newer(value: int, than: int) -> bool:
    """True when `value` comes after `than` on the short way around."""
    return u16_difference(value, than) > 0


def u32_is_newer(value: int, than: int) -> bool:
    """True when `value` comes after `than` on the short way around."""
    return u32_difference(value, than) > 0


class Unwrapper:
    """Turns wrapping numbers of `bits` bits into numbers that go on without bound.

    Each number is taken as the nearest one to that before, so steps up to half the range work in
    both directions. The first number stays as it is.
    """

    __slots__ = ("_half", "_last", "_mask")

    def __init__(self, bits: int = 32) -> None:
        self._mask = (1 << bits) - 1
        self._half = 1 << (bits - 1)
        self._last: int | None = None

    def unwrap(self, value: int) -> int:
        """The unwrapped number; negative when it goes back behind zero."""
        if self._last is None:
            self._last = value
        else:
            self._last += ((value - self._last + self._half) & self._mask) - self._half
        return self._last

    def reset(self) -> None:
        """Take the next number as the first one."""
        self._last = None
