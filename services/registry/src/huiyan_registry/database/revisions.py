"""The revisions of the schema that this release knows, oldest first; no database, no Alembic."""

import re
from pathlib import Path

_FILE = re.compile(r"^(\d{4})_[a-z0-9_]+\.py$")


def known_revisions() -> list[str]:
    """Revisions are numbered in their order, and the file's name begins with the number."""
    folder = Path(__file__).with_name("migrations") / "versions"
    found = (_FILE.match(path.name) for path in folder.iterdir())
    return sorted(match.group(1) for match in found if match is not None)
