"""What a restore leaves for auditors: `restored.json` beside the register's key.

Heads that were signed between the backup and the restore are no part of the register any more.
Whoever holds one sees a shortened register; this file says that it was a restore, and of when.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from huiyan_runner.backup_archive import Manifest
from huiyan_runner.secret_files import NEWEST_HEADS, SecretFiles, write_whole

_FILE = "restored.json"


def lost_heads(secrets: SecretFiles, wanted: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The newest heads of now that the backup does not have."""
    lost = []
    for path in sorted(secrets.signing.glob(NEWEST_HEADS)):
        content = path.read_bytes()
        if wanted.get(path.name) != content:
            try:
                lost.append(json.loads(content))
            except ValueError:
                continue  # a head that nobody can read proves nothing
    return lost


def note_restore(
    secrets: SecretFiles, manifest: Manifest, lost: Iterable[Mapping[str, Any]]
) -> None:
    """Add a line to the file. OSError."""
    entry = {
        "restored_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "backup_made_at": manifest.made_at,
        "lost_heads": list(lost),
    }
    told = [*restores(secrets.signing), entry]
    secrets.signing.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(secrets.signing / _FILE, json.dumps(told, ensure_ascii=False, indent=1).encode())


def restores(folder: Path) -> list[dict[str, Any]]:
    """Every restore that was noted in this folder of keys, oldest first."""
    try:
        told = json.loads((folder / _FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
