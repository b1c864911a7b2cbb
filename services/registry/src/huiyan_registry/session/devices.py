"""On which devices somebody is logged in, and the end of that."""

from huiyan_kit.clock import Clock

from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.refusals import not_found
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.session.schemas import Device
from huiyan_registry.session.service import SessionService
from huiyan_registry.times import utc


class DeviceService:
    """Somebody's own devices, or (by `of`) another's whom the caller was allowed to name."""

    def __init__(
        self,
        database: Database,
        *,
        rows: SessionRepository,
        sessions: SessionService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._rows = rows
        self._sessions = sessions
        self._clock = clock

    async def of(self, town: str, principal: str, current: str = "") -> list[Device]:
        """Sessions that are not over, newest use first."""
        async with self._database.transaction(EVERYTHING) as session:
            rows = await self._rows.running(session, town, principal, utc(self._clock))
        return [
            Device(
                id=row.id,
                name=row.device_name or "",
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                current=row.id == current,
                bound=row.device_jwk is not None,
            )
            for row in rows
        ]

    async def end_own(self, caller: Caller, login: str) -> None:
        """Log one of the caller's devices out, and end its pictures. NOT_FOUND."""
        async with self._database.transaction(caller.rows) as session:
            now = utc(self._clock)
            rows = await self._rows.running(session, caller.town, caller.principal, now)
            if login not in {row.id for row in rows}:
                raise not_found("没有这台设备", "No such session")
            await self._sessions.end(session, caller.town, login, "device_removed")
        await self._sessions.flush(caller.town)
