"""Reads and writes login sessions."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.session.tables import LoginSession, UsedProof


class SessionRepository:
    """Queries about login sessions; the caller owns the transaction."""

    async def by_token_hash(
        self, session: AsyncSession, town: str, token_hash: bytes
    ) -> LoginSession | None:
        """The session of that token, ended or not."""
        found: LoginSession | None = await session.scalar(
            select(LoginSession).where(
                LoginSession.town == town, LoginSession.token_hash == token_hash
            )
        )
        return found

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

    async def hold(self, session: AsyncSession, town: str, login: str) -> LoginSession | None:
        """The session, kept from ending until this transaction does."""
        found: LoginSession | None = await session.scalar(
            select(LoginSession)
            .where(LoginSession.town == town, LoginSession.id == login)
            .with_for_update(read=True)
        )
        return found

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
