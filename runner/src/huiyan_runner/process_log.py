"""Logs of the processes: one bounded file each, the previous part kept beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MOST_BYTES = 4 * 1024 * 1024


def open_log(path: Path) -> int:
    """A descriptor for a child's output; appends, so that the file may be cut while it writes."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def rotate(path: Path, most_bytes: int = MOST_BYTES) -> bool:
    """Copy a file that has grown too long to `<name>.1` and cut it; True when it did.

    The writer keeps its descriptor, so it need not be told. A line that is written between copy
    and cut is lost.
    """
    try:
        if path.stat().st_size <= most_bytes:
            return False
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        path.with_name(path.name + ".1").chmod(0o600)
        os.truncate(path, 0)
    except FileNotFoundError:
        return False
    return True


def last_words(path: Path, lines: int = 3) -> str:
    """The end of a log on one line, for a reason that a person reads."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return " / ".join(line.strip() for line in text.splitlines()[-lines:] if line.strip())[-600:]
