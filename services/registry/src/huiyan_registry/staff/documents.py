"""Signed papers: PDF (ISO 32000-2, 7.5.2) or PNG (ISO/IEC 15948, 5.2), by their first bytes."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from huiyan_kit.errors import ErrorKind, HuiyanError

from huiyan_registry.refusals import invalid

MOST_BYTES = 4 * 1024 * 1024
_MAGIC = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that was sent in."""

    media_type: str
    content: bytes

    @property
    def sha256(self) -> bytes:
        """Its digest."""
        return hashlib.sha256(self.content).digest()


def read_paper(encoded: str) -> Paper:
    """Decode base64. HuiyanError INVALID `document`, TOO_LARGE above 4 MB."""
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong() from error
    if len(content) > MOST_BYTES:
        raise HuiyanError(
            ErrorKind.TOO_LARGE, "文件最大 4 MB", "A document has at most 4 MB", code="document"
        )
    for magic, media_type in _MAGIC.items():
        if content.startswith(magic):
            return Paper(media_type, content)
    raise _wrong()


def _wrong() -> HuiyanError:
    return invalid("文件要是 PDF 或 PNG", "The document must be a PDF or a PNG", "document")
