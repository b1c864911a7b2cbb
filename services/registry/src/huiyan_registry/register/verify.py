"""Verifies an exported register and names the first row that does not fit. Offline, no database.

An export is NDJSON in the order of the chain: a `register` line (town, first seq, hash before it),
`row` lines each followed by the `head` that was signed there if any, `unlinked` lines for rows that
nobody sealed, and an `end` line. Keys that stand in the file are ignored: who could change the rows
could change them too.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from huiyan_registry.register.chain import Head, genesis, is_signed, linked

Lines = Callable[[], Iterable[str]]


class FaultKind(StrEnum):
    """What is wrong with a register."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    REORDERED = "reordered"
    SHORTENED = "shortened"
    REWRITTEN = "rewritten"
    FOREIGN_HEAD = "foreign_head"
    UNREADABLE = "unreadable"


_WORDS: dict[FaultKind, tuple[str, str]] = {
    FaultKind.CHANGED: ("这一行被改过", "this row was changed"),
    FaultKind.MISSING: ("这一行不见了", "this row is missing"),
    FaultKind.ADDED: ("这一行没有入链", "this row was never sealed"),
    FaultKind.REORDERED: ("行的次序被动过", "rows were put in another order"),
    FaultKind.SHORTENED: ("后面的行被删了", "the rows from here on were cut off"),
    FaultKind.REWRITTEN: ("从这一行起被重写", "rewritten from this row on"),
    FaultKind.FOREIGN_HEAD: ("链头不是可信钥匙签的", "its head is not signed by a trusted key"),
    FaultKind.UNREADABLE: ("文件读不懂", "the file cannot be read"),
}


class FaultError(Exception):
    """The first thing that is wrong, and where: a place in the chain and a row's id."""

    def __init__(self, kind: FaultKind, seq: int = 0, source: str = "", row: str = "") -> None:
        super().__init__(kind, seq, source, row)
        self.kind, self.seq, self.source, self.row = kind, seq, source, row

    def __str__(self) -> str:
        zh, en = _WORDS[self.kind]
        row = f" {self.source} {self.row}".rstrip()
        return f"第 {self.seq} 行{row}：{zh} / row {self.seq}{row}: {en} ({self.kind})"


@dataclass(frozen=True, slots=True)
class Proven:
    """What holds: these rows, up to this signed head; `agreeing` of the held heads lie within."""

    town: str
    first: int
    rows: int
    head: Head | None
    agreeing: int = 0


def verify(
    lines: Lines,
    keys: Mapping[str, ec.EllipticCurvePublicKey],
    held: Sequence[Head] = (),
) -> Proven:
    """Read the export (twice when rows may have changed places). Fault at the first wrong row.

    `held` are heads that were published earlier: the chain must contain each of them, as far as
    the export reaches.
    """
    reader = _Reader(keys, held)
    try:
        for told in _parsed(lines()):
            reader.take(told)
        return reader.end()
    except FaultError as fault:
        if fault.kind is FaultKind.CHANGED and _elsewhere(lines, reader):
            raise FaultError(FaultKind.REORDERED, fault.seq, fault.source, fault.row) from None
        raise


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            told = json.loads(line)
        except ValueError as error:
            raise FaultError(FaultKind.UNREADABLE) from error
        if not isinstance(told, dict):
            raise FaultError(FaultKind.UNREADABLE)
        yield told


def _elsewhere(lines: Lines, reader: "_Reader") -> bool:
    """Does the row that belongs here stand somewhere else in the file?"""
    return any(
        linked(reader.hash, told["members"]) == reader.expected
        for told in _parsed(lines())
        if told.get("type") == "row" and isinstance(told.get("members"), dict)
    )


