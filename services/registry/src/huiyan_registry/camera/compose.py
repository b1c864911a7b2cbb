"""Joins the parts of the camera's room."""

from dataclasses import dataclass

from fastapi import FastAPI
from huiyan_kit.clock import Clock
from huiyan_kit.sealing import read_key

from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.camera import bulk_endpoints, care_endpoints, endpoints
from huiyan_registry.camera.addresses import AddressRule
from huiyan_registry.camera.bulk_export import CameraExport
from huiyan_registry.camera.bulk_worker import ImportWorker
from huiyan_registry.camera.care import CameraCare
from huiyan_registry.camera.history import CameraHistory
from huiyan_registry.camera.notice import NoticeService
from huiyan_registry.camera.purpose import RetentionRule
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import CameraService, Sealer
from huiyan_registry.camera.views import CameraViews, ViewerCounts
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.outbox.service import Outbox
from huiyan_registry.presence.board import PresenceBoard
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.settings import RegistrySettings


@dataclass(frozen=True, slots=True)
class CameraRoom:
    """What other rooms and the routes use."""

    service: CameraService
    care: CameraCare
    notices: NoticeService
    imports: ImportWorker
    exports: CameraExport
    public_url: str

    def add_routes(self, api: FastAPI) -> None:
        """Every route of cameras."""
        # Before /cameras/{camera}: the first route that fits is taken.
        bulk_endpoints.add_routes(api, self.imports, self.exports)
        endpoints.add_routes(api, self.service)
        care_endpoints.add_routes(api, self.care, self.notices, public_url=self.public_url)


def compose_cameras(
    settings: RegistrySettings,
    database: Database,
    *,
    cameras: CameraRepository,
    areas: AreaRepository,
    consents: ConsentRepository,
    revocations: RevocationService,
    outbox: Outbox,
    presence: PresenceBoard,
    viewers: ViewerCounts,
    clock: Clock,
) -> CameraRoom:
    """The room of cameras."""
    key_file = settings.ingest_public_key_file
    views = CameraViews(
        consents=consents,
        presence=presence,
        viewers=viewers,
        public_url=settings.public_url,
        clock=clock,
    )
    history = CameraHistory()
    service = CameraService(
        database,
        cameras=cameras,
        areas=areas,
        views=views,
        history=history,
        revocations=revocations,
        outbox=outbox,
        addresses=AddressRule(settings.networks),
        sealer=Sealer(read_key(key_file) if key_file is not None else ""),
        retention=RetentionRule(settings.public_retention_days),
        clock=clock,
    )
    care = CameraCare(
        database,
        cameras=cameras,
        camera_service=service,
        views=views,
        history=history,
        revocations=revocations,
        clock=clock,
    )
    notices = NoticeService(
        database,
        settings.town_list,
        operator=settings.notice_operator,
        contact=settings.notice_contact,
    )
    return CameraRoom(
        service=service,
        care=care,
        notices=notices,
        imports=ImportWorker(settings, outbox),
        exports=CameraExport(database),
        public_url=settings.public_url,
    )
