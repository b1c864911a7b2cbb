"""CSV (RFC 4180) to lines of cells: UTF-8 or the GB 18030 of a Chinese spreadsheet."""

import csv
import io
from collections.abc import Iterator

from huiyan_registry.importing.cells import Cell


class UnreadableError(Exception):
    """The file cannot be read beyond `line`."""

    def __init__(self, line: int, message: str, message_en: str) -> None:
        super().__init__(message_en)
        self.line = line
        self.message = message
        self.message_en = message_en


def csv_lines(body: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """(line number, cells) of each record; a record may span lines. Raises UnreadableError."""
    text = _decoded(body)
    first = text[:10_000].partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(records, None)
        except csv.Error as error:
            raise UnreadableError(
                line, "引号不成对，或单元格太长", "Unbalanced quotes, or a cell too long"
            ) from error
        if cells is None:
            return
        yield line, list(cells)
        line = records.line_num + 1


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = error
    try:
        return body.decode("gb18030")
    except UnicodeDecodeError:
        line = body.count(b"\n", 0, wrong.start) + 1
        raise UnreadableError(
            line,
            "文字编码认不出来，请另存为 UTF-8 的 CSV",
            "Unknown text encoding; save as CSV UTF-8",
        ) from wrong
