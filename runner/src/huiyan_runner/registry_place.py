"""Where a registry lives: in a data folder, or on another PostgreSQL beside a folder of keys."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from huiyan_testing.postgres import DATABASE, EmbeddedPostgres

from huiyan_runner.data_folder import DataFolder, FolderError
from huiyan_runner.postgres_tools import Login, login_of
from huiyan_runner.secret_files import SecretFiles


@dataclass(frozen=True, slots=True)
class RegistryPlace:
    """The login that backs up and restores, and the secrets. `owner_url` gives the URL with which
    the schema of a database is migrated; None where the deployment migrates."""

    login: Login
    secrets: SecretFiles
    spare: Path
    folder: DataFolder | None = None
    owner_url: Callable[[str], str] | None = None


@contextlib.asynccontextmanager
async def postgres_of(folder: DataFolder) -> AsyncIterator[EmbeddedPostgres]:
    """The folder's server: that of the running suite, or started for us alone and ended again.
    FolderError when another command works there, PostgresError."""
    server = EmbeddedPostgres(folder.postgres)
    try:
        folder.lock()
    except FolderError:
        folder.read_state()  # FolderError: whoever holds the lock is no suite
        server.join()
        yield server
        return
    try:
        folder.state_file.unlink(missing_ok=True)  # of a suite that was killed
        async with server:
            yield server
    finally:
        folder.unlock()


@contextlib.asynccontextmanager
async def in_folder(folder: DataFolder) -> AsyncIterator[RegistryPlace]:
    """A data folder, its suite running or not. FolderError, PostgresError."""
    async with postgres_of(folder) as server:
        with tempfile.TemporaryDirectory(prefix="huiyan-registry-") as spare:
            yield RegistryPlace(
                login_of(server.superuser_url(DATABASE), Path(spare)),
                SecretFiles(folder.keys, folder.keys / "signing", folder.home_file),
                Path(spare),
                folder,
                server.owner_url,
            )


@contextlib.asynccontextmanager
async def elsewhere(url: str, keys: Path) -> AsyncIterator[RegistryPlace]:
    """A PostgreSQL that somebody else runs. ValueError for a URL that is none."""
    with tempfile.TemporaryDirectory(prefix="huiyan-registry-") as spare:
        yield RegistryPlace(login_of(url, Path(spare)), SecretFiles(keys, keys), Path(spare))
