"""Tells a household who looked; keeps what relays tell of looks."""

import logging
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from google.protobuf.message import DecodeError
from huiyan.relay.v1.view_pb2 import ViewEnded, ViewStarted
from huiyan_kit import subjects
from huiyan_kit.bus.api import Message
from huiyan_kit.clock import Clock
from huiyan_kit.ids import check_token
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import Viewer
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.look.notice_repository import NoticeRepository
from huiyan_registry.look.repository import LookRepository
from huiyan_registry.look.schemas import Look, Looks, Summary
from huiyan_registry.look.tables import RegisterEntry, ViewEvent
from huiyan_registry.look.told import CHINA, look_of, summary_of
from huiyan_registry.refusals import forbidden
from huiyan_registry.times import of_ns, utc

log = logging.getLogger(__name__)
_Event = TypeVar("_Event", ViewStarted, ViewEnded)
_MOST_LOOKS = 500
_MOST_OF_DAYS = 10_000
_MOST_FRAMES = 2**62
# Year 2262: beyond it nanoseconds leave 63 bits, and Python leaves its years soon after.
_LATEST_NS = 9_223_372_036_000_000_000


class LookService:
    """Looks in the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        looks: LookRepository,
        notices: NoticeRepository,
        clock: Clock,
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self._database = database
        self._looks = looks
        self._notices = notices
        self._clock = clock
        self._events = Counter(
            "huiyan_registry_view_events", "Look events kept", ["kind"], registry=metrics
        )
        self._unreadable = Counter(
            "huiyan_registry_view_events_refused",
            "Look events dropped: unreadable, or of another town",
            registry=metrics,
        )

    async def of_day(self, viewer: Viewer, day: date | None) -> Looks:
        """The looks at the caller's homes on one day of China's calendar. FORBIDDEN for others."""
        homes = _homes(viewer)
        now = utc(self._clock)
        start = datetime.combine(day or now.astimezone(CHINA).date(), time(), CHINA)
        until = start + timedelta(days=1)
        async with self._database.transaction(viewer.rows) as session:
            rows = await self._told(session, viewer, start, until, _MOST_LOOKS)
            notices = await self._notices.of_households(
                session, viewer.town, homes, since=start, until=until
            )
        return Looks(
            household_viewers=len({row.principal for row, _ in rows if row.own}),
            outside_viewers=len({row.principal for row, _ in rows if not row.own}),
            looks=[look for _, look in rows],
            notices=notices,
        )

    async def summary(self, viewer: Viewer, days: int) -> Summary:
        """The newest days of China's calendar, today among them. FORBIDDEN for others."""
        _homes(viewer)
        now = utc(self._clock)
        first = now.astimezone(CHINA).date() - timedelta(days=days - 1)
        start = datetime.combine(first, time(), CHINA)
        async with self._database.transaction(viewer.rows) as session:
            rows = await self._told(session, viewer, start, now, _MOST_OF_DAYS)
        return Summary(days=summary_of(rows, first, days))

    async def _told(
        self, session: AsyncSession, viewer: Viewer, since: datetime, until: datetime, limit: int
    ) -> list[tuple[RegisterEntry, Look]]:
        """The register's rows of the viewer's homes, newest first, and what they say."""
        town, homes, now = viewer.town, list(viewer.households), utc(self._clock)
        rows = await self._looks.register_of(
            session, town, homes, since=since, until=until, limit=limit
        )
        events = await self._looks.events_of(session, town, sorted({row.grant for row in rows}))
        return [(row, look_of(row, events.get((row.grant, row.camera), []), now)) for row in rows]

    async def on_started(self, message: Message) -> None:
        """Keep `evt.view.started`; idempotent."""
        event = _parsed(ViewStarted, message.payload)
        if event is None or message.subject != subjects.view_started(event.town):
            self._unreadable.inc()
            return
        await self._store(event, "started", None, 0, "")

    async def on_ended(self, message: Message) -> None:
        """Keep `evt.view.ended`; idempotent."""
        event = _parsed(ViewEnded, message.payload)
        if event is None or message.subject != subjects.view_ended(event.town):
            self._unreadable.inc()
            return
        sane = 0 < event.last_frame_at_ns < _LATEST_NS
        last = of_ns(event.last_frame_at_ns) if sane else None
        await self._store(event, "ended", last, min(event.frames, _MOST_FRAMES), event.reason)

    async def _store(
        self,
        event: ViewStarted | ViewEnded,
        kind: str,
        last: datetime | None,
        frames: int,
        reason: str,
    ) -> None:
        row = ViewEvent(
            town=event.town,
            id=event.event,
            kind=kind,
            grant=event.grant,
            principal=event.principal,
            camera=event.camera,
            stream=event.stream,
            first_frame_at=of_ns(event.first_frame_at_ns),
            last_frame_at=last,
            frames=frames,
            reason=reason,
            relay=event.relay,
            recorded_at=utc(self._clock),
        )
        async with self._database.transaction(EVERYTHING) as session:
            stored = await self._looks.store(session, row)
        if stored:
            self._events.labels(kind).inc()


def _parsed(kind: type[_Event], payload: bytes) -> _Event | None:
    """The event; None when it is none, or holds what no relay of ours would send."""
    try:
        event = kind.FromString(payload)
        for token in (event.event, event.town, event.grant, event.principal, event.camera):
            check_token(token)
    except (DecodeError, ValueError):
        return None
    sane = 0 < event.first_frame_at_ns < _LATEST_NS and "\0" not in event.stream + event.relay
    return event if sane else None


def _homes(viewer: Viewer) -> list[str]:
    if not viewer.households:
        raise forbidden("只有家里人能看谁看过", "Only household members see who looked")
    return list(viewer.households)
