"""`huiyan registry restore FILE`: brings a backup back, whole or not at all.

The backup goes into a database of its own; there it is migrated, and what a restore must not bring
to life is ended. Then both databases change their names in one transaction. Until that moment the
registry is what it was, however the command ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from huiyan_registry.database.after_restore import (
    CARRIED,
    END_SESSIONS,
    LIVE_GRANTS,
    SHUT,
    revoke,
)
from huiyan_registry.database.revisions import known_revisions
from huiyan_testing.postgres import APP_ROLE, OWNER_ROLE, PostgresError

from huiyan_runner.backup_archive import Archive, ArchiveError, open_archive
from huiyan_runner.backup_command import Whose, say, write_backup
from huiyan_runner.data_folder import DataFolder, FolderError, write_private
from huiyan_runner.postgres_tools import Login, ask, restore, tell
from huiyan_runner.registry_place import RegistryPlace
from huiyan_runner.restore_log import lost_heads, note_restore

_NEW, _OLD = "huiyan_restoring", "huiyan_before_restore"


@dataclass(frozen=True, slots=True)
class RestoreOptions:
    """What was asked."""

    whose: Whose
    file: Path
    replace: bool = False
    keep_sessions: bool = False


def run(options: RestoreOptions) -> int:
    """Exit status 0: restored; 1: refused or failed, the registry is what it was; 2: options."""
    try:
        options.whose.check()
        asyncio.run(_Restore(options).run())
    except (FolderError, PostgresError, ArchiveError, OSError) as error:
        print(f"没有恢复 / not restored: {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


class _Restore:
    """One restore, step by step."""

    def __init__(self, options: RestoreOptions) -> None:
        self._options = options
        self._stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        self._undo: Path | None = None

    async def run(self) -> None:
        say("1/6 核对备份文件 / checking the backup")
        with open_archive(self._options.file) as archive:
            _check_revision(archive.manifest.revision)
            folder = self._options.whose.folder
            if self._options.whose.url_file is None:
                _refuse_while_it_runs(folder)
            async with self._options.whose.place() as place:
                await self._into(place, archive)

    async def _into(self, place: RegistryPlace, archive: Archive) -> None:
        filled = await _is_filled(place.login)
        if filled and not self._options.replace:
            raise FolderError(
                "这里已经有登记，没有动它；要换成备份里的，加 --replace（旧的会先另存一份）\n"
                "there is a registry here already, it was not touched; --replace puts the backup "
                "in its place (the old one is saved first)"
            )
        await _refuse_while_others_ask(place)
        say("2/6 另存现在的登记 / saving the present registry" + ("" if filled else "：空 empty"))
        if filled:
            self._undo = await self._save(place)
        say("3/6 装进新库 / loading into a new database")
        new = place.login.to(_NEW)
        await _make_empty(place.login)
        await restore(new, archive.dump(), OWNER_ROLE)
        say("4/6 升级表结构 / migrating")
        await _migrate(place, archive.manifest.revision)
        say("5/6 结束旧的登录和链接 / ending logins and links of then")
        await self._settle(place.login, new, filled=filled)
        say("6/6 换上 / taking its place")
        changed = await self._swap(place, archive)
        self._tell(archive, place, changed)

    async def _save(self, place: RegistryPlace) -> Path:
        """A backup of what is replaced; after an interrupted restore it exists already."""
        folder = place.folder
        if folder is None:
            kept = self._options.file.absolute().parent
        else:
            kept = folder.backups
            kept.mkdir(mode=0o700, exist_ok=True)
            if folder.unfinished_file.exists():
                return Path(json.loads(folder.unfinished_file.read_text("utf-8"))["undo"])
        file = kept / f"before-restore-{self._stamp}.huiyan"
        await write_backup(place, file, _quietly)
        return file

    async def _settle(self, old: Login, new: Login, *, filled: bool) -> None:
        """End what must not come to life; take along what was taken away since."""
        script = ["SET row_security = off;\n"]
        if filled:
            columns = set((await ask(old, _COLUMNS)).split())
            for carried in CARRIED:
                if {f"{carried.table}.{name}" for name in carried.columns} <= columns:
                    script.append(carried.write(await ask(old, carried.read)))
            script.append(revoke(await ask(old, LIVE_GRANTS)))
        if not self._options.keep_sessions:
            script.append(END_SESSIONS)
        script += [SHUT, "ANALYZE;\n"]
        await ask(new, "".join(script))

    async def _swap(self, place: RegistryPlace, archive: Archive) -> list[str]:
        wanted, folder = archive.secrets(), place.folder
        lost = lost_heads(place.secrets, wanted)
        changed = place.secrets.differing(wanted)
        if changed and folder is not None:
            undo = str(self._undo) if self._undo is not None else ""
            write_private(folder.unfinished_file, json.dumps({"undo": undo}))
        changed = place.secrets.replace(wanted, self._aside(place))
        database = place.login.database
        try:
            await ask(
                place.login.to("postgres"),
                f'ALTER DATABASE "{database}" RENAME TO {_OLD};\n'
                f'ALTER DATABASE {_NEW} RENAME TO "{database}";\n',
            )
        except PostgresError:
            place.secrets.put_back(changed, self._aside(place))
            raise
        finally:
            if folder is not None:
                folder.unfinished_file.unlink(missing_ok=True)
        note_restore(place.secrets, archive.manifest, lost)
        await tell(place.login.to("postgres"), f"DROP DATABASE IF EXISTS {_OLD} WITH (FORCE);\n")
        return changed

    def _aside(self, place: RegistryPlace) -> Path:
        return place.secrets.keys / f"before-{self._stamp}"

    def _tell(self, archive: Archive, place: RegistryPlace, changed: Iterable[str]) -> None:
        manifest, told = archive.manifest, archive.manifest.told
        ended = "保留 kept" if self._options.keep_sessions else "全部结束 all ended"
        say(
            f"恢复好了：登记回到 {manifest.made_at}（世界时 UTC），{told.get('cameras', 0)} 个"
            f"摄像头 cameras，{told.get('households', 0)} 户 households\n"
            f"  登录 logins: {ended}；链接、紧急查看、检修许可都已结束 "
            "/ links, break-glass and maintenance are over\n"
            "！在那以后新给的同意、改的密码、记的观看都没有了；收回的同意、关掉的开关"
            + ("已带过来。" if self._undo else "也没有了：请户主再看一遍。")
            + "\n! What was given, changed or looked at since then is gone; what was withdrawn "
            "since then "
            + ("was carried over." if self._undo else "is gone too: ask households to look again.")
        )
        if changed:
            aside = self._aside(place)
            say(f"  换过的钥匙 changed: {' '.join(changed)}；旧的在 the old ones: {aside}")
        if place.owner_url is None:
            say("  启动 registry 前先跑迁移 / run the migration before the registry starts")
        if self._undo is not None:
            say(
                f"  换掉的登记在 what was replaced: {self._undo}（有钥匙 holds keys, 0600）\n"
                "  反悔 to undo: huiyan registry restore --replace 上面这个文件 / that file"
            )


def _check_revision(revision: str) -> None:
    known = known_revisions()
    if revision not in known:
        raise ArchiveError(
            f"备份的表结构是 {revision}，这一版只到 {known[-1]}：请先升级慧眼再恢复\n"
            f"the backup has schema {revision}, this release knows {known[-1]}: upgrade first"
        )


def _refuse_while_it_runs(folder: DataFolder) -> None:
    folder.prepare()
    folder.lock()  # FolderError names who runs
    folder.unlock()


async def _refuse_while_others_ask(place: RegistryPlace) -> None:
    others = await ask(
        place.login,
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    if int(others):
        raise FolderError(
            f"还有 {others.strip()} 个连接在用这个库：先停 registry\n"
            f"{others.strip()} connections still use this database: stop the registry first"
        )


async def _is_filled(login: Login) -> bool:
    if not await ask(login, "SELECT 1 WHERE to_regclass('area') IS NOT NULL"):
        return False
    found = "SELECT 1 WHERE EXISTS (SELECT FROM area) OR EXISTS (SELECT FROM principal)"
    return bool(await ask(login, found))


async def _make_empty(login: Login) -> None:
    """A new database like the present one: its owner, its encoding, its doors."""
    server = login.to("postgres")
    await tell(server, f"DROP DATABASE IF EXISTS {_NEW} WITH (FORCE);\n")
    await tell(server, f"DROP DATABASE IF EXISTS {_OLD} WITH (FORCE);\n")
    collation = (
        await ask(
            login,
            "SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), "
            "datcollate, datctype) FROM pg_database WHERE datname = current_database()",
        )
    ).strip()
    await tell(
        server,
        f"CREATE DATABASE {_NEW} OWNER {OWNER_ROLE} TEMPLATE template0 {collation};\n"
        f"REVOKE ALL ON DATABASE {_NEW} FROM PUBLIC;\n"
        f"GRANT CONNECT ON DATABASE {_NEW} TO {APP_ROLE};\n",
    )


async def _migrate(place: RegistryPlace, revision: str) -> None:
    if place.owner_url is None:
        if revision != known_revisions()[-1]:
            raise FolderError(
                "这份备份的表结构较旧：先用同版本的慧眼恢复，再升级\n"
                "this backup has an older schema: restore it by a release of its time, then upgrade"
            )
        return
    url = place.owner_url(_NEW)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "huiyan_registry", "migrate"),
        env={
            **os.environ,
            "HUIYAN_REGISTRY_TOWNS": "000000000000",
            "HUIYAN_REGISTRY_DATABASE_URL": url,
            "HUIYAN_REGISTRY_OWNER_DATABASE_URL": url,
            "HUIYAN_REGISTRY_SECRETS_DIR": str(place.spare),
            "HUIYAN_REGISTRY_PROFILE": "demo",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise FolderError(f"迁移失败 / migration failed: {out.decode(errors='replace')[-500:]}")


_COLUMNS = (
    "SELECT table_name || '.' || column_name FROM information_schema.columns "
    "WHERE table_schema = 'public'"
)


def _quietly(_line: str) -> None:
    """The backup of before is one step of six."""