class _Reader:
    """Follows the chain line by line."""

    def __init__(self, keys: Mapping[str, ec.EllipticCurvePublicKey], held: Sequence[Head]) -> None:
        self._keys = keys
        self._held = list(held)
        self._held_at: dict[int, list[Head]] = {}
        for head in held:
            self._held_at.setdefault(head.seq, []).append(head)
        self._town = ""
        self._first = self._seq = 0
        self._until: datetime | None = None
        self._confirmed = self._last_head = self._agreeing = 0
        self._ended = False
        self._head: Head | None = None
        self.hash = self.expected = b""

    def take(self, told: dict[str, Any]) -> None:
        """One line. Fault."""
        takers = {"register": self._start, "row": self._row, "head": self._take_head}
        try:
            kind = told.get("type")
            if kind == "key":
                return
            if kind == "end":
                self._ended = int(told["last"]) == self._seq
            elif kind == "unlinked":
                row = told["members"]
                raise FaultError(FaultKind.ADDED, self._seq, row["source"], row["id"])
            elif kind == "unsealed_missing":
                raise FaultError(FaultKind.MISSING, self._seq + 1, told["source"], told["row"])
            else:
                takers[str(kind)](told)
        except (KeyError, TypeError, ValueError) as error:
            raise FaultError(FaultKind.UNREADABLE, self._seq) from error

    def _start(self, told: dict[str, Any]) -> None:
        self._town, self._first = str(told["town"]), int(told["first"])
        self._seq = self._confirmed = self._first - 1
        self._until = datetime.fromisoformat(told["until"]) if told.get("until") else None
        self.hash = bytes.fromhex(told["previous"])
        if self._first == 1 and self.hash != genesis(self._town):
            raise FaultError(FaultKind.REWRITTEN, 1)
        self._meet(self._seq)

    def _row(self, told: dict[str, Any]) -> None:
        seq, source, row = int(told["seq"]), str(told["source"]), str(told["row"])
        if self._head is None and self._first > 1:
            # A part of the register hangs on the signed head before it, or on nothing.
            raise FaultError(FaultKind.FOREIGN_HEAD, self._first - 1)
        if seq != self._seq + 1:
            kind = FaultKind.MISSING if seq > self._seq + 1 else FaultKind.REORDERED
            raise FaultError(kind, self._seq + 1)
        self.expected = bytes.fromhex(told["hash"])
        if told["members"] is None:
            raise FaultError(FaultKind.MISSING, seq, source, row)
        if told["members"].get("source") != source or told["members"].get("id") != row:
            raise FaultError(FaultKind.CHANGED, seq, source, row)
        computed = linked(self.hash, told["members"])
        if computed != self.expected:
            raise FaultError(FaultKind.CHANGED, seq, source, row)
        self._seq, self.hash = seq, computed
        self._meet(seq)

    def _meet(self, seq: int) -> None:
        for head in self._held_at.get(seq, ()):
            self._check(head)
            self._agreeing += 1

    def _take_head(self, told: dict[str, Any]) -> None:
        head = Head.from_json(told)
        if head.seq != self._seq:
            raise FaultError(FaultKind.MISSING, self._seq + 1)
        self._check(head)
        # The first line of a part hangs on nothing before it.
        before = head.previous if self._first > 1 and self._head is None else self._last_head
        if head.previous != before:
            raise FaultError(FaultKind.MISSING, head.previous, "register_head")
        self._last_head = head.seq
        self._head = head

    def _check(self, head: Head) -> None:
        if head.town != self._town or not is_signed(head, self._keys):
            raise FaultError(FaultKind.FOREIGN_HEAD, head.seq)
        if head.hash != self.hash:
            # The trusted head tells another story: it begins after the last one that agreed.
            raise FaultError(FaultKind.REWRITTEN, self._confirmed + 1)
        self._confirmed = head.seq

    def end(self) -> Proven:
        """After the last line. Fault."""
        if not self._town:
            raise FaultError(FaultKind.UNREADABLE)
        if not self._ended:
            raise FaultError(FaultKind.SHORTENED, self._seq + 1)
        for head in self._held:
            if not is_signed(head, self._keys) or head.town != self._town:
                raise FaultError(FaultKind.FOREIGN_HEAD, head.seq)
            within = self._until is None or head.sealed_at < self._until
            if head.seq > self._seq and within:
                raise FaultError(FaultKind.SHORTENED, self._seq + 1)
        if self._confirmed < self._seq:
            raise FaultError(FaultKind.REWRITTEN, self._confirmed + 1)
        rows = self._seq - self._first + 1
        return Proven(self._town, self._first, rows, self._head, self._agreeing)
