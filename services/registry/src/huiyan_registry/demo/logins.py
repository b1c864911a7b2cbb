"""Passwords and keys of one demo: made once per data folder, kept in a 0600 file."""

import json
import os
from pathlib import Path

from huiyan_registry.account.passwords import new_key, new_password


class DemoLogins:
    """Reads or makes; `save` writes what was made."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "demo-logins.json"
        self._kept: dict[str, str] = (
            json.loads(self._path.read_text()) if self._path.exists() else {}
        )

    def password(self, account: str) -> str:
        """The password of an account."""
        return self._kept.setdefault(f"password:{account}", new_password())

    def key(self, machine: str) -> str:
        """The key of a machine."""
        return self._kept.setdefault(f"key:{machine}", new_key())

    def save(self) -> None:
        """Write whole or not at all."""
        part = self._path.with_suffix(".part")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self._kept, file)
        part.replace(self._path)
