"""The command `bootstrap`."""

from pathlib import Path

from huiyan_kit.clock import SystemClock

from huiyan_registry.account.passwords import Passwords
from huiyan_registry.bootstrap.key_files import KeyFiles
from huiyan_registry.bootstrap.schemas import Bootstrapped, NewTown
from huiyan_registry.bootstrap.service import Bootstrap
from huiyan_registry.database.connection import Database
from huiyan_registry.settings import RegistrySettings


async def run_bootstrap(
    settings: RegistrySettings, wanted: NewTown, keys: Path | None
) -> Bootstrapped:
    """ValueError for what was asked wrongly, HuiyanError when the database is away."""
    if wanted.town not in settings.town_list:
        raise ValueError(f"{wanted.town} is not among this registry's towns")
    database = Database(settings.database_url)
    try:
        bootstrap = Bootstrap(
            database, passwords=Passwords(), keys=KeyFiles(keys), clock=SystemClock()
        )
        return await bootstrap.run(wanted)
    finally:
        await database.close()
