"""The parts of an XLSX file (ECMA-376) are surveyed before anything builds objects of them."""

import io
import zipfile
from xml.parsers import expat

from huiyan_kit.errors import ErrorKind, HuiyanError

_MIB = 1024 * 1024
_MOST_PARTS = 1000
_CHUNK = 256 * 1024
# Sheets are streamed; texts are kept in memory once; the rest is small in every honest file.
_MOST_SHEET, _MOST_TEXTS, _MOST_OTHER = 256 * _MIB, 64 * _MIB, 4 * _MIB
_MOST_TEXT_ELEMENTS = 6_000_000
# Elements that the reader keeps until the end: everything outside of rows.
_MOST_OTHER_ELEMENTS = 200_000
_MOST_IN_A_ROW = 5_000


class NotXlsxError(Exception):
    """The bytes are no spreadsheet."""


def too_large() -> HuiyanError:
    """The answer to a file that would grow beyond every limit when it is opened."""
    return HuiyanError(
        ErrorKind.TOO_LARGE, "表格太大，请分成几份", "The table is too large; split it"
    )


def survey(body: bytes) -> None:
    """Return when the file opens within bounded memory. TOO_LARGE, NotXlsxError.

    Declared sizes can be trusted: zipfile reads no more than a part declares.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as file:
            parts = file.infolist()
            if len(parts) > _MOST_PARTS:
                raise too_large()
            for part in parts:
                if part.file_size > _most(part.filename):
                    raise too_large()
            if sum(part.file_size for part in parts) > _MOST_SHEET + _MOST_TEXTS:
                raise too_large()
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    _survey_part(file, part)
    except (zipfile.BadZipFile, expat.ExpatError, EOFError, OSError, RuntimeError) as error:
        # RuntimeError: an encrypted part; NotImplementedError (its child): unknown compression.
        raise NotXlsxError from error
    except ValueError as error:
        raise NotXlsxError from error


def _most(name: str) -> int:
    if "sharedstrings" in name.lower():
        return _MOST_TEXTS
    return _MOST_SHEET if "worksheets/" in name.lower() else _MOST_OTHER


def _survey_part(file: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    counted = _Elements(
        _MOST_TEXT_ELEMENTS if "sharedstrings" in part.filename.lower() else _MOST_OTHER_ELEMENTS
    )
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = counted.start
    parser.EndElementHandler = counted.end
    parser.StartDoctypeDeclHandler = _no_doctype
    with file.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _no_doctype(*_: object) -> None:
    """Entities could be declared there, and grow without end; a spreadsheet has none."""
    raise NotXlsxError


class _Elements:
    """Counts what the reader would keep."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._in_row = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        if self._in_row:
            self._in_row += 1
            if self._in_row > _MOST_IN_A_ROW:
                raise too_large()
        elif name.endswith("}row") or name == "row":
            self._in_row = 1
        else:
            self._left -= 1
            if self._left < 0:
                raise too_large()

    def end(self, name: str) -> None:
        if name.endswith("}row") or name == "row":
            self._in_row = 0
