"""Reads and writes login sessions."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.repository import SUCCESSORS
from huiyan_registry.session.tables import LoginSession, UsedProof

# Built once, since they are asked with every request: building costs as much as asking.
_WITH_PRINCIPAL = (
    select(LoginSession, Principal)
    .join(
        Principal, (Principal.town == LoginSession.town) & (Principal.id == LoginSession.principal)
    )
    .where(LoginSession.town == bindparam("town"))
)
_BY_TOKEN = (
    _WITH_PRINCIPAL.add_columns(RoleAssignment, SUCCESSORS)
    .outerjoin(
        RoleAssignment,
        (RoleAssignment.town == Principal.town)
        & (RoleAssignment.principal == Principal.id)
        & RoleAssignment.ended_at.is_(None),
    )
    .where(LoginSession.token_hash == bindparam("token_hash"))
    .order_by(RoleAssignment.id)
)
# The principal is locked first, as by those who end all its sessions.
_HELD = (
    _WITH_PRINCIPAL.where(LoginSession.id == bindparam("login"))
    .with_for_update(read=True, of=[Principal, LoginSession])
    .execution_options(populate_existing=True)
)


class Recognised(NamedTuple):
    """A session, whose it is, that person's current roles, and the mergers of the town."""

    login: LoginSession
    principal: Principal
    roles: list[RoleAssignment]
    successors: dict[str, str]


class SessionRepository:
    """Queries about login sessions; the caller owns the transaction."""

    async def by_token_hash(
        self, session: AsyncSession, town: str, token_hash: bytes
    ) -> Recognised | None:
        """The session of that token, ended or not, and all that one must know of who has it."""
        found = await session.execute(_BY_TOKEN, {"town": town, "token_hash": token_hash})
        rows = found.all()
        if not rows:
            return None
        login, principal, _, successors = rows[0]
        return Recognised(
            login, principal, [row[2] for row in rows if row[2] is not None], successors or {}
        )

    async def seen(self, session: AsyncSession, row: LoginSession, now: datetime) -> None:
        """Move the idle limit."""
        await session.execute(
            update(LoginSession)
            .where(LoginSession.town == row.town, LoginSession.id == row.id)
            .values(last_seen_at=now)
        )

    async def end(self, session: AsyncSession, town: str, login: str, now: datetime) -> None:
        """End one session."""
        await session.execute(
            update(LoginSession)
            .where(
                LoginSession.town == town,
                LoginSession.id == login,
                LoginSession.ended_at.is_(None),
            )
            .values(ended_at=now)
        )

    async def end_all(
        self, session: AsyncSession, town: str, principal: str, now: datetime
    ) -> None:
        """End every session of somebody."""
        await session.execute(
            update(LoginSession)
            .where(
                LoginSession.town == town,
                LoginSession.principal == principal,
                LoginSession.ended_at.is_(None),
            )
            .values(ended_at=now)
        )

    async def running(
        self, session: AsyncSession, town: str, principal: str, now: datetime
    ) -> list[LoginSession]:
        """Somebody's sessions that are not over, newest use first."""
        idle_end = LoginSession.last_seen_at + func.make_interval(
            0, 0, 0, 0, 0, 0, LoginSession.idle_s
        )
        found = await session.scalars(
            select(LoginSession)
            .where(
                LoginSession.town == town,
                LoginSession.principal == principal,
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > now,
                idle_end > now,
            )
            .order_by(LoginSession.last_seen_at.desc(), LoginSession.id)
        )
        return list(found)

    async def hold(
        self, session: AsyncSession, town: str, login: str
    ) -> tuple[LoginSession, Principal] | None:
        """The session and its principal, fresh, kept from changing until this transaction ends."""
        found = await session.execute(_HELD, {"town": town, "login": login})
        row = found.one_or_none()
        return None if row is None else (row[0], row[1])

    async def spend_proof(
        self, session: AsyncSession, town: str, login: str, jti: str, now: datetime
    ) -> bool:
        """False when this `jti` was spent before."""
        spent = await session.scalar(
            insert(UsedProof)
            .values(town=town, session=login, jti=jti, used_at=now)
            .on_conflict_do_nothing()
            .returning(UsedProof.jti)
        )
        return spent is not None

    async def forget_proofs(self, session: AsyncSession, towns: list[str], now: datetime) -> None:
        """Drop proofs that no clock would accept any more."""
        await session.execute(
            delete(UsedProof).where(
                UsedProof.town.in_(towns), UsedProof.used_at < now - timedelta(minutes=10)
            )
        )
