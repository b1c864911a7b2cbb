"""Joins the rooms of households' rights: consents, maintenance, members, break-glass, why."""

from dataclasses import dataclass

from fastapi import FastAPI
from huiyan_kit.clock import Clock

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.break_glass import endpoints as break_glass_routes
from huiyan_registry.break_glass.repository import BreakGlassRepository
from huiyan_registry.break_glass.service import BreakGlassService
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import CameraService
from huiyan_registry.consent import endpoints as consent_routes
from huiyan_registry.consent.maintenance import MaintenanceService
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.consent.service import ConsentService
from huiyan_registry.consent.wording import ConsentTexts
from huiyan_registry.database.connection import Database
from huiyan_registry.grant.repository import GrantRepository
from huiyan_registry.member import endpoints as member_routes
from huiyan_registry.member.repository import MemberRepository
from huiyan_registry.member.service import MemberService
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.why import endpoints as why_routes
from huiyan_registry.why.repository import PastViewers
from huiyan_registry.why.service import WhyService


@dataclass(frozen=True, slots=True)
class HouseholdRights:
    """What households say about their pictures."""

    consents: ConsentService
    maintenance: MaintenanceService
    members: MemberService
    break_glass: BreakGlassService
    why: WhyService

    def add_routes(self, app: FastAPI) -> None:
        """Their routes."""
        consent_routes.add_routes(app, self.consents, self.maintenance)
        member_routes.add_routes(app, self.members)
        break_glass_routes.add_routes(app, self.break_glass)
        why_routes.add_routes(app, self.why)


def compose_household_rights(
    database: Database,
    *,
    accounts: AccountRepository,
    areas: AreaRepository,
    cameras: CameraRepository,
    camera_service: CameraService,
    consents: ConsentRepository,
    sessions: SessionRepository,
    revocations: RevocationService,
    clock: Clock,
) -> HouseholdRights:
    """The services; nothing runs yet."""
    return HouseholdRights(
        consents=ConsentService(
            database,
            consents=consents,
            areas=areas,
            cameras=cameras,
            camera_service=camera_service,
            revocations=revocations,
            texts=ConsentTexts(),
            clock=clock,
        ),
        maintenance=MaintenanceService(
            database,
            consents=consents,
            cameras=cameras,
            camera_service=camera_service,
            revocations=revocations,
            clock=clock,
        ),
        members=MemberService(
            database,
            members=MemberRepository(),
            accounts=accounts,
            grants=GrantRepository(),
            sessions=sessions,
            revocations=revocations,
            clock=clock,
        ),
        break_glass=BreakGlassService(
            database,
            looks=BreakGlassRepository(),
            cameras=cameras,
            camera_service=camera_service,
            revocations=revocations,
            clock=clock,
        ),
        why=WhyService(
            database,
            accounts=accounts,
            viewers=PastViewers(accounts),
            cameras=cameras,
            consents=consents,
            clock=clock,
        ),
    )
