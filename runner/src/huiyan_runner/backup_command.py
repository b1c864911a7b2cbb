"""`huiyan registry backup FILE`: the registry of one moment, with its secrets, in one file."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from huiyan_testing.postgres import PostgresError

from huiyan_runner.backup_archive import DUMP, SECRETS, ArchiveError, Manifest, write_archive
from huiyan_runner.data_folder import DataFolder, FolderError
from huiyan_runner.postgres_tools import ask, dump
from huiyan_runner.registry_place import RegistryPlace, elsewhere, in_folder
from huiyan_runner.secret_files import write_whole

Report = Callable[[str], None]

# Every release has had these tables.
_TOLD = """
SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  (SELECT version_num FROM alembic_version),
  (SELECT coalesce(string_agg(DISTINCT town, ','), '') FROM area),
  (SELECT count(*) FROM camera), (SELECT count(*) FROM household),
  (SELECT count(*) FROM access_register)
"""
_COUNTED = ("cameras", "households", "looks")


@dataclass(frozen=True, slots=True)
class Whose:
    """Which registry: that of a data folder, or one by its database and keys."""

    folder: DataFolder
    url_file: Path | None = None
    keys: Path | None = None

    def check(self) -> None:
        """ValueError when only half of the other place is named."""
        if (self.url_file is None) != (self.keys is None):
            raise ValueError("--database-url-file 和 --secrets 要一起给 / give both or neither")

    def place(self) -> AbstractAsyncContextManager[RegistryPlace]:
        """Where it lives, ready to be asked. FolderError, OSError, ValueError."""
        if self.url_file is not None and self.keys is not None:
            if not self.keys.is_dir():
                raise FolderError(f"没有这个文件夹 / no such folder: {self.keys}")
            return elsewhere(self.url_file.read_text("utf-8"), self.keys)
        return in_folder(self.folder)


def run(whose: Whose, file: Path) -> int:
    """Exit status 0: the file is there; 1: it is not; 2: wrong options."""
    try:
        whose.check()
        if file.exists():
            raise ArchiveError(f"已经有这个文件 / this file exists: {file}")
        if whose.url_file is None and not whose.folder.postgres.is_dir():
            raise FolderError(f"这里没有登记 / there is no registry here: {whose.folder.root}")
        _tell(file, asyncio.run(_back_up(whose, file)))
    except (FolderError, PostgresError, ArchiveError, OSError) as error:
        print(f"没有备份成 / not backed up: {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


async def _back_up(whose: Whose, file: Path) -> Manifest:
    say("1/3 找到数据库 / reaching the database")
    async with whose.place() as place:
        if place.folder is not None:
            place.folder.check_whole()
        return await write_backup(place, file, say)


def _tell(file: Path, manifest: Manifest) -> None:
    told = manifest.told
    say(
        f"备份好了：{file}（{file.stat().st_size} 字节，权限 0600）\n"
        f"  时间 of {manifest.made_at}，{told['cameras']} 个摄像头 cameras，"
        f"{told['households']} 户 households，{told['looks']} 次观看 looks\n"
        "！这个文件里有钥匙（摄像头密码、登记簿签名、动态码）：谁拿到它就等于拿到登记。"
        "锁进保险柜，传出去先加密。\n"
        "! This file holds KEYS (camera logins, the register's signature, one-time codes): whoever "
        "has it has the registry. Lock it away; encrypt it before it travels."
    )


async def write_backup(place: RegistryPlace, file: Path, report: Report) -> Manifest:
    """Write the place's registry into a new file. FolderError when there is none, PostgresError,
    ArchiveError, OSError."""
    manifest = await _manifest(place)
    # Copied before the dump: the newest head among them stands in the dump then.
    parts = {}
    for name, path in place.secrets.found().items():
        parts[SECRETS + name] = place.spare / f"secret-{name}"
        write_whole(parts[SECRETS + name], path.read_bytes())
    report("2/3 抄出数据库 / dumping the database")
    # Beside the file: where there is room for it, and no other users than those of the file.
    dumped = file.with_name(f".{file.name}.{os.getpid()}.dump")
    try:
        await dump(place.login, dumped)
        report("3/3 写成一个文件 / writing the file")
        write_archive(file, manifest, {DUMP: dumped, **parts})
    finally:
        dumped.unlink(missing_ok=True)
    return manifest


async def _manifest(place: RegistryPlace) -> Manifest:
    if await ask(place.login, "SELECT 1 WHERE to_regclass('alembic_version') IS NULL"):
        raise FolderError("这个库里没有登记 / there is no registry in this database")
    told = await ask(place.login, _TOLD)
    made_at, revision, towns, *counts = told.strip().split("|")
    figures = dict(zip(_COUNTED, map(int, counts), strict=True))
    return Manifest(made_at, revision, [town for town in towns.split(",") if town], figures)


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)
