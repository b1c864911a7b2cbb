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
from huiyan_registry.app import compose_registry
from huiyan_registry.database.connection import Database
from huiyan_registry.settings import RegistrySettings


async def _no_buckets() -> str:
    return ""


def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1 of every API route."""
    metrics = CollectorRegistry()
    with tempfile.TemporaryDirectory() as folder:
        settings = RegistrySettings(
            towns="510799101000",
            database_url="postgresql+asyncpg://nobody@localhost/none",
            secrets_dir=Path(folder),
            profile="demo",
        )
        registry = compose_registry(
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
    return registry.api.openapi()
