"""Accounts of the staff: made, changed, ended; each within what the caller may give."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.account_repository import AccountSearch, PeopleRepository, role_of
from huiyan_registry.account.account_views import AccountViews
from huiyan_registry.account.administration_schemas import (
    AccountChange,
    AccountDetail,
    AccountList,
    AccountView,
    AskedRole,
    FirstPassword,
    NewAccount,
    Trained,
    Vetted,
)
from huiyan_registry.account.giving import GIVERS, commands, fits_level, may_give, sees
from huiyan_registry.account.passwords import Passwords, new_password
from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import FAMILY, Role, RoleName
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.refusals import forbidden, invalid, not_found
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.second_repository import Owner, SecondRepository
from huiyan_registry.session.service import SessionService
from huiyan_registry.staff.repository import StaffRepository
from huiyan_registry.staff.tables import Training, Vetting
from huiyan_registry.times import utc


def no_account() -> HuiyanError:
    """No such account, for this caller."""
    return not_found("没有这个账号", "No such account")


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody whom the caller may know of."""

    person: Principal
    roles: Sequence[RoleAssignment]


async def target_of(
    session: AsyncSession,
    caller: Caller,
    principal: str,
    *,
    accounts: AccountRepository,
    people: PeopleRepository,
    change: bool,
) -> Target:
    """NOT_FOUND outside the caller's reach; to `change` it (the row is locked) FORBIDDEN
    `own_account`, `higher_role`. Families are nobody's accounts: who could reset their login
    could turn their cameras on (rules.md P11)."""
    caller.require(*GIVERS)
    fetch = accounts.lock if change else accounts.get
    person = await fetch(session, caller.town, principal)
    if person is None or person.account is None:
        raise no_account()
    # Whether somebody is in reach depends on every role, those elsewhere too.
    async with beyond(session, caller.rows):
        rows = (await people.roles(session, caller.town, [person.id])).get(person.id, [])
    roles = [role_of(row) for row in rows]
    if any(role.name in FAMILY for role in roles) or not sees(caller.viewer, roles):
        raise no_account()
    if change and person.id == caller.principal:
        raise forbidden(
            "自己的账号请别的管理员来改", "Another administrator must do this", "own_account"
        )
    if change and not commands(caller.viewer, roles):
        raise _higher()
    return Target(person, rows)


