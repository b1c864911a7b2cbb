"""One line of status for each process: rewritten in place on a terminal, else one line a change."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence
from typing import TextIO

from huiyan_runner.keeper import Keeper, UnitState

_WORDS = {
    UnitState.WAITING: ("○", "等待  waiting"),
    UnitState.STARTING: ("◌", "启动中 starting"),
    UnitState.READY: ("●", "就绪  ready"),
    UnitState.RESTARTING: ("↻", "重启中 restarting"),
    UnitState.STOPPING: ("◌", "停止中 stopping"),
    UnitState.ENDED: ("○", "已停  stopped"),
    UnitState.FAILED: ("✗", "没起来 failed"),
}


def width(text: str) -> int:
    """Columns that a terminal needs: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fit(text: str, columns: int) -> str:
    """Cut to `columns`, so that a line never wraps."""
    kept, used = "", 0
    for char in text:
        used += width(char)
        if used > columns:
            return kept
        kept += char
    return kept


def line_of(keeper: Keeper) -> str:
    """Name, state, ports, pid, restarts and the reason of the last end."""
    mark, word = _WORDS[keeper.state]
    parts = [f"{mark} {keeper.name:<10} {word}" + " " * max(0, 18 - width(word))]
    if keeper.state is UnitState.READY:
        shown = [f"{name}:{port}" for name, port in keeper.unit.ports.items() if name != "internal"]
        parts += shown
        if keeper.unit.pid is not None:
            parts.append(f"pid {keeper.unit.pid}")
    if keeper.restarts:
        parts.append(f"重启 {keeper.restarts} 次")
    if keeper.reason:
        parts.append(" ".join(keeper.reason.split()))
    return "  ".join(parts)


class StatusBoard:
    """Shows keepers in a fixed order; `say` puts other text above the board."""

    def __init__(self, out: TextIO, *, in_place: bool | None = None) -> None:
        self._out = out
        self._in_place = out.isatty() if in_place is None else in_place
        self._keepers: Sequence[Keeper] = ()
        self._shown = 0
        self._last: dict[str, str] = {}

    def watch(self, keepers: Sequence[Keeper]) -> None:
        """Show these from now on."""
        self._keepers = keepers

    def changed(self, keeper: Keeper) -> None:
        """A keeper has a new state."""
        if self._in_place:
            self._paint()
            return
        line = line_of(keeper)
        if self._last.get(keeper.name) != line:
            self._last[keeper.name] = line
            self._out.write(line + "\n")
            self._out.flush()

    def say(self, text: str) -> None:
        """Print text that stays."""
        if not self._in_place:
            self._out.write(text + "\n")
            self._out.flush()
            return
        self._clear()
        self._out.write(text + "\n")
        self._paint()

    def _clear(self) -> None:
        if self._shown:
            self._out.write(f"\x1b[{self._shown}A\x1b[J")
            self._shown = 0

    def _paint(self) -> None:
        columns = shutil.get_terminal_size().columns - 1
        self._clear()
        for keeper in self._keepers:
            self._out.write(fit(line_of(keeper), columns) + "\n")
        self._shown = len(self._keepers)
        self._out.flush()
