"""Supplemental enhancement information: find one message (ITU-T H.264 7.3.2.3, H.265 7.3.2.4)."""

from huiyan_media.nal import remove_emulation_prevention

RECOVERY_POINT = 6
MAX_SEI_BYTES = 4096


def find_sei(body: bytes, wanted: int) -> bytes | None:
    """The payload of the first SEI message of type `wanted`; None when absent or cut.

    `body` is the NAL unit without its header (1 byte in H.264, 2 in H.265). Only the first 4096
    bytes are searched: user data of cameras can be long, recovery points stand in front.
    """
    rbsp = remove_emulation_prevention(body[:MAX_SEI_BYTES])
    position = 0
    while position + 2 <= len(rbsp):
        kind, position = _extended(rbsp, position)
        size, position = _extended(rbsp, position)
        if kind == wanted:
            payload = rbsp[position : position + size]
            return payload if len(payload) == size else None
        position += size
    return None


def _extended(data: bytes, position: int) -> tuple[int, int]:
    """A number written as a run of 0xFF and one last byte; a cut one ends at the end."""
    value = 0
    while position < len(data):
        byte = data[position]
        position += 1
        value += byte
        if byte != 0xFF:
            break
    return value, position
