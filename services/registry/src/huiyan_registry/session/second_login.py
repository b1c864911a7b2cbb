"""The second half of a login: a ticket for who knew the password, spent by a code or a passkey."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.tables import Principal
from huiyan_registry.account.throttle import LoginThrottle
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.session.relying_party import RelyingParty
from huiyan_registry.session.second_factors import SecondFactors
from huiyan_registry.session.second_repository import Owner, SecondRepository
from huiyan_registry.session.service import Life, OpenedSession, SessionService
from huiyan_registry.session.tables import SecondStep
from huiyan_registry.times import utc

_LIFE = timedelta(minutes=5)
_MOST_TRIES = 5
_CHALLENGE_BYTES = 32
_Proof = Callable[[AsyncSession, Owner, SecondStep], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class SecondAsked:
    """The password was right; `ticket` opens a session together with one of `methods`."""

    ticket: str
    methods: list[str]

    def __repr__(self) -> str:
        return f"SecondAsked({self.methods})"


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()


def _over() -> HuiyanError:
    return HuiyanError(
        ErrorKind.UNAUTHENTICATED,
        "这次登录过期了，请重新输密码",
        "This login is over; begin with the password again",
        code="ticket_over",
    )


def _wrong() -> HuiyanError:
    return HuiyanError(
        ErrorKind.UNAUTHENTICATED,
        "第二道验证没有通过",
        "The second factor does not fit",
        code="second_wrong",
    )


class SecondLogin:
    """Tickets of the towns that this process serves; any replica may spend them."""

    def __init__(
        self,
        database: Database,
        *,
        seconds: SecondRepository,
        factors: SecondFactors,
        accounts: AccountRepository,
        sessions: SessionService,
        throttle: LoginThrottle,
        clock: Clock,
        towns: Sequence[str],
        staff: Life,
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._factors = factors
        self._accounts = accounts
        self._sessions = sessions
        self._throttle = throttle
        self._clock = clock
        self._towns = frozenset(towns)
        self._staff = staff

    async def ask(self, session: AsyncSession, principal: Principal) -> SecondAsked | None:
        """A ticket in the running transaction; None when this account has no second factor."""
        owner = Owner(principal.town, principal.id)
        methods = await self._seconds.methods(session, owner)
        if not methods:
            return None
        now = utc(self._clock)
        ticket = f"{principal.town}.{secrets.token_urlsafe(32)}"
        session.add(
            SecondStep(
                town=principal.town,
                id=new_id("stp"),
                kind="login",
                token_hash=_hash(ticket),
                principal=principal.id,
                tries=0,
                created_at=now,
                expires_at=now + _LIFE,
            )
        )
        return SecondAsked(ticket, methods)

    async def by_code(self, ticket: str, code: str, address: str, device: str) -> OpenedSession:
        """UNAUTHENTICATED `ticket_over`, `second_wrong`; TOO_MANY `login_throttled`."""

        async def proof(session: AsyncSession, owner: Owner, _: SecondStep) -> bool:
            return await self._factors.proves_by_code(session, owner, code)

        return await self._spend(ticket, address, device, proof)

    async def passkey_options(
        self, ticket: str, party: RelyingParty, address: str
    ) -> dict[str, Any]:
        """Options for `navigator.credentials.get`. UNAUTHENTICATED `ticket_over`, CONFLICT."""
        party.require()
        self._throttle.check(_noise(ticket), address)
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        known: list[bytes] = []
        async with self._database.transaction(EVERYTHING) as session:
            step = await self._step(session, ticket)
            if step is not None:
                step.challenge = challenge
                rows = await self._seconds.passkeys(session, Owner(step.town, step.principal))
                known = [row.credential_id for row in rows]
        if step is None:
            self._throttle.failed(_noise(ticket), address)
            raise _over()
        return party.request_options(challenge, known)

    async def by_passkey(
        self,
        ticket: str,
        party: RelyingParty,
        credential: dict[str, Any],
        *,
        address: str,
        device: str,
    ) -> OpenedSession:
        """Errors as of `by_code`. A challenge is good for one answer."""

        async def proof(session: AsyncSession, owner: Owner, step: SecondStep) -> bool:
            challenge, step.challenge = step.challenge, None
            return challenge is not None and await self._factors.proves_by_passkey(
                session, owner, party, credential, challenge
            )

        return await self._spend(ticket, address, device, proof)

    async def _spend(self, ticket: str, address: str, device: str, proof: _Proof) -> OpenedSession:
        self._throttle.check(_noise(ticket), address)
        opened: OpenedSession | None = None
        # A wrong try is written down, so it commits; only then is it told.
        async with self._database.transaction(EVERYTHING) as session:
            step = await self._step(session, ticket)
            if step is not None:
                name = f"{step.town}.{step.principal}"
                self._throttle.check(name, address)
                opened = await self._try(session, step, device, proof)
        if step is None:
            self._throttle.failed(_noise(ticket), address)
            raise _over()
        if opened is None:
            self._throttle.failed(name, address)
            raise _wrong()
        self._throttle.succeeded(name, address)
        return opened

    async def _try(
        self, session: AsyncSession, step: SecondStep, device: str, proof: _Proof
    ) -> OpenedSession | None:
        now = utc(self._clock)
        person = await self._accounts.hold(session, step.town, step.principal)
        if person is None or person.disabled_at is not None:
            step.used_at = now
            return None
        step.tries += 1
        if await proof(session, Owner(step.town, step.principal), step):
            step.used_at = now
            return self._sessions.open(session, person, self._staff, device_name=device)
        if step.tries >= _MOST_TRIES:
            step.used_at = now
        return None

    async def _step(self, session: AsyncSession, ticket: str) -> SecondStep | None:
        town, _, secret = ticket.partition(".")
        if town not in self._towns or not secret:
            return None
        return await self._seconds.lock_step(session, town, _hash(ticket), utc(self._clock))


def _noise(ticket: str) -> str:
    """The name under which guesses at one ticket are counted."""
    return f"ticket:{_hash(ticket).hex()[:16]}"
