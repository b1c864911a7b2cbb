"""A signature drawn with the finger: a small PNG, checked before it is kept (ISO/IEC 15948)."""

import base64
import binascii
import struct
import zlib

from huiyan_registry.refusals import invalid

MOST_BYTES = 200 * 1024
# 4 characters of base64 for 3 bytes.
MOST_TEXT = MOST_BYTES // 3 * 4 + 8
_MOST_SIDE = 4096
_MAGIC = b"\x89PNG\r\n\x1a\n"
_HEAD = struct.Struct(">I4s")
_CRC = struct.Struct(">I")


def read_signature(text: str) -> bytes:
    """The PNG of base64 text. INVALID `signature` when it is none, too large or broken."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused() from error
    if len(content) > MOST_BYTES or not _is_png(content):
        raise _refused()
    return content


def _is_png(content: bytes) -> bool:
    """Magic, chunks with right checksums from IHDR to IEND and nothing behind, a sane size."""
    if not content.startswith(_MAGIC):
        return False
    at, kinds = len(_MAGIC), list[bytes]()
    while at + _HEAD.size + _CRC.size <= len(content):
        length, kind = _HEAD.unpack_from(content, at)
        end = at + _HEAD.size + length
        if end + _CRC.size > len(content):
            return False
        (crc,) = _CRC.unpack_from(content, end)
        if zlib.crc32(content[at + 4 : end]) != int(crc):
            return False
        if not kinds and (kind != b"IHDR" or not _fits(content[at + _HEAD.size : end])):
            return False
        kinds.append(kind)
        at = end + _CRC.size
        if kind == b"IEND":
            return at == len(content) and b"IDAT" in kinds
    return False


def _fits(head: bytes) -> bool:
    if len(head) != 13:
        return False
    width, height = (int(side) for side in struct.unpack_from(">II", head))
    return 0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE


def _refused() -> Exception:
    return invalid(
        "签名图片不对：要 PNG，200 KB 以内",
        "The signature must be a PNG of at most 200 KB",
        "signature",
    )
