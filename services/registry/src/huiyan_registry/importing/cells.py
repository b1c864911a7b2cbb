"""Single cells: what a spreadsheet must not execute, and what no database can hold."""

import re
import unicodedata
from dataclasses import dataclass

# A spreadsheet takes a cell that begins so for a formula (OWASP: CSV injection).
_FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
# The numbers among them are harmless: longitudes west of Greenwich, for one.
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
# Unassigned, private and lone surrogate characters are left to the database's own rule.
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell whose content is no text, and why."""

    message: str
    message_en: str


Cell = str | BadCell
FORMULA = BadCell("单元格是公式，请改成文字", "The cell is a formula; make it plain text")
BROKEN = BadCell("单元格里是错误值", "The cell holds an error value")
LONG_NUMBER = BadCell(
    "数字太长，表格软件已丢了位数；请把这一列设成“文本”再填",
    "The number is too long and has lost digits; format the column as text",
)
UNSEEN = BadCell("有看不见的字符或换行", "It holds invisible characters or line breaks")


def guarded(text: str) -> str:
    """`text` as it is written: no spreadsheet takes it for a formula. Undone by `unguarded`."""
    seen = "".join(" " if unicodedata.category(one) in _UNSEEN else one for one in text)
    if _FORMULA.match(seen) and not _NUMBER.fullmatch(seen):
        return "'" + seen
    return seen


def unguarded(text: str) -> str:
    """What was meant by a cell that `guarded` may have written."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def has_unseen(text: str) -> bool:
    """True for control characters and line ends, which no name and no code has."""
    return any(unicodedata.category(one) in _UNSEEN for one in text)
