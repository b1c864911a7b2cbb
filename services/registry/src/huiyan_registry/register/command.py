"""`python -m huiyan_registry register export`: the chain on standard output, or in a file."""

import sys
from pathlib import Path

from huiyan_kit.clock import SystemClock

from huiyan_registry.database.connection import Database
from huiyan_registry.register.compose import compose_register
from huiyan_registry.settings import RegistrySettings


async def run_export(settings: RegistrySettings, town: str, out: Path | None) -> None:
    """Seal what waits, then write everything. ValueError for a foreign town, HuiyanError when
    the database is away."""
    wanted = town or settings.town_list[0]
    if wanted not in settings.town_list:
        raise ValueError(f"{wanted} is not among this registry's towns")
    database = Database(settings.database_url)
    room = compose_register(database, settings.secrets_dir, [wanted], SystemClock())
    try:
        await room.sealer.seal(wanted)
        if out is None:
            async for line in room.export.lines(wanted):
                sys.stdout.write(line)
            return
        with out.open("w", encoding="utf-8") as file:
            async for line in room.export.lines(wanted):
                file.write(line)
    finally:
        await database.close()
