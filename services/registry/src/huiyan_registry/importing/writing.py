"""Writes rows as a file that a spreadsheet opens and executes nothing of."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from huiyan_registry.importing.cells import guarded
from huiyan_registry.importing.reading import CSV, XLSX
from huiyan_registry.importing.schemas import Column

TableFormat = Literal["csv", "xlsx"]


def write_table(
    format: TableFormat,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, str]],
    *,
    name: str = "huiyan",
) -> tuple[bytes, str, str]:
    """(bytes, content type, file name). Rows give texts by column key; a missing one is empty.

    Blocks: call it by `asyncio.to_thread` for many rows. What `read_table` reads of it is the same.
    """
    lines = ([guarded(row.get(column.key, "")) for column in columns] for row in rows)
    titles = [column.title for column in columns]
    if format == "csv":
        return _csv(titles, lines), f"{CSV}; charset=utf-8", f"{name}.csv"
    return _xlsx(titles, lines), XLSX, f"{name}.xlsx"


def _csv(titles: list[str], lines: Iterable[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(titles)
    writer.writerows(lines)
    # The mark tells Excel that it is UTF-8.
    return out.getvalue().encode("utf-8-sig")


def _xlsx(titles: list[str], lines: Iterable[list[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("huiyan")
    assert isinstance(sheet, WriteOnlyWorksheet)  # of a write-only book
    for line in (titles, *lines):
        sheet.append([_cell(sheet, text) for text in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    """A text cell of the format "text": long codes stay as they are when a person edits them."""
    cell = WriteOnlyCell(sheet, text or None)
    if text:
        cell.data_type, cell.number_format = "s", "@"
    return cell
