"""A registry's backup as one file: a tar (POSIX.1-2001) of a manifest, a dump, and secrets.

The manifest stands first and names every part with its length and SHA-256; it ends with the
SHA-256 of itself. That finds damage, not forgery: who has the file has the keys that are in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

MANIFEST, DUMP, SECRETS = "manifest.json", "registry.dump", "secrets/"
FORMAT, VERSION = "huiyan-registry-backup", 1
_PART = re.compile(r"^(registry\.dump|secrets/[A-Za-z0-9_-][A-Za-z0-9._-]*)$")
_LONGEST_MANIFEST = 1024 * 1024
_CHUNK = 1024 * 1024


class ArchiveError(Exception):
    """The file cannot be written or is no whole backup; the text says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `made_at`: ISO 8601, by the database's clock, just before the
    moment that it shows; `told`: figures for people."""

    made_at: str
    revision: str
    towns: list[str]
    told: dict[str, int] = field(default_factory=dict)


def write_archive(file: Path, manifest: Manifest, parts: Mapping[str, Path]) -> None:
    """Write it beside `file` (0600) and rename it: whole or not at all. ArchiveError when the name
    is taken; OSError."""
    listed = [
        {"name": name, "bytes": path.stat().st_size, "sha256": _sha256(path)}
        for name, path in parts.items()
    ]
    head = _sealed({"format": FORMAT, "version": VERSION, **asdict(manifest), "parts": listed})
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(descriptor, "wb") as opened,
            tarfile.open(fileobj=opened, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            tar.addfile(_entry(MANIFEST, len(head)), io.BytesIO(head))
            for name, path in parts.items():
                with path.open("rb") as content:
                    tar.addfile(_entry(name, path.stat().st_size), content)
        _to_disk(part)
        # link() never replaces: an older backup of that name stays.
        os.link(part, file)
        _to_disk(file.parent)
    except FileExistsError as error:
        raise ArchiveError(f"已经有这个文件 / this file exists: {file}") from error
    finally:
        part.unlink(missing_ok=True)


class Archive:
    """A backup that was read once from end to end and is whole."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest, names: list[str]) -> None:
        self._tar = tar
        self.manifest = manifest
        self._names = names

    def secrets(self) -> dict[str, bytes]:
        """Its secrets by file name."""
        return {
            name.removeprefix(SECRETS): self._opened(name).read()
            for name in self._names
            if name.startswith(SECRETS)
        }

    def dump(self) -> Iterator[bytes]:
        """The dump in pieces. OSError."""
        content = self._opened(DUMP)
        while chunk := content.read(_CHUNK):
            yield chunk

    def _opened(self, name: str) -> IO[bytes]:
        return _content(self._tar, self._tar.getmember(name))


@contextlib.contextmanager
def open_archive(file: Path) -> Iterator[Archive]:
    """Read and check everything. ArchiveError for what is damaged or none; OSError."""
    with file.open("rb") as opened:
        try:
            with tarfile.open(fileobj=opened, mode="r:") as tar:
                yield _checked(tar)
        except (tarfile.TarError, EOFError) as error:
            raise _damaged("it is no tar, or was cut") from error


def _checked(tar: tarfile.TarFile) -> Archive:
    members = tar.getmembers()
    if not members or members[0].name != MANIFEST or members[0].size > _LONGEST_MANIFEST:
        raise _damaged("it has no manifest")
    told = _unsealed(_content(tar, members[0]).read())
    try:
        listed = {one["name"]: (one["bytes"], one["sha256"]) for one in told["parts"]}
        manifest = Manifest(
            str(told["made_at"]), str(told["revision"]), list(told["towns"]), dict(told["told"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged("its manifest is incomplete") from error
    names = [member.name for member in members[1:]]
    if sorted(names) != sorted(listed) or DUMP not in listed:
        raise _damaged("its parts are not those of the manifest")
    for member in members[1:]:
        if not (member.isreg() and _PART.match(member.name)):
            raise _damaged(f"{member.name!r} is no part of a backup")
        if (member.size, _digest(_content(tar, member))) != listed[member.name]:
            raise _damaged(f"{member.name} was changed")
    return Archive(tar, manifest, names)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise _damaged(f"{member.name} is no file")
    return content


def _sealed(told: dict[str, Any]) -> bytes:
    return _json(told | {"sha256": hashlib.sha256(_json(told)).hexdigest()})


def _unsealed(text: bytes) -> dict[str, Any]:
    try:
        told = json.loads(text)
        seal = told.pop("sha256")
        form = (told["format"], told["version"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged("its manifest cannot be read") from error
    if hashlib.sha256(_json(told)).hexdigest() != seal:
        raise _damaged("its manifest was changed")
    if form != (FORMAT, VERSION):
        raise ArchiveError(
            "这份备份的格式这一版不认识，请用更新的版本恢复\n"
            "this release does not know the form of this backup; restore it by a newer one"
        )
    assert isinstance(told, dict)
    return told


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, ensure_ascii=False, indent=1).encode()


def _damaged(how: str) -> ArchiveError:
    return ArchiveError(
        f"备份文件坏了或不完整，什么都没有动（{how}）\n"
        f"the backup is damaged or incomplete, nothing was touched: {how}"
    )


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return _digest(opened)


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
