"""Reads and writes consents."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from huiyan_kit.ids import new_id
from sqlalchemy import DateTime, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.scopes import LIVE_SCOPES, ConsentScope
from huiyan_registry.consent.tables import Consent, MaintenanceConsent
from huiyan_registry.consent.terms import Terms, windows_of
from huiyan_registry.decision_steps.terms import GivenConsent


def terms_of(row: Consent) -> Terms:
    """What a row allows."""
    return Terms(row.scope, row.camera, windows_of(row.hours), frozenset(row.purposes))


_AT = bindparam("at", type_=DateTime(timezone=True))
# Built once: it is asked with every list and every grant.
_GIVEN = select(
    Consent.household, Consent.camera, Consent.scope, Consent.hours, Consent.purposes
).where(
    Consent.town == bindparam("town"),
    Consent.household.in_(bindparam("households", expanding=True)),
    Consent.scope.in_([scope.value for scope in LIVE_SCOPES]),
    Consent.granted_at <= _AT,
    or_(Consent.withdrawn_at.is_(None), Consent.withdrawn_at > _AT),
)


class ConsentRepository:
    """Queries about consent; the caller owns the transaction."""

    async def given(
        self, session: AsyncSession, town: str, cameras: Sequence[Camera], at: datetime
    ) -> dict[str, tuple[GivenConsent, ...]]:
        """The consents to live pictures that cover each camera at an instant, by camera id."""
        households = {camera.household for camera in cameras if camera.household is not None}
        if not households:
            return {}
        asked = {"town": town, "households": list(households), "at": at}
        rows = await session.execute(_GIVEN, asked)
        by_household: dict[str, list[tuple[str | None, GivenConsent]]] = defaultdict(list)
        for household, camera, scope, hours, purposes in rows:
            given = GivenConsent(scope, windows_of(hours), frozenset(purposes))
            by_household[household].append((camera, given))
        return {
            camera.id: tuple(
                given
                for only, given in by_household[camera.household]
                if only is None or only == camera.id
            )
            for camera in cameras
            if camera.household in by_household
        }

    async def taken_back(
        self, session: AsyncSession, town: str, household: str, scope: ConsentScope
    ) -> bool:
        """True when the household had ticked a scope, and ticks it nowhere any more."""
        rows = await session.scalars(
            select(Consent.withdrawn_at).where(
                Consent.town == town, Consent.household == household, Consent.scope == scope.value
            )
        )
        ends = list(rows)
        return bool(ends) and None not in ends

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
        """Open a scope for all cameras, without words signed (demo and seeds); no change when it
        is open."""
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

    async def of_household(
        self, session: AsyncSession, town: str, household: str
    ) -> Sequence[Consent]:
        """Every consent that is or was, newest first."""
        rows = await session.scalars(
            select(Consent)
            .where(Consent.town == town, Consent.household == household)
            .order_by(Consent.granted_at.desc(), Consent.id)
        )
        return rows.all()

    async def get(
        self, session: AsyncSession, town: str, household: str, consent: str
    ) -> Consent | None:
        """One consent of that household, withdrawn or not."""
        row = await session.get(Consent, (town, consent))
        return row if row is not None and row.household == household else None

    async def one_at_a_time(self, session: AsyncSession, town: str, household: str) -> None:
        """Of two changes to a household's consents the second waits, even with no row to lock."""
        key = func.hashtext(f"{town}.{household}")
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("consent"), key)))

    async def lock_open(
        self, session: AsyncSession, town: str, household: str, scope: str
    ) -> Sequence[Consent]:
        """The open consents of one scope, to be closed."""
        rows = await session.scalars(
            select(Consent)
            .where(
                Consent.town == town,
                Consent.household == household,
                Consent.scope == scope,
                Consent.withdrawn_at.is_(None),
            )
            .order_by(Consent.id)
            .with_for_update()
        )
        return rows.all()

    async def close(
        self,
        session: AsyncSession,
        row: Consent,
        *,
        by: str | None,
        now: datetime,
        replaced_by: str | None = None,
    ) -> bool:
        """Close one; False when it was closed before."""
        closed = await session.scalars(
            update(Consent)
            .where(Consent.town == row.town, Consent.id == row.id, Consent.withdrawn_at.is_(None))
            .values(withdrawn_at=now, withdrawn_by=by, replaced_by=replaced_by)
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
                MaintenanceConsent.opened_at <= now,
                or_(MaintenanceConsent.closed_at.is_(None), MaintenanceConsent.closed_at > now),
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
        camera: Camera,
        *,
        by: str,
        by_name: str,
        now: datetime,
        until: datetime,
    ) -> None:
        """Leave for the operator's probe to look at one camera until then."""
        session.add(
            MaintenanceConsent(
                town=camera.town,
                id=new_id("mnt"),
                camera=camera.id,
                household=camera.household,
                given_by=by,
                given_by_name=by_name,
                opened_at=now,
                expires_at=until,
            )
        )

    async def close_maintenance(
        self, session: AsyncSession, town: str, camera: str, now: datetime
    ) -> bool:
        """End every open visit at a camera; False when there was none."""
        closed = await session.scalars(
            update(MaintenanceConsent)
            .where(
                MaintenanceConsent.town == town,
                MaintenanceConsent.camera == camera,
                MaintenanceConsent.closed_at.is_(None),
                MaintenanceConsent.expires_at > now,
            )
            .values(closed_at=now)
            .returning(MaintenanceConsent.id)
        )
        return closed.first() is not None
