"""The secrets that belong to a registry, beside its database: without them it is worth little.

`ingest.key` opens the logins of cameras, `second-factor.key` the one-time codes of staff,
`register-<town>.pem` signs the heads of the access register, whose newest one is kept beside it.
Keys that sign grants are not among them: a restored registry signs with others, so that no token
of before is believed for long.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

_IN_KEYS = ("ingest.key", "ingest.pub", "operator.key", "probe.key", "camera.login")
_IN_SIGNING = (
    *("register-*.pem", "register-*.head.json", "register-*.head-*-lost.json"),
    *("second-factor.key", "demo-logins.json"),
)
# The newest head that was signed: of a later time than the backup it would speak against it.
NEWEST_HEADS = "register-*.head.json"


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Where they lie: `keys` and `signing` are one folder outside a data folder; `home` is the
    file that names the household of `camera add`, if any."""

    keys: Path
    signing: Path
    home: Path | None = None

    def found(self) -> dict[str, Path]:
        """Those that are there, by name."""
        paths: list[Path] = []
        for folder, patterns in ((self.keys, _IN_KEYS), (self.signing, _IN_SIGNING)):
            paths += [path for pattern in patterns for path in folder.glob(pattern)]
        if self.home is not None:
            paths.append(self.home)
        return {path.name: path for path in sorted(paths) if path.is_file()}

    def place(self, name: str) -> Path:
        """Where one belongs. ValueError for a name that is none of them."""
        if self.home is not None and name == self.home.name:
            return self.home
        for folder, patterns in ((self.keys, _IN_KEYS), (self.signing, _IN_SIGNING)):
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                return folder / name
        raise ValueError(f"no secret of a registry: {name}")

    def differing(self, wanted: dict[str, bytes]) -> list[str]:
        """Names whose file is not what is wanted; heads that nobody wants are among them."""
        here = self.found()
        heads = [path.name for path in self.signing.glob(NEWEST_HEADS)]
        changed = [
            name
            for name, content in wanted.items()
            if name not in here or here[name].read_bytes() != content
        ]
        return sorted({*changed, *(name for name in heads if name not in wanted)})

    def replace(self, wanted: dict[str, bytes], aside: Path) -> list[str]:
        """Write what differs (0600), keep the files of before in the folder `aside` (0700); the
        names. OSError."""
        changed = self.differing(wanted)
        for name in changed:
            path = self.place(name)
            if path.exists():
                aside.mkdir(mode=0o700, parents=True, exist_ok=True)
                kept = aside / name
                if not kept.exists():
                    write_whole(kept, path.read_bytes())
            if name in wanted:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_whole(path, wanted[name])
            else:
                path.unlink()
        return changed

    def put_back(self, names: Iterable[str], aside: Path) -> None:
        """What `replace` changed is again as it was before. OSError."""
        for name in names:
            kept, path = aside / name, self.place(name)
            if kept.exists():
                write_whole(path, kept.read_bytes())
            else:
                path.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """A file of mode 0600, whole on the disk or not there. OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)
