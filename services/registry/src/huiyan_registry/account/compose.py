"""Joins the rooms of people: logins, second factors, devices, accounts, records of staff."""

from dataclasses import dataclass

from fastapi import FastAPI
from huiyan_kit.clock import Clock

from huiyan_registry.account import administration_endpoints, finding
from huiyan_registry.account import endpoints as login_endpoints
from huiyan_registry.account.account_repository import PeopleRepository
from huiyan_registry.account.administration import Administration
from huiyan_registry.account.finding import PeopleFinder
from huiyan_registry.account.passwords import Passwords
from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.service import AccountService
from huiyan_registry.account.throttle import LoginThrottle
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session import endpoints as session_endpoints
from huiyan_registry.session import own_endpoints
from huiyan_registry.session.cookie import SessionCookie
from huiyan_registry.session.devices import DeviceService
from huiyan_registry.session.factor_key import FactorKey
from huiyan_registry.session.origin import Origin
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.session.second_factors import SecondFactors
from huiyan_registry.session.second_login import SecondLogin
from huiyan_registry.session.second_repository import SecondRepository
from huiyan_registry.session.service import Life, SessionService
from huiyan_registry.settings import RegistrySettings
from huiyan_registry.staff import endpoints as staff_endpoints
from huiyan_registry.staff.repository import StaffRepository
from huiyan_registry.staff.service import StaffService

# Fewer than for passwords: a code has only a million values.
_CODES_PER_ACCOUNT = 10


@dataclass(frozen=True, slots=True)
class People:
    """The joined services of people."""

    sessions: SessionService
    accounts: AccountService
    seconds: SecondLogin
    factors: SecondFactors
    devices: DeviceService
    administration: Administration
    finder: PeopleFinder
    staff: StaffService
    throttle: LoginThrottle
    second_rows: SecondRepository

    def add_routes(self, api: FastAPI, cookie: SessionCookie, public_url: str) -> None:
        """/login, /logout, /me, /accounts, /people, /agreements."""
        origin = Origin(public_url)
        login_endpoints.add_routes(
            api,
            self.accounts,
            seconds=self.seconds,
            sessions=self.sessions,
            cookie=cookie,
            origin=origin,
        )
        session_endpoints.add_routes(api, self.sessions, cookie)
        own_endpoints.add_routes(api, self.factors, self.devices, origin)
        administration_endpoints.add_routes(api, self.administration, self.devices)
        finding.add_routes(api, self.finder)
        staff_endpoints.add_routes(api, self.staff)


def compose_people(
    settings: RegistrySettings,
    database: Database,
    *,
    accounts: AccountRepository,
    areas: AreaRepository,
    session_rows: SessionRepository,
    revocations: RevocationService,
    passwords: Passwords,
    clock: Clock,
) -> People:
    """Make the services; nothing runs yet."""
    towns, required = settings.town_list, settings.second_factor_required
    second_rows, throttle = SecondRepository(), LoginThrottle(clock)
    code_throttle = LoginThrottle(clock, per_account=_CODES_PER_ACCOUNT)
    staff_life = Life(settings.staff_idle_s, settings.staff_life_s)
    sessions = SessionService(
        database,
        sessions=session_rows,
        revocations=revocations,
        clock=clock,
        towns=towns,
        seconds=second_rows,
        second_factor_required=required,
    )
    factors = SecondFactors(
        database,
        seconds=second_rows,
        accounts=accounts,
        key=FactorKey(settings.secrets_dir),
        throttle=code_throttle,
        clock=clock,
        required=required,
    )
    seconds = SecondLogin(
        database,
        seconds=second_rows,
        factors=factors,
        accounts=accounts,
        sessions=sessions,
        throttle=code_throttle,
        clock=clock,
        towns=towns,
        staff=staff_life,
    )
    people_rows, records = PeopleRepository(), StaffRepository()
    return People(
        sessions=sessions,
        accounts=AccountService(
            database,
            accounts=accounts,
            areas=areas,
            sessions=sessions,
            seconds=seconds,
            factors=second_rows,
            passwords=passwords,
            throttle=throttle,
            clock=clock,
            towns=towns,
            staff=staff_life,
            machine=Life(settings.machine_life_s, settings.machine_life_s),
        ),
        seconds=seconds,
        factors=factors,
        devices=DeviceService(database, rows=session_rows, sessions=sessions, clock=clock),
        administration=Administration(
            database,
            people=people_rows,
            accounts=accounts,
            records=records,
            areas=areas,
            sessions=sessions,
            seconds=second_rows,
            revocations=revocations,
            passwords=passwords,
            clock=clock,
        ),
        finder=PeopleFinder(database, people_rows),
        staff=StaffService(
            database,
            people=people_rows,
            accounts=accounts,
            records=records,
            revocations=revocations,
            clock=clock,
        ),
        throttle=throttle,
        second_rows=second_rows,
    )
