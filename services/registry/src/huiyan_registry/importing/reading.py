"""Reads a table to rows: bounded, line by line, each wrong cell one error."""

from collections.abc import Iterator, Sequence

from huiyan_kit.errors import ErrorKind, HuiyanError
from openpyxl.utils import get_column_letter

from huiyan_registry.importing.cells import UNSEEN, BadCell, Cell, has_unseen, unguarded
from huiyan_registry.importing.csv_lines import UnreadableError, csv_lines
from huiyan_registry.importing.schemas import MOST_ERRORS, Column, LineError, Row, Table
from huiyan_registry.importing.xlsx_lines import xlsx_lines

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 200_000


def read_table(body: bytes, content_type: str, columns: Sequence[Column]) -> Table:
    """The rows of a CSV or XLSX file whose first line names `columns`, in any order.

    Blocks and may take seconds: call it by `asyncio.to_thread`. Errors are in the table, with line
    and column; only UNSUPPORTED_MEDIA and TOO_LARGE are raised.
    """
    match content_type.partition(";")[0].strip().lower():
        case "text/csv":
            lines = csv_lines(body)
        case kind if kind == XLSX:
            lines = xlsx_lines(body)
        case _:
            raise HuiyanError(
                ErrorKind.UNSUPPORTED_MEDIA,
                "只收 CSV 和 XLSX 表格",
                "Only CSV and XLSX tables are read",
            )
    table = Table()
    try:
        _read(lines, columns, table)
    except UnreadableError as error:
        table.errors.append(_error(error.line, "", error.message, error.message_en))
    return table


def _read(lines: Iterator[tuple[int, list[Cell]]], columns: Sequence[Column], table: Table) -> None:
    line, header = next(lines, (1, []))
    places = _places(line, header, columns, table.errors)
    table.columns = frozenset(column.key for column, index in places if index is not None)
    if table.errors:
        return
    width = len(header)
    for line, cells in lines:
        if all(cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in cells):
            continue
        if len(table.rows) >= MOST_ROWS:
            table.errors.append(
                _error(line, "", f"超过 {MOST_ROWS} 行", f"More than {MOST_ROWS} rows")
            )
            return
        if any(cell != "" for cell in cells[width:]):
            table.errors.append(
                _error(line, "", "单元格比表头多", "More cells than the header has")
            )
        else:
            _read_line(line, cells, places, table)
        if len(table.errors) > MOST_ERRORS:
            return


def _places(
    line: int, header: list[Cell], columns: Sequence[Column], errors: list[LineError]
) -> list[tuple[Column, int | None]]:
    """Where each column stands."""
    found: dict[str, int] = {}
    for index, cell in enumerate(header):
        if cell == "":
            continue
        name = cell.strip() if isinstance(cell, str) else ""
        column = next((column for column in columns if column.is_named(name)), None)
        if column is None:
            known = "、".join(column.title for column in columns)
            errors.append(
                _error(
                    line,
                    get_column_letter(index + 1),
                    f"不认识第 {index + 1} 列的表头；能用的有：{known}",
                    f"Column {index + 1} has an unknown header; "
                    f"known: {', '.join(column.key for column in columns)}",
                )
            )
        elif column.key in found:
            errors.append(_error(line, column.title, "这一列有两遍", "The column appears twice"))
        else:
            found[column.key] = index
    for column in columns:
        if column.required and column.key not in found:
            errors.append(
                _error(line, column.title, "缺这一列", f"The column {column.key} is missing")
            )
    return [(column, found.get(column.key)) for column in columns]


def _read_line(
    line: int, cells: list[Cell], places: list[tuple[Column, int | None]], table: Table
) -> None:
    values: dict[str, str] = {}
    wrong = len(table.errors)
    for column, index in places:
        cell = cells[index] if index is not None and index < len(cells) else ""
        if isinstance(cell, str):
            cell = _checked(column, unguarded(cell.strip()))
        if isinstance(cell, BadCell):
            table.errors.append(_error(line, column.title, cell.message, cell.message_en))
        else:
            values[column.key] = cell
    if len(table.errors) == wrong:
        table.rows.append(Row(line, values))


def _checked(column: Column, text: str) -> Cell:
    if column.required and not text:
        return BadCell("这一格不能空", "The cell must not be empty")
    if len(text) > column.longest:
        return BadCell(
            f"太长，最多 {column.longest} 个字", f"Too long; at most {column.longest} characters"
        )
    return UNSEEN if has_unseen(text) else text


def _error(line: int, column: str, message: str, message_en: str) -> LineError:
    return LineError(line=line, column=column, message=message, message_en=message_en)
