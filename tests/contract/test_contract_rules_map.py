"""docs/design/rules-map.md names tests that exist, for every rule that it calls done."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "docs/design/rules-map.md"
RULES = [f"P{number}" for number in range(1, 15)]


def rows() -> dict[str, list[list[str]]]:
    """The cells of each rule's rows, table by table."""
    found: dict[str, list[list[str]]] = {}
    for line in PAPER.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"P\d+", cells[0]):
            found.setdefault(cells[0], []).append(cells[1:])
    return found


def functions_of(file: str) -> set[str]:
    """The test functions of the one test file of that name."""
    listed = subprocess.run(
        ["git", "ls-files", "--", f"*/{file}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(listed) == 1, f"{file}: {listed}"
    tree = ast.parse((ROOT / listed[0]).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, functions)}


def test_every_rule_has_its_row() -> None:
    assert list(rows()) == RULES


def test_each_named_test_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAPER.read_text("utf-8"))
    assert len(named) > 40
    known = {file: functions_of(file) for file, _ in named}
    assert [f"{file}::{test}" for file, test in named if test not in known[file]] == []


def test_what_is_done_has_a_test_and_what_is_later_has_none() -> None:
    for rule, tables in rows().items():
        state = tables[0][1]
        if "done" in state:
            assert len(tables) == 2 and "`test_" in tables[1][0], rule
        if state.startswith("later"):
            assert len(tables) == 1, rule


def test_rooms_that_are_named_exist() -> None:
    registry = ROOT / "services/registry/src/huiyan_registry"
    for rule, tables in rows().items():
        words = re.findall(r"`([\w/]+(?:\.py)?)`", tables[0][2])
        for word in words:
            places = (registry / word, ROOT / "runner/src/huiyan_runner" / word)
            assert any(place.exists() for place in places) or "." in word, f"{rule}: {word}"
