"""Hand-written tables of answers: what is asked × who asks × where he stands. Pure.

    who: [clerk, auditor, household_owner]     # everybody; a role without a name here is an error
    also: [clerk whose agreement lapsed]       # asked only in rows that name them
    nowhere: {household_owner: [parent]}       # a family has no town: nobody to ask there
    words: {"403": 403 forbidden}              # what a bare status stands for
    rows:
      "GET /areas/{code} · variant":           # own | sister | parent | far
        auditor: 200 | 404 | 200 | 404
        others: 403                            # at each place

The reader knows nothing of how the answers come about: a row says them, or is refused.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

PLACES = ("own", "sister", "parent", "far")
OTHERS = "others"
NOBODY = "-"


@dataclass(frozen=True, slots=True)
class Cell:
    """One question, and the answer that is right."""

    row: str
    who: str
    place: str
    answer: str

    @property
    def route(self) -> str:
        """Method and path."""
        return self.row.partition(" · ")[0]

    @property
    def variant(self) -> str:
        """Which of several things is asked for, or how; empty for the usual one."""
        return self.row.partition(" · ")[2]

    def __str__(self) -> str:
        return f"{self.row} · {self.who} @ {self.place}"


@dataclass(frozen=True, slots=True)
class Table:
    """`who` is everybody whom each row answers; `also` those of single rows."""

    who: tuple[str, ...]
    also: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def rows(self) -> tuple[str, ...]:
        """Their names, in the order of the table."""
        return tuple(dict.fromkeys(cell.row for cell in self.cells))

    @property
    def routes(self) -> frozenset[str]:
        """Method and path of every row."""
        return frozenset(cell.route for cell in self.cells)

    def of(self, wanted: Callable[[Cell], bool]) -> tuple[Cell, ...]:
        """Some of the cells."""
        return tuple(cell for cell in self.cells if wanted(cell))


def read_table(text: str) -> Table:
    """ValueError for a row that leaves somebody out, names somebody twice or unknown, or does not
    say one answer, or four."""
    _check_once(text)
    told = yaml.safe_load(text)
    who, also = tuple(told["who"]), tuple(told.get("also", ()))
    nowhere = {name: frozenset(places) for name, places in told.get("nowhere", {}).items()}
    words = told.get("words", {})
    cells: list[Cell] = []
    for row, lines in told["rows"].items():
        answers = _answers(row, lines, who, also)
        for name, line in answers.items():
            said = [one.strip() for one in str(line).split("|")]
            if len(said) == 1:
                said *= len(PLACES)
            elif len(said) != len(PLACES):
                raise ValueError(f"{row}: {name} needs one answer or {len(PLACES)}")
            for place, answer in zip(PLACES, said, strict=True):
                if place in nowhere.get(name, ()):
                    continue
                if answer in ("", NOBODY):
                    raise ValueError(f"{row}: {name} stands at {place} and gets no answer")
                cells.append(Cell(row, name, place, str(words.get(answer, answer))))
    return Table(who, also, tuple(cells))


def _answers(
    row: str, lines: Mapping[str, Any], who: Iterable[str], also: Iterable[str]
) -> dict[str, Any]:
    """The line of each name."""
    found: dict[str, Any] = {}
    rest: Any = None
    for names, line in lines.items():
        if names == OTHERS:
            rest = line
            continue
        for name in (one.strip() for one in names.split(",")):
            if name not in (*who, *also):
                raise ValueError(f"{row}: who is {name}?")
            if name in found:
                raise ValueError(f"{row}: {name} has two answers")
            found[name] = line
    left_out = [name for name in who if name not in found]
    if left_out and rest is None:
        raise ValueError(f"{row}: nothing for {', '.join(left_out)}")
    if rest is not None and not left_out:
        raise ValueError(f"{row}: there are no others")
    return found | dict.fromkeys(left_out, rest)


def _check_once(text: str) -> None:
    """YAML lets the second of two equal rows win."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    top = root.value if isinstance(root, yaml.MappingNode) else []
    rows = next((value for key, value in top if key.value == "rows"), None)
    if rows is None or not rows.value:
        raise ValueError("there are no rows")
    names = [key.value for key, _ in rows.value]
    for name in set(names):
        if names.count(name) > 1:
            raise ValueError(f"{name} stands there twice")
    for name, lines in rows.value:
        keys = [key.value for key, _ in lines.value]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{name.value}: one line stands there twice")
