"""Opens, recognises and ends login sessions."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import viewer_of
from huiyan_registry.account.roles import STAFF
from huiyan_registry.account.tables import Principal
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.proof import check_proof, replayed
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.session.second_repository import Owner, SecondRepository
from huiyan_registry.session.tables import LoginSession
from huiyan_registry.times import utc

_SEEN_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Life:
    """How long a session of one kind lives."""

    idle_s: int
    most_s: int


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session; `token` is told once and kept nowhere."""

    token: str
    csrf: str
    id: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"OpenedSession({self.id})"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brought: a cookie or a Bearer, and the second halves."""

    token: str
    bearer: bool
    method: str
    path: str
    csrf: str = ""
    proof: str = ""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """The CSRF value of a session: only who has the cookie's secret (or was told) can know it."""
    digest = hmac.new(token.encode(), b"huiyan-csrf", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def not_logged_in() -> HuiyanError:
    """No session, or it is over."""
    return HuiyanError(ErrorKind.UNAUTHENTICATED, "请先登录", "Please log in", code="no_session")


def _csrf_refused() -> HuiyanError:
    return HuiyanError(
        ErrorKind.FORBIDDEN,
        "请求没有带防伪码，请刷新页面",
        "CSRF token missing or wrong",
        code="csrf",
    )


class SessionService:
    """Login sessions of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        sessions: SessionRepository,
        revocations: RevocationService,
        clock: Clock,
        towns: Sequence[str],
        seconds: SecondRepository,
        second_factor_required: bool,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._seconds = seconds
        self._required = second_factor_required
        self._revocations = revocations
        self._clock = clock
        self._towns = frozenset(towns)

    def open(
        self,
        session: AsyncSession,
        principal: Principal,
        life: Life,
        *,
        machine: bool = False,
        device_jwk: dict[str, str] | None = None,
        device_name: str | None = None,
    ) -> OpenedSession:
        """A new session in the running transaction."""
        now = utc(self._clock)
        # The town stands in front: the shard is known before anything is asked.
        token = f"{principal.town}.{secrets.token_urlsafe(32)}"
        row = LoginSession(
            town=principal.town,
            id=new_id("ses"),
            token_hash=_hash(token),
            principal=principal.id,
            kind="machine" if machine else "browser",
            device_jwk=device_jwk,
            device_name=device_name,
            idle_s=life.idle_s,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(seconds=life.most_s),
        )
        session.add(row)
        return OpenedSession(token, csrf_of(token), row.id, row.expires_at)

    async def authenticate(self, given: Credentials) -> Caller:
        """Who sent a request. UNAUTHENTICATED `no_session`, `device_proof`; FORBIDDEN `csrf`."""
        town, _, secret = given.token.partition(".")
        if town not in self._towns or not secret:
            raise not_logged_in()
        now = utc(self._clock)
        changes = given.method not in ("GET", "HEAD")
        async with self._database.transaction(EVERYTHING) as session:
            found = await self._sessions.by_token_hash(session, town, _hash(given.token))
            if found is None:
                raise not_logged_in()
            row, principal = found.login, found.principal
            if not _holds(row, now) or given.bearer != (row.kind == "machine"):
                raise not_logged_in()
            if principal.disabled_at is not None:
                raise not_logged_in()
            csrf = csrf_of(given.token)
            if (
                changes
                and not given.bearer
                and not hmac.compare_digest(csrf.encode(), given.csrf.encode())
            ):
                raise _csrf_refused()
            if changes and row.device_jwk is not None:
                await self._spend_proof(session, row, row.device_jwk, given, now)
            if now - row.last_seen_at >= _SEEN_EVERY:
                await self._sessions.seen(session, row, now)
            viewer = viewer_of(principal, found.roles, found.successors, now)
            needed = self._required and viewer.has(*STAFF)
            if needed:
                needed = not await self._seconds.methods(session, Owner(town, principal.id))
        return Caller(
            viewer=viewer,
            name=principal.name,
            session=row.id,
            csrf=csrf,
            room=principal.room,
            device_bound=row.device_jwk is not None,
            machine=given.bearer,
            must_change_password=principal.must_change_password,
            second_factor_needed=needed,
        )

    async def end_all(self, session: AsyncSession, town: str, principal: str, reason: str) -> None:
        """End every session of somebody and every picture. Lock the principal's row first, and
        `flush` after the commit."""
        await self._sessions.end_all(session, town, principal, utc(self._clock))
        await self._revocations.revoke(session, town, "principal", principal, reason)

    async def end_others(self, session: AsyncSession, caller: Caller, reason: str) -> None:
        """End every session of the caller but this one."""
        now = utc(self._clock)
        for row in await self._sessions.running(session, caller.town, caller.principal, now):
            if row.id != caller.session:
                await self.end(session, caller.town, row.id, reason)

    async def end(self, session: AsyncSession, town: str, login: str, reason: str) -> None:
        """End one session and every grant of it; `flush` after the commit."""
        await self._sessions.end(session, town, login, utc(self._clock))
        await self._revocations.revoke(session, town, "session", login, reason)

    async def flush(self, town: str) -> None:
        """After the commit: tell the relays at once."""
        await self._revocations.flush(town)

    async def logout(self, caller: Caller) -> None:
        """End the session and every grant of it."""
        async with self._database.transaction(caller.rows) as session:
            await self._sessions.end(session, caller.town, caller.session, utc(self._clock))
            await self._revocations.revoke(
                session, caller.town, "session", caller.session, "logout"
            )
        await self._revocations.flush(caller.town)

    async def _spend_proof(
        self,
        session: AsyncSession,
        row: LoginSession,
        jwk: dict[str, Any],
        given: Credentials,
        now: datetime,
    ) -> None:
        jti = check_proof(given.proof, jwk, given.method, given.path, now.timestamp())
        if not await self._sessions.spend_proof(session, row.town, row.id, jti, now):
            raise replayed()


def _holds(row: LoginSession, now: datetime) -> bool:
    return (
        row.ended_at is None
        and now < row.expires_at
        and now < row.last_seen_at + timedelta(seconds=row.idle_s)
    )
