"""Joins the parts of the register."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from huiyan_kit.clock import Clock
from prometheus_client import CollectorRegistry

from huiyan_registry.database.connection import Database
from huiyan_registry.register.endpoints import add_routes
from huiyan_registry.register.export import RegisterExport
from huiyan_registry.register.keys import RegisterKeys
from huiyan_registry.register.reading import RegisterReader
from huiyan_registry.register.repository import ChainRepository
from huiyan_registry.register.sealer import Sealer
from huiyan_registry.register.service import RegisterService
from huiyan_registry.register.witness import Witness


@dataclass(frozen=True, slots=True)
class RegisterRoom:
    """What runs, what exports, and what answers."""

    sealer: Sealer
    export: RegisterExport
    service: RegisterService

    def add_routes(self, app: FastAPI) -> None:
        """The routes of auditors and receipts."""
        add_routes(app, self.service)


def compose_register(
    database: Database,
    secrets: Path,
    towns: Sequence[str],
    clock: Clock,
    metrics: CollectorRegistry | None = None,
) -> RegisterRoom:
    """OSError when a town's key is missing and cannot be made."""
    chain, keys = ChainRepository(), RegisterKeys(secrets, towns)
    sealer = Sealer(
        database,
        chain=chain,
        keys=keys,
        witness=Witness(secrets),
        clock=clock,
        towns=towns,
        metrics=metrics,
    )
    export = RegisterExport(database, chain, keys)
    service = RegisterService(
        database,
        chain=chain,
        reader=RegisterReader(),
        export=export,
        keys=keys,
        sealer=sealer,
    )
    return RegisterRoom(sealer, export, service)
