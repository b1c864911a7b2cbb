"""The command `seed-demo`, and the function the runner calls."""

import json
from collections.abc import Sequence
from pathlib import Path

from huiyan_kit.clock import SystemClock
from huiyan_kit.sealing import read_key

from huiyan_registry.account.passwords import Passwords
from huiyan_registry.camera.addresses import AddressRule
from huiyan_registry.camera.service import Sealer
from huiyan_registry.database.connection import Database
from huiyan_registry.demo.logins import DemoLogins
from huiyan_registry.demo.schemas import DemoSeed, DemoSite
from huiyan_registry.demo.seed import DemoSeeder
from huiyan_registry.settings import RegistrySettings


def read_sites(path: Path | None, most: int | None = None) -> list[DemoSite]:
    """The first `most` sites of a JSON list; none without a file."""
    if path is None:
        return []
    sites = [DemoSite.model_validate(entry) for entry in json.loads(path.read_text())]
    return sites if most is None else sites[:most]


async def run_seed(settings: RegistrySettings, sites: Sequence[DemoSite]) -> DemoSeed:
    """Seed the demo. Refused outside the demo profile (ValueError)."""
    if settings.profile != "demo":
        raise ValueError("seed-demo works in the demo profile only")
    key_file = settings.ingest_public_key_file
    database = Database(settings.database_url)
    try:
        seeder = DemoSeeder(
            database,
            passwords=Passwords(),
            logins=DemoLogins(settings.secrets_dir),
            sealer=Sealer(read_key(key_file) if key_file is not None else ""),
            addresses=AddressRule(settings.networks),
            clock=SystemClock(),
            public_url=settings.public_url,
        )
        return await seeder.seed(sites)
    finally:
        await database.close()
