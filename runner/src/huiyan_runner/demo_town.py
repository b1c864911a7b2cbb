"""What the runner knows of the demo town: who logs in, and the family's link."""

from __future__ import annotations

from huiyan_runner.data_folder import DataFolder
from huiyan_runner.registry_client import RegistryClient
from huiyan_runner.welcome import Login


class DemoTown:
    """Placeholder until the registry's seed exists."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def clerk(self) -> Login | None:
        return None

    async def family_link(self, client: RegistryClient) -> str:
        return ""
