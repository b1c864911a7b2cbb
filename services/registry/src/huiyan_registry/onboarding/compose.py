"""Joins the parts of onboarding."""

from fastapi import FastAPI
from huiyan_kit.bus.api import Bus
from huiyan_kit.clock import Clock
from prometheus_client import CollectorRegistry

from huiyan_registry.camera.addresses import AddressRule
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import CameraService
from huiyan_registry.database.connection import Database
from huiyan_registry.look.repository import LookRepository
from huiyan_registry.onboarding import endpoints
from huiyan_registry.onboarding.discovery import Discovery
from huiyan_registry.onboarding.live_check import LiveChecker, Told
from huiyan_registry.onboarding.look_entry import LookEntry
from huiyan_registry.onboarding.probe_pool import ProbePool
from huiyan_registry.onboarding.repository import OnboardingRepository
from huiyan_registry.onboarding.service import OnboardingService
from huiyan_registry.outbox.service import Outbox
from huiyan_registry.settings import RegistrySettings


def add_onboarding(
    api: FastAPI,
    settings: RegistrySettings,
    database: Database,
    bus: Bus,
    *,
    cameras: CameraRepository,
    camera_service: CameraService,
    looks: LookRepository,
    presence: Told,
    addresses: AddressRule,
    outbox: Outbox,
    clock: Clock,
    metrics: CollectorRegistry,
) -> OnboardingService:
    """Make the service and add its routes."""
    service = OnboardingService(
        database,
        cameras=cameras,
        camera_service=camera_service,
        onboarding=OnboardingRepository(),
        look_entry=LookEntry(looks, clock),
        addresses=addresses,
        discovery=Discovery(
            settings.discovery_interfaces, settings.discovery_port, addresses.is_allowed
        ),
        probes=ProbePool(),
        checker=LiveChecker(bus, presence, clock),
        outbox=outbox,
        clock=clock,
        metrics=metrics,
    )
    endpoints.add_routes(api, service)
    return service
