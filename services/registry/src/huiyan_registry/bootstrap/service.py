"""Brings a town to its first login. Every step may be repeated; a secret is told once."""

from datetime import datetime, timedelta

from huiyan_kit.clock import Clock
from huiyan_kit.ids import new_id
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.passwords import (
    Passwords,
    key_hash,
    key_matches,
    new_key,
    new_password,
)
from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import Role, RoleName
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.bootstrap.key_files import KeyFiles, MachineKey
from huiyan_registry.bootstrap.places import Places
from huiyan_registry.bootstrap.schemas import Bootstrapped, FirstAccount, Machine, NewTown
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.revocation.service import write_revocation
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.session.second_repository import Owner, SecondRepository
from huiyan_registry.staff.periods import Span
from huiyan_registry.staff.repository import Recorded, StaffRepository
from huiyan_registry.times import utc

_AGREEMENT = timedelta(days=365)
_BY = "bootstrap"
_MACHINES = {RoleName.OPERATOR: "装维网关", RoleName.PROBE: "画面探测"}


class Bootstrap:
    """Writes the rows of a town's first start."""

    def __init__(
        self,
        database: Database,
        *,
        passwords: Passwords,
        keys: KeyFiles,
        clock: Clock,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._keys = keys
        self._clock = clock
        self._accounts = AccountRepository()
        self._sessions = SessionRepository()
        self._records = StaffRepository()
        self._seconds = SecondRepository()

    async def run(self, wanted: NewTown) -> Bootstrapped:
        """ValueError without tables, without the account that was only to be reset, or for a key
        file that contradicts the database."""
        now = utc(self._clock)
        async with self._database.transaction(EVERYTHING) as session:
            if await session.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                raise ValueError("the database has no tables yet: run `huiyan_registry migrate`")
            # Two at once would each make a town.
            await session.execute(
                select(func.pg_advisory_xact_lock(func.hashtextextended(wanted.town, 0)))
            )
            places = Places(session, wanted, now)
            group = await places.areas()
            room = await places.room()
            household = await places.household(group)
            operator, probe = [
                await self._machine(session, wanted.town, role, now) for role in _MACHINES
            ]
            account = await self._account(session, wanted, room, now)
        return Bootstrapped(
            town=wanted.town,
            room=room,
            household=household,
            account=account,
            operator=operator,
            probe=probe,
        )

    async def _account(
        self, session: AsyncSession, wanted: NewTown, room: str, now: datetime
    ) -> FirstAccount:
        found = await self._accounts.by_account(session, [wanted.town], wanted.account)
        person = found[0] if found else None
        if person is None and wanted.only_reset:
            raise ValueError(f"没有账号 / there is no account {wanted.account}")
        if person is not None and not (wanted.reset_password or wanted.only_reset):
            return FirstAccount(account=wanted.account)
        password = new_password()
        encoded = await self._passwords.hash(password)
        if person is None:
            person = self._accounts.add(
                session,
                wanted.town,
                wanted.name or wanted.account,
                now,
                account=wanted.account,
                password_hash=encoded,
                room=room,
                must_change_password=True,
            )
            await session.flush()
            if RoleName.CLERK in wanted.roles:
                await self._may_watch(session, person, now)
            for role in dict.fromkeys(wanted.roles):
                self._accounts.assign(session, person, Role(role, area=wanted.town), now)
        else:
            person.password_hash, person.must_change_password = encoded, True
            await session.flush()
            # There may be no other administrator who could take a lost phone's factor away.
            owner = Owner(wanted.town, person.id)
            await self._seconds.drop_totp(session, owner)
            await self._seconds.drop_passkeys(session, owner)
            await self._seconds.drop_steps(session, owner)
            # Whoever came in with the old password goes out.
            await self._sessions.end_all(session, wanted.town, person.id, now)
            await write_revocation(
                session, wanted.town, "principal", person.id, "password_reset", now=now
            )
        return FirstAccount(account=wanted.account, password=password)

    async def _may_watch(self, session: AsyncSession, person: Principal, now: datetime) -> None:
        recorded = Recorded(None, now)
        await self._records.vet(session, person, recorded, by=_BY)
        await self._records.train(session, person, recorded, course=_BY)
        await self._records.sign(session, person, Span(now, now + _AGREEMENT), _BY, recorded)

    async def _machine(
        self, session: AsyncSession, town: str, role: RoleName, now: datetime
    ) -> Machine:
        kept = self._keys.read(role.value)
        row = await self._machine_row(session, town, role)
        if row is not None:
            if kept is not None and not _fits(row, kept):
                raise ValueError(
                    f"{role.value}.key is not the key that the database knows of this town; "
                    "take it away, or give the folder of the town's own keys"
                )
            return Machine(principal=row.id)
        # The file is written before the row: a stop between the two leaves a key that the next
        # run uses, and never a row whose key nobody knows.
        made = kept or MachineKey(new_id("prn"), new_key())
        if kept is None:
            self._keys.write(role.value, made)
        machine = self._accounts.add(session, town, _MACHINES[role], now)
        machine.id, machine.key_hash = made.principal, key_hash(made.key)
        await session.flush()
        self._accounts.assign(session, machine, Role(role, area=town), now)
        return Machine(principal=made.principal, key=None if self._keys.kept else made.key)

    async def _machine_row(
        self, session: AsyncSession, town: str, role: RoleName
    ) -> Principal | None:
        found: Principal | None = await session.scalar(
            select(Principal)
            .join(
                RoleAssignment,
                (RoleAssignment.town == Principal.town)
                & (RoleAssignment.principal == Principal.id),
            )
            .where(
                Principal.town == town,
                Principal.key_hash.is_not(None),
                Principal.disabled_at.is_(None),
                RoleAssignment.role == role.value,
                RoleAssignment.ended_at.is_(None),
            )
            .order_by(Principal.created_at, Principal.id)
            .limit(1)
        )
        return found


def _fits(row: Principal, kept: MachineKey) -> bool:
    return row.id == kept.principal and key_matches(row.key_hash, kept.key)
