"""The folder in which one suite keeps everything: keys, logs, servers' state, who runs here."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from huiyan_kit.sealing import new_key_pair

DEFAULT = "data"


class FolderError(Exception):
    """The folder cannot be used; the text says why, in Chinese and English."""


@dataclass(slots=True)
class SuiteState:
    """What other commands may know of the running suite: never a secret."""

    pid: int
    town: str
    registry_url: str
    relay_url: str
    public_url: str
    tls_cert: str = ""
    ports: dict[str, dict[str, int]] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    ready: bool = False
    cameras_drawn: int = 0
    cameras_wanted: int = 0


class DataFolder:
    """Mode 0700; what is secret in it 0600."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.keys = self.root / "keys"
        self.logs = self.root / "logs"
        self.ports = self.root / "ports"
        self.nats = self.root / "nats"
        self.postgres = self.root / "postgres"
        self.clips = self.root / "clips"
        self.state_file = self.root / "state.json"
        self.home_file = self.root / "home.json"
        self.backups = self.root / "backups"
        self.unfinished_file = self.root / "restore-unfinished.json"
        self._lock: IO[str] | None = None

    def prepare(self) -> None:
        """Make what is missing, close what is open to others. FolderError."""
        try:
            for folder in (self.root, self.keys, self.logs, self.ports, self.nats, self.clips):
                folder.mkdir(mode=0o700, parents=folder is self.root, exist_ok=True)
                folder.chmod(0o700)
        except OSError as error:
            raise FolderError(
                f"数据文件夹不能用 / the data folder cannot be used: {error}"
            ) from error

    def lock(self) -> None:
        """Be the only suite here until the process ends. FolderError when there is another."""
        file = os.fdopen(os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            pid = file.read().strip() or "?"
            file.close()
            raise FolderError(
                f"这个数据文件夹已经有一套在运行（进程 {pid}）：{self.root}\n"
                f"huiyan up already runs on this data folder (pid {pid}); end it, or choose --data"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._lock = file

    def unlock(self) -> None:
        """Let the next one in."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def check_whole(self) -> None:
        """FolderError when a restore was interrupted between the keys and the database."""
        if self.unfinished_file.exists():
            raise FolderError(
                "上一次恢复没有做完，钥匙和数据库对不上：把那条 restore 命令再运行一遍\n"
                "a restore was interrupted, keys and database do not fit: "
                "run that `huiyan registry restore` again"
            )

    def sealing_keys(self) -> tuple[Path, Path]:
        """Private and public file of the pair to which camera logins are sealed."""
        private, public = self.keys / "ingest.key", self.keys / "ingest.pub"
        if not (private.exists() and public.exists()):
            secret, shown = new_key_pair()
            write_private(private, secret)
            write_private(public, shown)
        return private, public

    def write_home(self, household: str) -> None:
        """Keep which household a camera belongs to when nobody says whose it is."""
        write_private(self.home_file, json.dumps({"household": household}))

    def read_home(self) -> str:
        """That household; empty where there is none."""
        try:
            return str(json.loads(self.home_file.read_text("utf-8"))["household"])
        except (OSError, ValueError, KeyError):
            return ""

    def write_state(self, state: SuiteState) -> None:
        """Tell the other commands; written whole or not at all."""
        part = self.state_file.with_suffix(".part")
        write_private(part, json.dumps(asdict(state), indent=1))
        part.replace(self.state_file)

    def read_state(self) -> SuiteState:
        """The suite that runs here. FolderError when none does."""
        try:
            state = SuiteState(**json.loads(self.state_file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            state = None
        if state is None or not self._locked():
            raise FolderError(
                f"这个数据文件夹上没有运行 huiyan up：{self.root}\n"
                "no `huiyan up` runs on this data folder; start one, or choose --data"
            )
        return state

    def _locked(self) -> bool:
        try:
            with (self.root / "lock").open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read (0600)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
