"""Logs in staff and machines; nobody learns from the answer whether an account exists."""

from collections.abc import Sequence

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.passwords import Passwords, check_password, key_matches
from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import MACHINES, Viewer
from huiyan_registry.account.schemas import HouseholdName, Me, RoomName
from huiyan_registry.account.staff_state import staff_state
from huiyan_registry.account.tables import Principal
from huiyan_registry.account.throttle import LoginThrottle
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.refusals import forbidden
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.second_login import SecondAsked, SecondLogin
from huiyan_registry.session.second_repository import Owner, SecondRepository
from huiyan_registry.session.service import Life, OpenedSession, SessionService
from huiyan_registry.times import utc


def _wrong() -> HuiyanError:
    return HuiyanError(
        ErrorKind.UNAUTHENTICATED,
        "账号或密码不对",
        "Wrong account or password",
        code="login_wrong",
    )


class AccountService:
    """Logins by password and by key, and who one is."""

    def __init__(
        self,
        database: Database,
        *,
        accounts: AccountRepository,
        areas: AreaRepository,
        sessions: SessionService,
        seconds: SecondLogin,
        factors: SecondRepository,
        passwords: Passwords,
        throttle: LoginThrottle,
        clock: Clock,
        towns: Sequence[str],
        staff: Life,
        machine: Life,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._areas = areas
        self._sessions = sessions
        self._seconds = seconds
        self._factors = factors
        self._passwords = passwords
        self._throttle = throttle
        self._clock = clock
        self._towns = list(towns)
        self._staff = staff
        self._machine = machine

    async def login(
        self, account: str, password: str, *, address: str, device: str
    ) -> OpenedSession | SecondAsked:
        """UNAUTHENTICATED `login_wrong`, TOO_MANY `login_throttled`."""
        self._throttle.check(account, address)
        async with self._database.transaction(EVERYTHING) as session:
            principal = await self._find(session, account)
        encoded = principal.password_hash if principal is not None else None
        fits = await self._passwords.matches(encoded, password)
        if principal is None or not fits or principal.disabled_at is not None:
            self._throttle.failed(account, address)
            raise _wrong()
        self._throttle.succeeded(account, address)
        async with self._database.transaction(EVERYTHING) as session:
            # A reset or an end of the account that ran meanwhile is seen here.
            person = await self._accounts.hold(session, principal.town, principal.id)
            if person is None or person.disabled_at or person.password_hash != encoded:
                raise _wrong()
            if (asked := await self._seconds.ask(session, person)) is not None:
                return asked
            return self._sessions.open(session, person, self._staff, device_name=device)

    async def change_password(self, caller: Caller, old: str, new: str, address: str) -> None:
        """FORBIDDEN `password_wrong`, `no_account`; INVALID `password_weak`; TOO_MANY.
        Whoever else is logged in as the caller goes out."""
        name = f"{caller.town}.{caller.principal}"
        self._throttle.check(name, address)
        async with self._database.transaction(caller.rows) as session:
            person = await self._accounts.get(session, caller.town, caller.principal)
        if person is None or person.password_hash is None:
            raise forbidden("您不用密码登录", "You log in without a password", "no_account")
        if not await self._passwords.matches(person.password_hash, old):
            self._throttle.failed(name, address)
            raise forbidden("原密码不对", "The old password is wrong", "password_wrong")
        check_password(new, old=old, account=person.account or "")
        encoded = await self._passwords.hash(new)
        async with self._database.transaction(caller.rows) as session:
            row = await self._accounts.lock(session, caller.town, caller.principal)
            if row is None or row.password_hash != person.password_hash:
                raise forbidden("原密码不对", "The old password is wrong", "password_wrong")
            row.password_hash, row.must_change_password = encoded, False
            await self._sessions.end_others(session, caller, "password_changed")
        self._throttle.succeeded(name, address)
        await self._sessions.flush(caller.town)

    async def login_by_key(self, principal_id: str, key: str, address: str) -> OpenedSession:
        """For machines (probe, operator). Errors as for `login`."""
        self._throttle.check(principal_id, address)
        async with self._database.transaction(EVERYTHING) as session:
            principal = await self._accounts.by_id(session, self._towns, principal_id)
            kept = principal.key_hash if principal is not None else None
            fits = key_matches(kept, key)
            if principal is None or not fits or principal.disabled_at is not None:
                self._throttle.failed(principal_id, address)
                raise _wrong()
            viewer: Viewer = await self._accounts.viewer(session, principal, utc(self._clock))
            if not viewer.has(*MACHINES):
                raise _wrong()
            self._throttle.succeeded(principal_id, address)
            return self._sessions.open(session, principal, self._machine, machine=True)

    async def me(self, caller: Caller) -> Me:
        """The caller, the home or room it came from, and the CSRF value."""
        async with self._database.transaction(caller.rows) as session:
            homes = await self._areas.households(session, caller.town, caller.viewer.households)
            room = (
                await self._areas.room(session, caller.town, caller.room) if caller.room else None
            )
            owner = Owner(caller.town, caller.principal)
            methods = await self._factors.methods(session, owner)
        names = [HouseholdName(id=home.id, name=home.name) for home in homes]
        return Me(
            principal=caller.principal,
            name=caller.name,
            roles=sorted({role.name.value for role in caller.viewer.roles}),
            csrf=caller.csrf,
            household=names[0] if names else None,
            households=names,
            room=RoomName(id=room.id, name=room.name, area=room.area) if room else None,
            device_bound=caller.device_bound,
            agreement_valid_until=caller.viewer.agreement_until,
            staff=staff_state(
                caller.viewer,
                utc(self._clock),
                second_factor_missing=caller.second_factor_needed,
            ),
            second_factor=methods,
            must_change_password=caller.must_change_password,
        )

    async def _find(self, session: AsyncSession, account: str) -> Principal | None:
        name, _, town = account.partition("@")
        towns = [town] if town in self._towns else ([] if town else self._towns)
        found = await self._accounts.by_account(session, towns, name)
        # The same name in two towns: say which (`name@town`).
        return found[0] if len(found) == 1 else None
