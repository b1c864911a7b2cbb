"""Fills in the demo; seeding again changes only what differs, and makes new links."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from huiyan_kit.clock import Clock
from huiyan_kit.sealing import CameraCredential
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.passwords import Passwords, key_hash
from huiyan_registry.account.roles import Role, RoleName
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.codes import parent_of
from huiyan_registry.area.tables import Area, Household, Room
from huiyan_registry.camera.addresses import AddressRule, split_url
from huiyan_registry.camera.placement import Placement
from huiyan_registry.camera.purpose import RetentionRule, usual_purpose
from huiyan_registry.camera.row import BUCKET, key_of, row_of
from huiyan_registry.camera.search import grams
from huiyan_registry.camera.service import Sealer
from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.decision import ConsentScope
from huiyan_registry.demo import people
from huiyan_registry.demo.logins import DemoLogins
from huiyan_registry.demo.schemas import DemoAccount, DemoMachine, DemoSeed, DemoSite
from huiyan_registry.demo.sign import is_signed, post_sign
from huiyan_registry.link.endpoints import link_url
from huiyan_registry.link.service import add_link
from huiyan_registry.link.tables import OneTimeLink
from huiyan_registry.outbox.repository import queue_write
from huiyan_registry.staff.periods import Span
from huiyan_registry.staff.repository import Recorded, StaffRepository
from huiyan_registry.staff.tables import Vetting
from huiyan_registry.times import utc

_TOWN = people.TOWN
_LINK_LIFE = timedelta(days=7)
_PUBLIC_DAYS = 30
_AGREEMENT, _TEXT = timedelta(days=365), "demo-1"


def demo_id(prefix: str, *what: str) -> str:
    """An id that is the same at each seeding."""
    digest = hashlib.sha256("\n".join(("huiyan-demo", prefix, *what)).encode()).digest()
    return f"{prefix}_" + base64.b32encode(digest).decode().lower()[:16]


class DemoSeeder:
    """Writes the demo's rows; every step may be repeated."""

    def __init__(
        self,
        database: Database,
        *,
        passwords: Passwords,
        logins: DemoLogins,
        sealer: Sealer,
        addresses: AddressRule,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._logins = logins
        self._sealer = sealer
        self._addresses = addresses
        self._clock = clock
        self._public_url = public_url
        self._consents = ConsentRepository()
        self._records = StaffRepository()

    async def seed(self, sites: Sequence[DemoSite]) -> DemoSeed:
        """Seed and tell the logins. HuiyanError INVALID for a site's address."""
        now = utc(self._clock)
        passwords = {staff.account: self._logins.password(staff.account) for staff in people.STAFF}
        keys = {name: self._logins.key(name) for name in ("operator", "probe")}
        self._logins.save()
        homes = [people.household(key) for key in _household_keys(sites)]
        async with self._database.transaction(EVERYTHING) as session:
            await self._places(session, now, homes)
            for staff in people.STAFF:
                await self._staff(session, staff, passwords[staff.account], now)
            for name, role, key in (
                ("装维网关", RoleName.OPERATOR, keys["operator"]),
                ("画面探测", RoleName.PROBE, keys["probe"]),
            ):
                await self._machine(session, name, role, key, now)
            for home in homes:
                await self._family(session, home, now)
            count = await self._cameras(session, sites, now)
            owner, relative = await self._links(session, now)
        return DemoSeed(
            town=_TOWN,
            household=demo_id("hh", "1"),
            accounts=[
                DemoAccount(
                    account=staff.account,
                    password=passwords[staff.account],
                    name=staff.name,
                    role=staff.role.value,
                    room=staff.room.name,
                )
                for staff in people.STAFF
            ],
            operator=DemoMachine(principal=demo_id("prn", "operator"), key=keys["operator"]),
            probe=DemoMachine(principal=demo_id("prn", "probe"), key=keys["probe"]),
            family_link=link_url(self._public_url, owner),
            relative_link=link_url(self._public_url, relative),
            links_expire_at=now + _LINK_LIFE,
            cameras=count,
        )

    async def _places(
        self, session: AsyncSession, now: datetime, homes: Sequence[people.DemoHousehold]
    ) -> None:
        for code, level, name in people.AREAS:
            await session.execute(
                insert(Area)
                .values(
                    town=_TOWN,
                    code=code,
                    level=level.value,
                    name=name,
                    parent=parent_of(code),
                    valid_from=now,
                )
                .on_conflict_do_nothing()
            )
        for room in people.ROOMS:
            await session.execute(
                insert(Room)
                .values(town=_TOWN, id=room.id, area=room.area, name=room.name)
                .on_conflict_do_nothing()
            )
        for home in homes:
            await session.execute(
                insert(Household)
                .values(
                    town=_TOWN,
                    id=demo_id("hh", home.key),
                    group=home.group,
                    name=home.name,
                    created_at=now,
                )
                .on_conflict_do_nothing()
            )

    async def _person(
        self,
        session: AsyncSession,
        key: str,
        name: str,
        role: Role,
        now: datetime,
        *,
        relation: str = "",
    ) -> Principal:
        found = await session.get(Principal, (_TOWN, demo_id("prn", key)))
        if found is not None:
            return found
        person = Principal(town=_TOWN, id=demo_id("prn", key), name=name, created_at=now)
        session.add(person)
        await session.flush()
        session.add(
            RoleAssignment(
                town=_TOWN,
                id=demo_id("rol", key),
                principal=person.id,
                role=role.name.value,
                area=role.area,
                household=role.household,
                relation=relation or None,
                created_at=now,
            )
        )
        return person

    async def _staff(
        self, session: AsyncSession, staff: people.DemoStaff, password: str, now: datetime
    ) -> None:
        role = Role(staff.role, area=staff.scope)
        person = await self._person(session, staff.account, staff.name, role, now)
        if person.account is None:
            person.account = staff.account
            person.room = staff.room.id
            until = now + timedelta(days=staff.agreement_days)
            span = Span(min(now, until - _AGREEMENT), until)
            await self._records.sign(session, person, span, _TEXT, Recorded(None, now))
        recorded = Recorded(None, now)
        earlier = select(Vetting.id).where(Vetting.town == _TOWN, Vetting.principal == person.id)
        if await session.scalar(earlier.limit(1)) is None:
            await self._records.vet(session, person, recorded, by="双板镇政府")
            await self._records.train(session, person, recorded, course="上岗培训")
        if not await self._passwords.matches(person.password_hash, password):
            person.password_hash = await self._passwords.hash(password)

    async def _machine(
        self, session: AsyncSession, name: str, role: RoleName, key: str, now: datetime
    ) -> None:
        scope = Role(role, area=_TOWN)
        machine = await self._person(session, role.value, name, scope, now)
        machine.key_hash = key_hash(key)

    async def _family(
        self, session: AsyncSession, home: people.DemoHousehold, now: datetime
    ) -> None:
        household = demo_id("hh", home.key)
        owner = Role(RoleName.HOUSEHOLD_OWNER, household=household)
        fresh = await session.get(Principal, (_TOWN, demo_id("prn", f"owner-{home.key}"))) is None
        person = await self._person(
            session, f"owner-{home.key}", home.owner, owner, now, relation="户主"
        )
        if home.shares_with_village and fresh:
            await self._consents.give(
                session,
                _TOWN,
                household,
                ConsentScope.LIVE_VILLAGE.value,
                by=person.id,
                now=now,
            )

    async def _cameras(
        self, session: AsyncSession, sites: Sequence[DemoSite], now: datetime
    ) -> int:
        highest = await session.scalar(select(func.max(Camera.number)).where(Camera.town == _TOWN))
        number = highest or 0
        wanted = set()
        for index, site in enumerate(sites):
            camera_id = demo_id("cam", site.household or "", site.name)
            wanted.add(camera_id)
            row = await session.get(Camera, (_TOWN, camera_id))
            if row is None:
                number += 1
                row = _new_camera(site, camera_id, number, index, now)
                session.add(row)
            await self._connect(row, site)
            if not is_signed(row):
                installer = demo_id("prn", people.INSTALLER.account)
                session.add(post_sign(row, self._public_url, installer, now))
            self._queue(session, row, now)
        gone = await session.scalars(
            select(Camera).where(
                Camera.town == _TOWN,
                Camera.simulated,
                Camera.id.not_in(wanted),
                Camera.state == "active",
            )
        )
        for row in gone:
            row.state = "retired"
            self._queue(session, row, now)
        return len(wanted)

    async def _connect(self, row: Camera, site: DemoSite) -> None:
        main_url, in_url = split_url(site.main_url)
        sub_url = split_url(site.sub_url)[0] if site.sub_url else ""
        await self._addresses.check(main_url)
        login = CameraCredential(user=site.user, password=site.password) if site.user else in_url
        row.main_url, row.sub_url, row.state = main_url, sub_url, "active"
        row.credential = self._sealer.seal(login)

    def _queue(self, session: AsyncSession, row: Camera, now: datetime) -> None:
        row.rev += 1
        row.updated_at = now
        queue_write(session, _TOWN, BUCKET, key_of(row), row_of(row), now=now)

    async def _links(self, session: AsyncSession, now: datetime) -> tuple[str, str]:
        household = demo_id("hh", "1")
        # Links of earlier seedings that nobody used end here.
        await session.execute(
            update(OneTimeLink)
            .where(
                OneTimeLink.town == _TOWN,
                OneTimeLink.household == household,
                OneTimeLink.created_by.is_(None),
                OneTimeLink.used_at.is_(None),
                OneTimeLink.expires_at > now,
            )
            .values(expires_at=now)
        )
        relative_role = Role(RoleName.RELATIVE, household=household)
        relative = await self._person(
            session, "relative-1", people.RELATIVE, relative_role, now, relation=people.RELATION
        )
        owner = add_link(
            session,
            _TOWN,
            household,
            RoleName.HOUSEHOLD_OWNER,
            name=people.HOUSEHOLDS[0].owner,
            relation="户主",
            now=now,
            life=_LINK_LIFE,
            principal=demo_id("prn", "owner-1"),
        )
        invited = add_link(
            session,
            _TOWN,
            household,
            RoleName.RELATIVE,
            name=people.RELATIVE,
            relation=people.RELATION,
            now=now,
            life=_LINK_LIFE,
            principal=relative.id,
        )
        return owner.code, invited.code


def _household_keys(sites: Sequence[DemoSite]) -> list[str]:
    known = [home.key for home in people.HOUSEHOLDS]
    asked = [site.household for site in sites if site.household is not None]
    return list(dict.fromkeys([*known, *asked]))


def _new_camera(site: DemoSite, camera_id: str, number: int, index: int, now: datetime) -> Camera:
    if site.area is not None:
        area = site.area
    elif site.household is not None:
        area = people.household(site.household).group
    else:
        area = people.public_group(site.name, index)
    placement = Placement.COURTYARD if site.household is not None else Placement.PUBLIC_OUTDOOR
    return Camera(
        town=_TOWN,
        id=camera_id,
        rev=0,
        number=number,
        name=site.name,
        name_grams=grams(site.name),
        area=area,
        household=demo_id("hh", site.household) if site.household is not None else None,
        legal_class=site.legal_class.value,
        site_kind=site.site_kind.value,
        placement=placement.value,
        placement_attested_at=now,
        state="active",
        reach="direct",
        main_url="",
        sub_url="",
        credential=b"",
        max_rtsp_sessions=0,
        uplink_kbps=0,
        warm=True,
        simulated=True,
        off=False,
        purpose_code=usual_purpose(site.site_kind, site.legal_class).value,
        retention_class=RetentionRule(_PUBLIC_DAYS).usual(site.legal_class).value,
        created_at=now,
        updated_at=now,
    )
