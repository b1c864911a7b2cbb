"""This library stays pure: the standard library only, and no event loop."""

import ast
import sys
from pathlib import Path

import huiyan_media
import pytest

MODULES = sorted(Path(huiyan_media.__file__).parent.glob("*.py"))
FORBIDDEN = {"asyncio", "threading", "socket", "subprocess", "time", "logging"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_imports_are_of_the_standard_library_without_io(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported <= (set(sys.stdlib_module_names) | {"huiyan_media"}) - FORBIDDEN
