"""`huiyan register verify`: is the access register what it was when it was written?

Of a file that an auditor exported, or of a data folder. The public key comes from `--trust` or
from the data folder, never from the file that is checked.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from huiyan_registry.register.chain import Head
from huiyan_registry.register.trust import Keys, read_heads, read_keys
from huiyan_registry.register.verify import FaultError, verify
from huiyan_registry.register.witness import witnessed
from huiyan_testing.postgres import PostgresError

from huiyan_runner.data_folder import DataFolder, FolderError
from huiyan_runner.registry_place import postgres_of
from huiyan_runner.restore_log import restores

_WRONG = 1
_CANNOT = 2


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What was asked: a file with its key, or a data folder."""

    folder: DataFolder
    file: Path | None = None
    trust: Path | None = None
    heads: tuple[Path, ...] = ()
    town: str = ""


def run(options: VerifyOptions) -> int:
    """Exit status 0: it holds; 1: the first wrong row is named; 2: it could not be checked."""
    try:
        if options.file is None:
            return asyncio.run(_of_folder(options))
        keys = _trusted(options)
        return _tell(
            options.file, keys, [head for path in options.heads for head in read_heads(path)]
        )
    except (FolderError, PostgresError, OSError, ValueError) as error:
        print(f"没有查成 / not verified: {error}", file=sys.stderr)
        return _CANNOT


def _trusted(options: VerifyOptions) -> Keys:
    if options.trust is not None:
        return read_keys(options.trust)
    return read_keys(_key_file(options))


def _key_file(options: VerifyOptions) -> Path:
    found = sorted((options.folder.keys / "signing").glob(f"register-{options.town or '*'}.pem"))
    if len(found) != 1:
        raise FolderError(
            "请用 --trust 给公钥（或用 --town 说是哪个镇）\n"
            "give the public key by --trust (or say by --town which town)"
        )
    return found[0]


async def _of_folder(options: VerifyOptions) -> int:
    """Ask the folder's database, which is started for it when the suite does not run."""
    key_file = _key_file(options)
    town = key_file.stem.removeprefix("register-")
    paths = [*witnessed(key_file.parent, town), *options.heads]
    held = [head for path in paths for head in read_heads(path)]
    async with postgres_of(options.folder) as server:
        with tempfile.TemporaryDirectory(prefix="huiyan-register-") as spare:
            exported = Path(spare) / "register.ndjson"
            await _export(server.app_url(), key_file.parent, town, exported)
            told = _tell(exported, _trusted(options), held)
    for one in restores(key_file.parent):
        print(
            f"注意：{one.get('restored_at')} 从 {one.get('backup_made_at')} 的备份恢复过，"
            "这两个时间之间封的链头对不上，是因为这个\n"
            f"note: restored on {one.get('restored_at')} from a backup of "
            f"{one.get('backup_made_at')}: heads sealed between the two fit no more"
        )
    return told


async def _export(database_url: str, secrets: Path, town: str, out: Path) -> None:
    words = ("register", "export", "--town", town, "--out", str(out))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "huiyan_registry",
        *words,
        env={
            "HUIYAN_REGISTRY_TOWNS": town,
            "HUIYAN_REGISTRY_DATABASE_URL": database_url,
            "HUIYAN_REGISTRY_SECRETS_DIR": str(secrets),
            "HUIYAN_REGISTRY_PROFILE": "demo",
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    if process.returncode:
        raise FolderError(told.decode(errors="replace").strip()[-500:])


def _tell(file: Path, keys: Keys, held: Sequence[Head]) -> int:
    def lines() -> Iterator[str]:
        with file.open(encoding="utf-8") as opened:
            yield from opened

    try:
        proven = verify(lines, keys, held)
    except FaultError as fault:
        print(f"登记簿不对 / the register is wrong: {fault}")
        return _WRONG
    if proven.head is None:
        print(f"登记簿是空的 / the register of {proven.town} is empty")
        return 0
    until = proven.head.sealed_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    print(
        f"登记簿没有被改：{proven.town} 第 {proven.first} 行起 {proven.rows} 行，链头签于 {until}\n"
        f"the register holds: {proven.rows} rows from row {proven.first}, signed {until}, "
        f"{proven.agreeing} older heads agree"
    )
    if outside := len(held) - proven.agreeing:
        print(
            f"注意：有 {outside} 个链头不在这一段里，没有核到\n"
            f"note: {outside} heads lie outside this part and prove nothing here"
        )
    return 0
