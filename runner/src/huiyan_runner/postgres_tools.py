"""psql, pg_dump and pg_restore: one login, no password in an argument or an environment."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from huiyan_testing.parent_death import end_with_parent
from huiyan_testing.postgres import PostgresError, binaries

# What a URL may name beside its usual parts (PostgreSQL 18, 32.1.2).
_KEYWORDS = frozenset(
    {
        *("host", "hostaddr", "port", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey"),
        "connect_timeout",
    }
)


@dataclass(frozen=True, slots=True)
class Login:
    """Keywords of libpq; the password is in the file that `passfile` names."""

    keywords: Mapping[str, str]

    @property
    def database(self) -> str:
        return self.keywords["dbname"]

    def to(self, database: str) -> Login:
        """The same server and role, another database."""
        return Login({**self.keywords, "dbname": database})

    def conninfo(self) -> str:
        """As `-d` takes it."""
        return " ".join(
            f"{name}='{value.replace(chr(92), chr(92) * 2).replace(chr(39), chr(92) + chr(39))}'"
            for name, value in self.keywords.items()
        )


def login_of(url: str, spare: Path) -> Login:
    """A login of a URL as libpq or SQLAlchemy write it. A password in it goes to a file (0600) in
    the folder `spare`. ValueError when it is no such URL; it is never repeated in the text."""
    parts = urlsplit(url.strip())
    scheme = parts.scheme.partition("+")[0]
    database = unquote(parts.path.lstrip("/"))
    if scheme not in ("postgresql", "postgres") or not parts.username or not database:
        raise ValueError("这不是 postgresql://角色@主机/库 / no postgresql://role@host/database")
    keywords = {"user": unquote(parts.username), "dbname": database}
    if parts.hostname:
        keywords["host"] = parts.hostname
    if parts.port:
        keywords["port"] = str(parts.port)
    for name, value in parse_qsl(parts.query):
        # asyncpg's word for it.
        keyword = "sslmode" if name == "ssl" else name
        if keyword not in _KEYWORDS:
            raise ValueError(f"数据库地址里不认识 / unknown in the database URL: {name}")
        keywords[keyword] = value
    if parts.password is not None:
        path = spare / "pgpass"
        secret = unquote(parts.password).replace("\\", "\\\\").replace(":", "\\:")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"*:*:*:*:{secret}\n")
        keywords["passfile"] = str(path)
    return Login(keywords)


async def ask(login: Login, statement: str) -> str:
    """The answer to one statement or script, unaligned; a failure undoes all. PostgresError."""
    words = ("-XqtA", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", "-")
    return await _run("psql", login, *words, feed=(statement.encode(),))


async def tell(login: Login, statement: str) -> None:
    """What may not stand in a transaction (CREATE DATABASE). PostgresError."""
    await _run(
        "psql", login, "-XqtA", "-v", "ON_ERROR_STOP=1", "-f", "-", feed=(statement.encode(),)
    )


async def dump(login: Login, file: Path) -> None:
    """The database of one moment, in PostgreSQL's own form (0600). PostgresError, OSError."""
    _make_private(file)
    await _run("pg_dump", login, "--format=custom", "--lock-wait-timeout=60s", "-f", str(file))


def _make_private(file: Path) -> None:
    """pg_dump keeps the mode of a file that is there already."""
    file.touch(0o600)


async def restore(login: Login, dumped: Iterable[bytes], role: str) -> None:
    """Bring a dump into the (empty) database, all of it owned by `role`. PostgresError."""
    words = ("--single-transaction", "--exit-on-error", "--no-owner", f"--role={role}")
    await _run("pg_restore", login, *words, feed=dumped)


async def _run(program: str, login: Login, *words: str, feed: Iterable[bytes] = ()) -> str:
    process = await asyncio.create_subprocess_exec(
        str(binaries() / program),
        *words,
        "-d",
        login.conninfo(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PGCONNECT_TIMEOUT": "10", "PGCLIENTENCODING": "UTF8"},
        start_new_session=True,
        preexec_fn=end_with_parent(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        out, err, _ = await asyncio.gather(
            process.stdout.read(), process.stderr.read(), _feed(process.stdin, feed)
        )
        await process.wait()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise PostgresError(f"{program}: {err.decode(errors='replace').strip()[-600:]}")
    return out.decode()


async def _feed(stdin: asyncio.StreamWriter, chunks: Iterable[bytes]) -> None:
    # A program that ends early has said why on its standard error.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for chunk in chunks:
            stdin.write(chunk)
            await stdin.drain()
        stdin.close()
        await stdin.wait_closed()
