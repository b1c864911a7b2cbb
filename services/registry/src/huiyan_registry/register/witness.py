"""The newest head, kept beside the keys: outside the database that it speaks about."""

import json
import logging
import os
from pathlib import Path

from huiyan_registry.register.chain import Head

log = logging.getLogger(__name__)


class Witness:
    """`register-<town>.head.json`. A head that the database no longer confirms is put aside as
    `register-<town>.head-<seq>-lost.json`, and speaks against the register at every verification.
    In a folder that cannot be written there is no witness: the auditor's own heads remain."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, town: str) -> Path:
        return self._folder / f"register-{town}.head.json"

    def read(self, town: str) -> Head | None:
        """The head that was kept last; None when there is none."""
        try:
            return Head.from_json(json.loads(self._path(town).read_text("utf-8")))
        except (OSError, ValueError):
            return None

    def keep(self, head: Head) -> None:
        """Remember it, whole or not at all."""
        path = self._path(head.town)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            part.touch(0o600)
            part.write_text(json.dumps(head.as_json()), "utf-8")
            part.replace(path)
        except OSError:
            log.debug("no witness: the folder of keys cannot be written")

    def put_aside(self, head: Head) -> None:
        """The database does not know this head any more."""
        path = self._path(head.town)
        try:
            path.replace(path.with_name(f"register-{head.town}.head-{head.seq}-lost.json"))
        except OSError:
            log.debug("the lost head cannot be put aside")


def witnessed(folder: Path, town: str) -> list[Path]:
    """Files of every head that was kept of a town, the lost ones too."""
    return sorted(folder.glob(f"register-{town}.head*.json"))
