"""What an import reads, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

# Nobody mends more than this in one go, and the answer stays small.
MOST_ERRORS = 500


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its key in rows, its title in exports. Headers match key, title or
    one of `also`, whatever the case."""

    key: str
    title: str
    required: bool = False
    longest: int = 200
    also: tuple[str, ...] = ()

    def is_named(self, header: str) -> bool:
        """True when a header cell means this column."""
        wanted = header.strip().casefold()
        return wanted in {name.casefold() for name in (self.key, self.title, *self.also)}


class LineError(BaseModel):
    """What is wrong in one place. `line` counts from 1 and includes the header; `column` is the
    title of the column (its letter where the title is unknown), empty for the whole line. Never
    the content: it may be a secret."""

    line: int
    column: str
    message: str
    message_en: str


class ImportReport(BaseModel):
    """What an import did, or would do. Nothing is applied while there is one error."""

    dry_run: bool
    applied: bool
    rows: int
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[LineError] = []

    @classmethod
    def of(
        cls,
        *,
        dry_run: bool,
        rows: int,
        added: int = 0,
        changed: int = 0,
        unchanged: int = 0,
        errors: Sequence[LineError] = (),
    ) -> "ImportReport":
        """In line order, the first 500 errors; a last one says how many more there are."""
        ordered = sorted(errors, key=lambda error: error.line)
        shown = ordered[:MOST_ERRORS]
        if len(ordered) > MOST_ERRORS:
            more = len(ordered) - MOST_ERRORS
            last = ordered[MOST_ERRORS].line
            shown.append(
                LineError(
                    line=last,
                    column="",
                    message=f"还有 {more} 处错误没有列出",
                    message_en=f"{more} more errors are not listed",
                )
            )
        return cls(
            dry_run=dry_run,
            applied=not errors and not dry_run,
            rows=rows,
            added=added,
            changed=changed,
            unchanged=unchanged,
            errors=shown,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: every column's text by key, trimmed, "" where the cell is empty."""

    line: int
    cells: dict[str, str]

    def error(self, column: Column | None, message: str, message_en: str) -> LineError:
        """An error in this line."""
        return LineError(
            line=self.line,
            column=column.title if column is not None else "",
            message=message,
            message_en=message_en,
        )


@dataclass(slots=True)
class Table:
    """The lines that could be read, and what was wrong with the others. `columns`: the keys that
    the header names; cells of the others are empty."""

    rows: list[Row] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    columns: frozenset[str] = frozenset()
