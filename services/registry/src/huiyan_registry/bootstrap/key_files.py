"""Files of machine keys: JSON {principal, key}, 0600, written whole or not at all."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MachineKey:
    """What a machine logs in with (POST /api/v1/login/key)."""

    principal: str
    key: str = field(repr=False)


class KeyFiles:
    """`<folder>/<machine>.key`; without a folder nothing is read or written."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @property
    def kept(self) -> bool:
        """True when keys go to files."""
        return self._folder is not None

    def read(self, machine: str) -> MachineKey | None:
        """The key that is kept. ValueError when the file is there and holds none."""
        if self._folder is None:
            return None
        path = self._folder / f"{machine}.key"
        try:
            told = json.loads(path.read_text("utf-8"))
            return MachineKey(told["principal"], told["key"])
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path.name} holds no JSON {{principal, key}}") from error

    def write(self, machine: str, made: MachineKey) -> None:
        """Keep it."""
        if self._folder is None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._folder / f"{machine}.part"
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"principal": made.principal, "key": made.key}, file)
        part.replace(self._folder / f"{machine}.key")
