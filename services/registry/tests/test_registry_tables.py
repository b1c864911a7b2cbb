"""Tables that people fill in: round trips, wrong cells, hostile files."""

import io
import zipfile

import pytest
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_registry.importing.cells import guarded, unguarded
from huiyan_registry.importing.reading import CSV, XLSX, read_table
from huiyan_registry.importing.schemas import MOST_ERRORS, Column, ImportReport
from huiyan_registry.importing.writing import write_table
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

CODE = Column("code", "代码", required=True, longest=15)
NAME = Column("name", "名称", required=True, longest=40, also=("村名",))
NOTE = Column("note", "备注")
COLUMNS = (CODE, NAME, NOTE)
HEADER = "代码,名称,备注\r\n"

_texts = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=30).map(str.strip)


def _read(text: str):
    return read_table(text.encode(), "text/csv; charset=utf-8", COLUMNS)


def _sheet(*lines):
    book = Workbook()
    for line in lines:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def _with_part(name: str, content: bytes) -> bytes:
    """A good file in which one part is replaced."""
    with zipfile.ZipFile(io.BytesIO(_sheet(["代码", "名称"], ["1", "甲"]))) as file:
        parts = {one: file.read(one) for one in file.namelist()}
    return _zip({**parts, name: content})


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(_texts.filter(bool).map(lambda t: t[:15].strip()), _texts), max_size=6)
)
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_is_written_is_read_again(format, rows):
    cells = [{"code": code, "name": f"村{note}"[:40].strip(), "note": note} for code, note in rows]
    body, kind, name = write_table(format, COLUMNS, cells, name="areas")
    table = read_table(body, kind, COLUMNS)
    assert (name, table.errors) == (f"areas.{format}", [])
    assert [row.cells for row in table.rows] == cells


@given(text=_texts)
def test_guarding_is_undone_and_leaves_no_formula(text):
    assert unguarded(guarded(text)) == text
    written = guarded(text)
    assert written[:1] not in ("=", "@") and (
        written[:1] not in ("+", "-") or written[1:2].isdigit()
    )


def test_formulas_are_neutralised_in_both_formats():
    cells = [{"code": "1", "name": "=HYPERLINK(1)", "note": "-104.5"}]
    body, _, _ = write_table("csv", COLUMNS, cells)
    assert "'=HYPERLINK(1),-104.5" in body.decode("utf-8-sig")
    assert body.startswith(b"\xef\xbb\xbf")
    body, kind, _ = write_table("xlsx", COLUMNS, cells)
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        assert b"<f>" not in file.read("xl/worksheets/sheet1.xml")
    assert read_table(body, kind, COLUMNS).rows[0].cells == cells[0]


@pytest.mark.parametrize(
    ("text", "line", "column", "word"),
    [
        (HEADER + "1,,x", 2, "名称", "must not be empty"),
        (HEADER + "\r\n1,甲,x\r\n1234567890123456,乙,", 4, "代码", "Too long"),
        (HEADER + "1,甲\x07,", 2, "名称", "invisible"),
        (HEADER + '1,"甲\n乙",', 2, "名称", "invisible"),
        (HEADER + "1,甲,,多", 2, "", "More cells"),
        (HEADER + '1,甲,x\r\n1,"甲', 3, "", "quotes"),
        ("代码,名称,管理员\r\n", 1, "C", "unknown header"),
        ("代码,备注\r\n1,2", 1, "名称", "missing"),
        ("代码,code,名称\r\n", 1, "代码", "twice"),
        ("", 1, "代码", "missing"),
    ],
)
def test_one_clear_error_with_line_and_column(text, line, column, word):
    error = _read(text).errors[0]
    assert (error.line, error.column) == (line, column)
    assert word in error.message_en and error.message


def test_a_wrong_line_hides_no_other():
    table = _read(HEADER + "1,甲,\r\n,乙,\r\n3,丙,\r\n4,,\r\n")
    assert [row.line for row in table.rows] == [2, 4]
    assert [error.line for error in table.errors] == [3, 5]


