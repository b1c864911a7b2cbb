"""The first sheet of an XLSX file to lines of cells. Formulas are never evaluated."""

import io
import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

from openpyxl import load_workbook

from huiyan_registry.importing.cells import BROKEN, FORMULA, LONG_NUMBER, BadCell, Cell
from huiyan_registry.importing.csv_lines import UnreadableError
from huiyan_registry.importing.xlsx_parts import NotXlsxError, survey

_MOST_COLUMNS = 64
_LAST_LINE = 1_048_576
# Beyond it a double does not hold every whole number; spreadsheets keep 15 digits.
_EXACT = 10**15


def xlsx_lines(body: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """(line number, cells) of each line. UnreadableError; HuiyanError TOO_LARGE for a bomb."""
    try:
        survey(body)
    except NotXlsxError as error:
        raise _no_table(1) from error
    line = 1
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for cells in islice(sheet.iter_rows(max_col=_MOST_COLUMNS), _LAST_LINE):
            yield line, [_text(cell.value, cell.data_type) for cell in cells]
            line += 1
    except (UnreadableError, GeneratorExit):
        raise
    except Exception as error:
        # openpyxl raises what its inside happens to raise: KeyError, TypeError, ParseError…
        raise _no_table(line) from error


def _no_table(line: int) -> UnreadableError:
    return UnreadableError(
        line, "这不是能读的 XLSX 表格，请重新另存", "Not an XLSX file that can be read"
    )


def _text(value: object, data_type: str) -> Cell:
    if data_type == "f":
        return FORMULA
    if data_type == "e":
        return BROKEN
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return LONG_NUMBER if abs(value) >= _EXACT else str(value)
        case float():
            return _number(value)
        case datetime():
            return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
        case date() | time() | timedelta():
            return str(value)
        case _:
            return BROKEN


def _number(value: float) -> str | BadCell:
    if not math.isfinite(value) or abs(value) >= _EXACT:
        return LONG_NUMBER
    return str(int(value)) if value.is_integer() else repr(value)
