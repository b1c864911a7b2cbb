"""What goes into a service's image: our own distributions, and what they need from outside.

python deploy/image_parts.py relay            # requirements from outside, one a line
python deploy/image_parts.py --own relay      # folders of our own distributions, one a line
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("registry", "ingest", "relay", "recorder", "analytics")
FOLDERS = {
    "huiyan-proto": "proto",
    "huiyan-kit": "libs/kit",
    "huiyan-media": "libs/media",
    "huiyan-web": "web",
} | {f"huiyan-{service}": f"services/{service}" for service in SERVICES}


def _dependencies(folder: str) -> list[str]:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project.get("dependencies", []))


def parts(service: str) -> tuple[list[str], list[str]]:
    """(own folders, requirements from outside) of a service, both sorted. KeyError: not ours."""
    own: set[str] = set()
    outside: set[str] = set()
    waiting = [f"huiyan-{service}"]
    while waiting:
        name = waiting.pop()
        folder = FOLDERS[name]
        if folder in own:
            continue
        own.add(folder)
        for requirement in _dependencies(folder):
            if re.match(r"huiyan-", requirement):
                waiting.append(requirement)
            else:
                outside.add(requirement)
    return sorted(own), sorted(outside)


def main() -> None:
    """Print one of the two lists."""
    own, outside = parts(sys.argv[-1])
    sys.stdout.write("\n".join(own if "--own" in sys.argv else outside) + "\n")


if __name__ == "__main__":
    main()
