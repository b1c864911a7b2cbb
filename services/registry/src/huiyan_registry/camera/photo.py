"""Photos of signs: only JPEG and PNG, checked by their bytes, without what they tell of the phone.

Nothing is decoded. JPEG (ITU-T T.81): segments are walked, application data but JFIF and Adobe's
colour transform, and comments are left out, and whatever follows the end. PNG (W3C PNG 3): chunks
are walked and checked, all but those that draw are left out. A photo keeps no position, owner or
date of a phone (rules.md P13).
"""

import struct
import zlib
from dataclasses import dataclass

from huiyan_registry.refusals import invalid

MOST_BYTES = 4 * 1024 * 1024
_MOST_PIXELS = 12_000
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"IDAT", b"IEND"})
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_JFIF, _ADOBE, _COMMENT = 0xE0, 0xEE, 0xFE
_APPLICATION = range(0xE0, 0xF0)
# Start of frame, baseline to arithmetic; C4, C8 and CC are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture fit to be kept; width and height in pixels."""

    media_type: str
    content: bytes
    width: int
    height: int


def clean_photo(content: bytes) -> Photo:
    """Check and strip. INVALID `photo` for anything else than one whole JPEG or PNG."""
    if len(content) > MOST_BYTES:
        raise _bad("照片太大，最多 4 MB", "The photo is larger than 4 MB")
    try:
        if content.startswith(b"\xff\xd8\xff"):
            photo = _jpeg(content)
        elif content.startswith(_PNG):
            photo = _png(content)
        else:
            raise _bad("只收 JPEG 或 PNG 照片", "Only JPEG and PNG photos are accepted")
    except (IndexError, struct.error, _BrokenPhotoError) as error:
        raise _bad("照片坏了，请重新拍", "The photo is damaged; take it again") from error
    if not (0 < photo.width <= _MOST_PIXELS and 0 < photo.height <= _MOST_PIXELS):
        raise _bad("照片的尺寸不对", "The photo's size in pixels is not usable")
    return photo


class _BrokenPhotoError(Exception):
    """The bytes do not follow their format."""


def _bad(zh: str, en: str) -> Exception:
    return invalid(zh, en, "photo")


def _jpeg(content: bytes) -> Photo:
    kept = [b"\xff\xd8"]
    size = (0, 0)
    at, scans = 2, 0
    while True:
        if content[at] != 0xFF:
            raise _BrokenPhotoError
        while content[at + 1] == 0xFF:  # fill bytes
            at += 1
        marker = content[at + 1]
        if marker == _END:
            break
        (length,) = struct.unpack_from("!H", content, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(content):
            raise _BrokenPhotoError
        if marker in _FRAMES:
            height, width = struct.unpack_from("!HH", content, at + 5)
            size = (width, height)
        if marker == _SCAN:
            scans += 1
            end = _scan_end(content, end)
        if not (marker == _COMMENT or (marker in _APPLICATION and marker not in (_JFIF, _ADOBE))):
            kept.append(content[at:end])
        at = end
    if not scans:
        raise _BrokenPhotoError
    kept.append(b"\xff\xd9")
    return Photo("image/jpeg", b"".join(kept), *size)


def _scan_end(content: bytes, at: int) -> int:
    """Where the coded data ends: at a marker that is neither stuffing nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise _BrokenPhotoError
        following = content[at + 1]
        if following == 0xFF:
            at += 1
        elif following == 0 or 0xD0 <= following <= 0xD7:
            at += 2
        else:
            return at


def _png(content: bytes) -> Photo:
    kept, at, size = [_PNG], len(_PNG), (0, 0)
    while True:
        length, kind = struct.unpack_from("!I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise _BrokenPhotoError
        (checksum,) = struct.unpack_from("!I", content, end - 4)
        if zlib.crc32(content[at + 4 : end - 4]) != checksum:
            raise _BrokenPhotoError
        if (kind == b"IHDR") != (at == len(_PNG)):
            raise _BrokenPhotoError
        if kind == b"IHDR":
            width, height = struct.unpack_from("!II", content, at + 8)
            size = (width, height)
        if kind in _PNG_KEPT:
            kept.append(content[at:end])
        elif not kind[0] & 0x20:  # critical, and unknown
            raise _BrokenPhotoError
        if kind == b"IEND":
            return Photo("image/png", b"".join(kept), *size)
        at = end
