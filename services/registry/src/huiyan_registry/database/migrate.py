"""Runs the migrations that travel inside this package."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from huiyan_registry.database.revisions import known_revisions


def alembic_config(owner_url: str) -> Config:
    """Alembic's settings without a file; `owner_url` is a URL of the role huiyan_owner."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["url"] = owner_url
    return config


async def migrate(owner_url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision`; nothing happens when it is there already."""
    await asyncio.to_thread(command.upgrade, alembic_config(owner_url), revision)


async def step_back(owner_url: str, revision: str) -> None:
    """Bring the schema down to an older revision, for an older release; what that one cannot tell
    is put aside in the database. ValueError for a revision that is unknown or newer."""
    if revision not in known_revisions():
        raise ValueError(f"{revision!r} is none of {', '.join(known_revisions())}")
    try:
        await asyncio.to_thread(command.downgrade, alembic_config(owner_url), revision)
    except CommandError as error:
        raise ValueError(str(error)) from error  # the schema is older than that already
