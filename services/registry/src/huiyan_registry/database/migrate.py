"""Runs the migrations that travel inside this package."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config


def alembic_config(owner_url: str) -> Config:
    """Alembic's settings without a file; `owner_url` is a URL of the role huiyan_owner."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["url"] = owner_url
    return config


async def migrate(owner_url: str, revision: str = "head") -> None:
    """Bring the schema to `revision`; nothing happens when it is there already."""
    await asyncio.to_thread(command.upgrade, alembic_config(owner_url), revision)