def test_lines_are_counted_as_an_editor_counts_them():
    table = _read('代码,名称,备注\n\n1,甲,"a\nb"\n2,,\n')
    assert [(error.line, error.column) for error in table.errors] == [(3, "备注"), (5, "名称")]


def test_what_chinese_spreadsheets_save():
    for body in (
        "村名;CODE\r\n新寨村;1\r\n".encode("gb18030"),
        "名称\t代码\n新寨村\t1\n".encode("utf-8-sig"),
    ):
        assert read_table(body, CSV, COLUMNS).rows[0].cells["name"] == "新寨村"
    wrong = read_table(b"code,name\n1,\xe6\n2,\xff\xff\n", CSV, COLUMNS).errors
    assert [(error.line, error.column) for error in wrong] == [(2, "")]


def test_numbers_of_a_sheet_are_codes_and_formulas_are_refused():
    body = _sheet(["代码", "名称", "备注"], [510799101201001, "甲", 1.5], ["=1+1", "乙", True])
    table = read_table(body, XLSX, COLUMNS)
    assert table.rows[0].cells == {"code": "510799101201001", "name": "甲", "note": "1.5"}
    assert [(one.line, one.column) for one in table.errors] == [(3, "代码")]
    assert "formula" in table.errors[0].message_en
    lost = read_table(_sheet(["代码", "名称"], [51079910120100112, "甲"]), XLSX, COLUMNS)
    assert "lost digits" in lost.errors[0].message_en


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PK\x03\x04",
        _zip({"x.txt": b"x"}),
        _with_part("xl/workbook.xml", b"<workbook/>"),
        _with_part("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r='x'>"),
        _with_part(
            "xl/sharedStrings.xml",
            b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><sst><si><t>&b;</t></si></sst>',
        ),
    ],
)
def test_broken_sheets_are_one_error(body):
    table = read_table(body, XLSX, COLUMNS)
    assert len(table.errors) == 1 and table.rows == []
    assert "Not an XLSX" in table.errors[0].message_en


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/worksheets/sheet1.xml", b" " * (257 * 2**20)),
        ("xl/styles.xml", b" " * (5 * 2**20)),
        ("xl/worksheets/sheet1.xml", b"<a>" + b"<x/>" * 300_000 + b"</a>"),
        ("xl/worksheets/sheet1.xml", b"<a><row>" + b"<c/>" * 6_000 + b"</row></a>"),
    ],
)
def test_bombs_are_refused_before_they_open(part, content):
    with pytest.raises(HuiyanError) as refused:
        read_table(_with_part(part, content), XLSX, COLUMNS)
    assert refused.value.kind is ErrorKind.TOO_LARGE


def test_a_far_line_costs_no_memory_and_no_error():
    sheet = (
        b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
        b"<row r='1'><c r='A1' t='inlineStr'><is><t>code</t></is></c>"
        b"<c r='B1' t='inlineStr'><is><t>name</t></is></c></row>"
        b"<row r='99999999999'><c t='inlineStr'><is><t>x</t></is></c></row></sheetData></worksheet>"
    )
    table = read_table(_with_part("xl/worksheets/sheet1.xml", sheet), XLSX, COLUMNS)
    assert table.rows == [] and table.errors == []


def test_other_types_are_refused():
    with pytest.raises(HuiyanError) as refused:
        read_table(b"", "application/json", COLUMNS)
    assert refused.value.kind is ErrorKind.UNSUPPORTED_MEDIA


def test_a_report_lists_so_many_errors_and_says_how_many_more():
    table = _read(HEADER + "1,,\r\n" * 600)
    report = ImportReport.of(dry_run=False, rows=600, errors=[*table.errors, *table.errors])
    assert len(report.errors) == MOST_ERRORS + 1 and not report.applied
    assert str(2 * (MOST_ERRORS + 1) - MOST_ERRORS) in report.errors[-1].message
