"""Reads and writes consents."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from huiyan_kit.ids import new_id
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.consent.tables import Consent, MaintenanceConsent


class ConsentRepository:
    """Queries about consent; the caller owns the transaction."""

    async def open_scopes(
        self, session: AsyncSession, town: str, households: Iterable[str]
    ) -> dict[str, frozenset[str]]:
        """The scopes that each household has given and not withdrawn."""
        rows = await session.execute(
            select(Consent.household, Consent.scope).where(
                Consent.town == town,
                Consent.household.in_(list(households)),
                Consent.withdrawn_at.is_(None),
            )
        )
        scopes: dict[str, set[str]] = defaultdict(set)
        for household, scope in rows:
            scopes[household].add(scope)
        return {household: frozenset(given) for household, given in scopes.items()}

    async def give(
        self,
        session: AsyncSession,
        town: str,
        household: str,
        scope: str,
        *,
        by: str | None,
        now: datetime,
    ) -> None:
        """Open a scope; no change when it is open."""
        await session.execute(
            insert(Consent)
            .values(
                town=town,
                id=new_id("con"),
                household=household,
                scope=scope,
                granted_by=by,
                granted_at=now,
            )
            .on_conflict_do_nothing()
        )

    async def withdraw(
        self,
        session: AsyncSession,
        town: str,
        household: str,
        scope: str,
        *,
        by: str | None,
        now: datetime,
    ) -> bool:
        """Close a scope; False when it was not open."""
        closed = await session.scalars(
            update(Consent)
            .where(
                Consent.town == town,
                Consent.household == household,
                Consent.scope == scope,
                Consent.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=now, withdrawn_by=by)
            .returning(Consent.id)
        )
        return closed.first() is not None

    async def maintained(
        self, session: AsyncSession, town: str, cameras: Iterable[str], now: datetime
    ) -> dict[str, datetime]:
        """Cameras with an open maintenance consent, and when the last of it ends."""
        rows = await session.execute(
            select(MaintenanceConsent.camera, MaintenanceConsent.expires_at).where(
                MaintenanceConsent.town == town,
                MaintenanceConsent.camera.in_(list(cameras)),
                MaintenanceConsent.closed_at.is_(None),
                MaintenanceConsent.expires_at > now,
            )
        )
        ends: dict[str, datetime] = {}
        for camera, end in rows:
            ends[camera] = max(end, ends.get(camera, end))
        return ends

    def open_maintenance(
        self,
        session: AsyncSession,
        town: str,
        camera: str,
        *,
        by: str | None,
        now: datetime,
        until: datetime,
    ) -> None:
        """Leave for the operator's probe to look at one camera until then."""
        session.add(
            MaintenanceConsent(
                town=town,
                id=new_id("mnt"),
                camera=camera,
                given_by=by,
                opened_at=now,
                expires_at=until,
            )
        )
