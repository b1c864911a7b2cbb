"""The API's description without a running service: nothing is connected or opened."""

import tempfile
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from huiyan_kit.bus.local import LocalBus
from huiyan_kit.clock import SystemClock
from huiyan_kit.health import Health
from prometheus_client import CollectorRegistry

from huiyan_registry.account.passwords import Passwords
from huiyan_registry.app import Registry, compose_registry
from huiyan_registry.database.connection import Database
from huiyan_registry.settings import RegistrySettings


async def _no_buckets() -> str:
    return ""


def compose_unconnected(secrets: Path, town: str) -> Registry:
    """A registry that is joined and never run; its keys are those of the folder."""
    metrics = CollectorRegistry()
    settings = RegistrySettings(
        towns=town,
        database_url="postgresql+asyncpg://nobody@localhost/none",
        secrets_dir=secrets,
        profile="demo",
    )
    return compose_registry(
        settings,
        Database(settings.database_url),
        LocalBus(),
        _no_buckets,
        health=Health(metrics),
        metrics=metrics,
        clock=SystemClock(),
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
        pages=None,
    )


def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1 of every API route."""
    with tempfile.TemporaryDirectory() as folder:
        return compose_unconnected(Path(folder), "510799101000").api.openapi()
