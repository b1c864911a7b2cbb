"""Print what all distributions need from outside, for `make lock`."""

import re
import sys
import tomllib
from pathlib import Path

DISTRIBUTIONS = ("proto", "libs/*", "services/*", "runner", "web")


def main() -> None:
    """One requirement a line; our own distributions (`huiyan…`) are left out."""
    root = Path(__file__).parent.parent
    needed: set[str] = set()
    for pattern in DISTRIBUTIONS:
        for path in sorted(root.glob(f"{pattern}/pyproject.toml")):
            project = tomllib.loads(path.read_text("utf-8"))
            needed.update(project["project"].get("dependencies", []))
            needed.update(project["build-system"]["requires"])
    outside = (line for line in sorted(needed) if not re.match(r"huiyan(-|$)", line))
    sys.stdout.write("\n".join(outside) + "\n")


main()
