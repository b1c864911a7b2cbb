"""What every benchmark tells: a table for people, JSON for machines, and whether limits hold."""

from __future__ import annotations

import datetime
import json
import operator
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One figure and its limit."""

    name: str
    value: float
    op: str
    limit: float
    unit: str
    holds: bool


@dataclass(slots=True)
class Report:
    """Collects figures (no limit) and checks (a limit) of one benchmark."""

    name: str
    packages: tuple[str, ...] = ()
    checks: list[Check] = field(default_factory=list)
    figures: list[tuple[str, float, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def check(self, name: str, value: float, op: str, limit: float, unit: str) -> None:
        """Add a figure that must hold a limit; `op` is `<=`, `>=` or `==`."""
        holds = _OPERATORS[op](value, limit)
        self.checks.append(Check(name, round(value, 4), op, limit, unit, holds))
        _say(f"{'' if holds else 'MISSED '}{name}: {value:g} {unit} ({op} {limit:g})")

    def figure(self, name: str, value: float, unit: str) -> None:
        """Add a figure that only informs."""
        self.figures.append((name, round(value, 4), unit))
        _say(f"{name}: {value:g} {unit}")

    def skip(self, why: str) -> None:
        """Say what was not measured, and why."""
        self.skipped.append(why)

    def note(self, text: str) -> None:
        """Say what a reader must know to understand the figures."""
        self.notes.append(text)

    @property
    def holds(self) -> bool:
        """True when every limit holds."""
        return all(check.holds for check in self.checks)

    def table(self) -> str:
        """For the terminal."""
        rows = [("", "figure", "value", "limit", "unit")]
        rows += [
            (
                "ok" if one.holds else "MISSED",
                one.name,
                f"{one.value:g}",
                f"{one.op} {one.limit:g}",
                one.unit,
            )
            for one in self.checks
        ]
        rows += [("", name, f"{value:g}", "", unit) for name, value, unit in self.figures]
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        lines = [
            "  ".join(
                text.rjust(width) if column == 2 else text.ljust(width)
                for column, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        lines += [f"skipped: {why}" for why in self.skipped]
        lines += [f"note: {text}" for text in self.notes]
        return "\n".join(lines)

    def as_json(self) -> Mapping[str, object]:
        """Everything, with machine, versions and date."""
        return {
            "bench": self.name,
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "holds": self.holds,
            "checks": [asdict(check) for check in self.checks],
            "figures": [
                {"name": name, "value": value, "unit": unit} for name, value, unit in self.figures
            ],
            "skipped": self.skipped,
            "notes": self.notes,
            "machine": machine(),
            "versions": {
                "python": platform.python_version(),
                **{name: _version(name) for name in self.packages},
                **self.versions,
            },
        }

    def finish(self) -> int:
        """Print the table, write results/<name>.json, return the exit status."""
        print(self.table())
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(self.as_json(), ensure_ascii=False, indent=1)
        (RESULTS / f"{self.name}.json").write_text(text + "\n")
        return 0 if self.holds else 1


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = ""
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.exists():
        lines = cpu_info.read_text().splitlines()
        model = next((one.split(":", 1)[1].strip() for one in lines if "model name" in one), "")
    return {
        "cores": os.cpu_count(),
        "cpu": model,
        "system": f"{platform.system()} {platform.release()}",
        "load_1m": round(os.getloadavg()[0], 2),
    }


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory_mb(pid: int) -> float:
    """Most resident memory that a process has had (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _say(line: str) -> None:
    """Progress of a long run; what was measured is not lost if a later part fails."""
    print(f"  {line}", file=sys.stderr, flush=True)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
