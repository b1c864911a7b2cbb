"""Reads and writes second factors and the steps that wait for one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.session.tables import Passkey, SecondStep, Totp

TOTP, PASSKEY = "totp", "passkey"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose factors."""

    town: str
    principal: str

    @property
    def seal(self) -> str:
        """To whom a secret is bound."""
        return f"{self.town}.{self.principal}"


class SecondRepository:
    """Queries about second factors; the caller owns the transaction."""

    async def methods(self, session: AsyncSession, owner: Owner) -> list[str]:
        """What this account can prove itself with, `totp` first."""
        found = await self.methods_of(session, owner.town, [owner.principal])
        return found.get(owner.principal, [])

    async def methods_of(
        self, session: AsyncSession, town: str, principals: list[str]
    ) -> dict[str, list[str]]:
        """The same for many people; who has none is absent."""
        totp = await session.scalars(
            select(Totp.principal).where(
                Totp.town == town, Totp.principal.in_(principals), Totp.secret.is_not(None)
            )
        )
        passkeys = await session.scalars(
            select(Passkey.principal)
            .where(Passkey.town == town, Passkey.principal.in_(principals))
            .distinct()
        )
        found: dict[str, list[str]] = {}
        for method, owners in ((TOTP, totp), (PASSKEY, passkeys)):
            for principal in owners:
                found.setdefault(principal, []).append(method)
        return found

    async def lock_totp(self, session: AsyncSession, owner: Owner) -> Totp:
        """The row of one-time codes, made when it is missing."""
        await session.execute(
            insert(Totp)
            .values(town=owner.town, principal=owner.principal, last_step=0)
            .on_conflict_do_nothing()
        )
        row = await session.scalar(
            select(Totp)
            .where(Totp.town == owner.town, Totp.principal == owner.principal)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        assert row is not None  # it was inserted above
        return row

    async def drop_totp(self, session: AsyncSession, owner: Owner) -> None:
        """No more one-time codes."""
        await session.execute(
            delete(Totp).where(Totp.town == owner.town, Totp.principal == owner.principal)
        )

    async def passkeys(self, session: AsyncSession, owner: Owner) -> list[Passkey]:
        """In the order in which they were added."""
        found = await session.scalars(
            select(Passkey)
            .where(Passkey.town == owner.town, Passkey.principal == owner.principal)
            .order_by(Passkey.created_at, Passkey.id)
        )
        return list(found)

    async def lock_passkey(
        self, session: AsyncSession, owner: Owner, credential_id: bytes
    ) -> Passkey | None:
        """One of the owner's credentials; its counter is compared and moved under the lock."""
        found: Passkey | None = await session.scalar(
            select(Passkey)
            .where(
                Passkey.town == owner.town,
                Passkey.principal == owner.principal,
                Passkey.credential_id == credential_id,
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found

    async def drop_passkeys(
        self, session: AsyncSession, owner: Owner, passkey: str | None = None
    ) -> bool:
        """One passkey, or all; False when there was none."""
        gone = await session.scalars(
            delete(Passkey)
            .where(
                Passkey.town == owner.town,
                Passkey.principal == owner.principal,
                *(() if passkey is None else (Passkey.id == passkey,)),
            )
            .returning(Passkey.id)
        )
        return bool(list(gone))

    async def lock_step(
        self, session: AsyncSession, town: str, token_hash: bytes, now: datetime
    ) -> SecondStep | None:
        """A step that still waits."""
        found: SecondStep | None = await session.scalar(
            select(SecondStep)
            .where(
                SecondStep.town == town,
                SecondStep.token_hash == token_hash,
                SecondStep.kind == "login",
                SecondStep.used_at.is_(None),
                SecondStep.expires_at > now,
            )
            .with_for_update()
        )
        return found

    async def lock_enrolment(
        self, session: AsyncSession, town: str, login: str, now: datetime
    ) -> SecondStep | None:
        """The newest enrolment of a login session that still waits."""
        found: SecondStep | None = await session.scalar(
            select(SecondStep)
            .where(
                SecondStep.town == town,
                SecondStep.session == login,
                SecondStep.kind == "enrol",
                SecondStep.used_at.is_(None),
                SecondStep.expires_at > now,
            )
            .order_by(SecondStep.created_at.desc(), SecondStep.id)
            .limit(1)
            .with_for_update()
        )
        return found

    async def drop_steps(self, session: AsyncSession, owner: Owner) -> None:
        """Whoever stood between password and second factor begins anew."""
        await session.execute(
            delete(SecondStep).where(
                SecondStep.town == owner.town, SecondStep.principal == owner.principal
            )
        )

    async def forget_steps(self, session: AsyncSession, towns: list[str], now: datetime) -> None:
        """Drop steps whose time is over."""
        await session.execute(
            delete(SecondStep).where(SecondStep.town.in_(towns), SecondStep.expires_at < now)
        )
