"""Joins the rooms of places: areas, monitor rooms, households."""

from fastapi import FastAPI
from huiyan_kit.clock import Clock

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.area import endpoints as area_routes
from huiyan_registry.area.changes import AreaChanges
from huiyan_registry.area.exchange import AreaExchange
from huiyan_registry.area.officers import Officers
from huiyan_registry.area.online import OnlineByArea
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.service import AreaService, Census
from huiyan_registry.area.tally import Tally
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import CameraService
from huiyan_registry.database.connection import Database
from huiyan_registry.household import endpoints as household_routes
from huiyan_registry.household.repository import HouseholdRepository
from huiyan_registry.household.service import HouseholdService
from huiyan_registry.presence.board import PresenceBoard
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.room import endpoints as room_routes
from huiyan_registry.room.repository import RoomRepository
from huiyan_registry.room.service import RoomService


def add_place_routes(
    api: FastAPI,
    database: Database,
    *,
    accounts: AccountRepository,
    areas: AreaRepository,
    cameras: CameraRepository,
    camera_service: CameraService,
    revocations: RevocationService,
    presence: PresenceBoard,
    online: OnlineByArea,
    clock: Clock,
) -> None:
    """Everything below /areas, /rooms and /households that is about places."""
    census = Census(Tally(areas, clock), online, presence)
    area_routes.add_routes(
        api,
        AreaService(database, areas, census, clock),
        AreaChanges(database, areas, census, clock),
        Officers(database, areas=areas, accounts=accounts, revocations=revocations, clock=clock),
        AreaExchange(database, areas, census, clock),
    )
    room_routes.add_routes(
        api,
        RoomService(
            database,
            rooms=RoomRepository(),
            areas=areas,
            accounts=accounts,
            revocations=revocations,
            clock=clock,
        ),
    )
    household_routes.add_routes(
        api,
        HouseholdService(
            database,
            households=HouseholdRepository(),
            areas=areas,
            cameras=cameras,
            camera_service=camera_service,
            census=census,
            revocations=revocations,
            clock=clock,
        ),
    )