class Administration:
    """Accounts of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        people: PeopleRepository,
        accounts: AccountRepository,
        records: StaffRepository,
        areas: AreaRepository,
        sessions: SessionService,
        seconds: SecondRepository,
        revocations: RevocationService,
        passwords: Passwords,
        clock: Clock,
    ) -> None:
        self._database = database
        self._people = people
        self._accounts = accounts
        self._records = records
        self._areas = areas
        self._sessions = sessions
        self._seconds = seconds
        self._revocations = revocations
        self._passwords = passwords
        self._clock = clock
        self._views = AccountViews(people, seconds, clock)

    # Reading

    async def listed(self, caller: Caller, search: AccountSearch) -> AccountList:
        """One page of the accounts within the caller's reach."""
        caller.require(*GIVERS)
        async with self._database.transaction(caller.rows) as session:
            async with beyond(session, caller.rows):
                # A member of any household is nobody's account.
                rows = await self._people.listed(session, caller.viewer, search)
            items = await self._views.of(session, caller.viewer, rows)
        full = len(rows) == search.limit
        return AccountList(items=items, next=rows[-1].account if full and rows else None)

    async def view(self, caller: Caller, principal: str) -> AccountDetail:
        """One account, for administrators with its vetting and training. NOT_FOUND."""
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal, change=False)
            shown = await self._view(session, caller, target.person)
            detail = AccountDetail(**dict(shown))
            if _administers(caller, target):
                await self._papers(session, target.person, detail)
            return detail

    async def check_seen(self, caller: Caller, principal: str) -> None:
        """NOT_FOUND unless the caller may know of this account."""
        async with self._database.transaction(caller.rows) as session:
            await self._target(session, caller, principal, change=False)

    # Changing

    async def add(self, caller: Caller, new: NewAccount) -> FirstPassword:
        """CONFLICT `account_taken`; FORBIDDEN `higher_role`; INVALID `role_area`, `no_area`,
        `no_room`."""
        caller.require(*GIVERS)
        asked = list({(one.role, one.area): one for one in new.roles}.values())
        for one in asked:
            _check_role(caller, one)
        password = new_password()
        encoded = await self._passwords.hash(password)
        now = utc(self._clock)
        try:
            async with self._database.transaction(caller.rows) as session:
                await self._check_areas(session, caller, asked)
                if new.room is not None:
                    await self._check_room(session, caller, new.room)
                person = self._accounts.add(
                    session,
                    caller.town,
                    new.name,
                    now,
                    account=new.account,
                    password_hash=encoded,
                    room=new.room,
                    must_change_password=True,
                )
                await session.flush()
                for one in asked:
                    role = Role(one.role, area=one.area)
                    self._accounts.assign(session, person, role, now, given_by=caller.principal)
                await session.flush()
                view = await self._view(session, caller, person)
        except IntegrityError as error:
            raise HuiyanError(
                ErrorKind.CONFLICT,
                "这个账号名有人用了",
                "That account name is taken",
                code="account_taken",
            ) from error
        return FirstPassword(**view.model_dump(), first_password=password)

    async def change(self, caller: Caller, principal: str, change: AccountChange) -> AccountView:
        """Name and room. INVALID `no_room`."""
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal, change=True)
            if change.name is not None:
                target.person.name = change.name
            if "room" in change.model_fields_set:
                if change.room is not None:
                    await self._check_room(session, caller, change.room)
                target.person.room = change.room
            await session.flush()
            return await self._view(session, caller, target.person)

    async def disable(self, caller: Caller, principal: str) -> AccountView:
        """Nobody logs in with it any more; its sessions and pictures end."""
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal, change=True)
            if target.person.disabled_at is None:
                target.person.disabled_at = utc(self._clock)
            await self._out(session, target.person, "account_disabled")
            view = await self._view(session, caller, target.person)
        await self._sessions.flush(caller.town)
        return view

    async def enable(self, caller: Caller, principal: str) -> AccountView:
        """It works again, with the password that it had."""
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal, change=True)
            target.person.disabled_at = None
            await session.flush()
            return await self._view(session, caller, target.person)

    async def reset(self, caller: Caller, principal: str) -> FirstPassword:
        """A new first password, no second factor; sessions and pictures end."""
        password = new_password()
        encoded = await self._passwords.hash(password)
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal, change=True)
            person, owner = target.person, Owner(caller.town, principal)
            person.password_hash, person.must_change_password = encoded, True
            await self._seconds.drop_totp(session, owner)
            await self._seconds.drop_passkeys(session, owner)
            await self._out(session, person, "password_reset")
            view = await self._view(session, caller, person)
        await self._sessions.flush(caller.town)
        return FirstPassword(**view.model_dump(), first_password=password)

    async def end_sessions(self, caller: Caller, principal: str) -> None:
        """Log the person out everywhere."""
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal, change=True)
            await self._out(session, target.person, "sessions_ended")
        await self._sessions.flush(caller.town)

    async def give_role(self, caller: Caller, principal: str, asked: AskedRole) -> AccountView:
        """FORBIDDEN `higher_role`; INVALID `role_area`, `no_area`; CONFLICT `role_held`."""
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal, change=True)
            _check_role(caller, asked)
            await self._check_areas(session, caller, [asked])
            if any((row.role, row.area) == (asked.role, asked.area) for row in target.roles):
                raise HuiyanError(
                    ErrorKind.CONFLICT,
                    "已经有这个身份了",
                    "The role is held already",
                    code="role_held",
                )
            role = Role(asked.role, area=asked.area)
            now = utc(self._clock)
            self._accounts.assign(session, target.person, role, now, given_by=caller.principal)
            await session.flush()
            return await self._view(session, caller, target.person)

    async def end_role(self, caller: Caller, principal: str, role: str) -> AccountView:
        """The pictures that it allowed end too. NOT_FOUND."""
        async with self._database.transaction(caller.rows) as session:
            target = await self._target(session, caller, principal, change=True)
            row = next((one for one in target.roles if one.id == role), None)
            if row is None:
                raise not_found("没有这个身份", "No such role")
            row.ended_at, row.ended_by = utc(self._clock), caller.principal
            await session.flush()
            await self._revocations.revoke(
                session, caller.town, "principal", principal, "role_ended", spare_own=True
            )
            view = await self._view(session, caller, target.person)
        await self._sessions.flush(caller.town)
        return view

    # Steps

    async def _target(
        self, session: AsyncSession, caller: Caller, principal: str, *, change: bool
    ) -> Target:
        return await target_of(
            session,
            caller,
            principal,
            accounts=self._accounts,
            people=self._people,
            change=change,
        )

    async def _out(self, session: AsyncSession, person: Principal, reason: str) -> None:
        await session.flush()
        await self._seconds.drop_steps(session, Owner(person.town, person.id))
        await self._sessions.end_all(session, person.town, person.id, reason)

    async def _view(self, session: AsyncSession, caller: Caller, person: Principal) -> AccountView:
        return (await self._views.of(session, caller.viewer, [person]))[0]

    async def _papers(
        self, session: AsyncSession, person: Principal, detail: AccountDetail
    ) -> None:
        town, principal = person.town, person.id
        vetting = await self._records.open_record(session, Vetting, town, principal)
        if vetting is not None:
            detail.vetting = Vetted(
                by=vetting.vetted_by, until=vetting.valid_until, recorded_at=vetting.recorded_at
            )
        training = await self._records.open_record(session, Training, town, principal)
        if training is not None:
            detail.training = Trained(
                course=training.course,
                until=training.valid_until,
                recorded_at=training.recorded_at,
            )

    async def _check_areas(
        self, session: AsyncSession, caller: Caller, asked: Sequence[AskedRole]
    ) -> None:
        now = utc(self._clock)
        for one in asked:
            if not await self._people.open_area(session, caller.town, one.area, now):
                raise invalid("没有这个区域", "No such area", "no_area")

    async def _check_room(self, session: AsyncSession, caller: Caller, room: str) -> None:
        found = await self._areas.room(session, caller.town, room)
        reach = [role for role in caller.viewer.roles if role.name in GIVERS]
        if found is None or not any(role.covers_area(found.area) for role in reach):
            raise invalid("没有这个监控室", "No such room", "no_room")


def _administers(caller: Caller, target: Target) -> bool:
    """True for who may see the person's papers: as an administrator, in no other office."""
    office = tuple(role for role in caller.viewer.roles if role.name is RoleName.ADMINISTRATOR)
    return sees(replace(caller.viewer, roles=office), [role_of(row) for row in target.roles])


def _check_role(caller: Caller, asked: AskedRole) -> None:
    role = Role(asked.role, area=asked.area)
    if not may_give(caller.viewer, role):
        raise _higher()
    if not fits_level(role):
        raise invalid(
            "这个身份不能放在这一级", "The role does not fit an area of that level", "role_area"
        )


def _higher() -> HuiyanError:
    return forbidden(
        "只能给不高于、不宽于自己的身份，找上级管理员",
        "Nobody gives a higher role or a wider scope than his own; ask an administrator above",
        "higher_role",
    )
