"""Tells a household who looked; keeps what relays tell of looks."""

import logging
from datetime import date, datetime, time, timedelta, timezone
from typing import TypeVar

from google.protobuf.message import DecodeError
from huiyan.relay.v1.view_pb2 import ViewEnded, ViewStarted
from huiyan_kit import subjects
from huiyan_kit.bus.api import Message
from huiyan_kit.clock import Clock
from huiyan_kit.ids import check_token
from prometheus_client import CollectorRegistry, Counter

from huiyan_registry.account.roles import RoleName, Viewer
from huiyan_registry.database.connection import Database
from huiyan_registry.grant.purpose import WORDS, PurposeCode
from huiyan_registry.look.repository import LookRepository
from huiyan_registry.look.schemas import Look, Looks
from huiyan_registry.look.tables import RegisterEntry, ViewEvent
from huiyan_registry.refusals import forbidden
from huiyan_registry.times import of_ns, utc

log = logging.getLogger(__name__)
_Event = TypeVar("_Event", ViewStarted, ViewEnded)
# Days on screens are China's days (rules.md section 2).
_CHINA = timezone(timedelta(hours=8))
_MOST_LOOKS = 500
_MOST_FRAMES = 2**62
# Year 2262: beyond it nanoseconds leave 63 bits, and Python leaves its years soon after.
_LATEST_NS = 9_223_372_036_000_000_000


class LookService:
    """Looks in the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        looks: LookRepository,
        clock: Clock,
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self._database = database
        self._looks = looks
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
        homes = list(viewer.households)
        if not homes:
            raise forbidden("只有家里人能看谁看过", "Only household members see who looked")
        now = utc(self._clock)
        start = datetime.combine(day or now.astimezone(_CHINA).date(), time(), _CHINA)
        async with self._database.transaction() as session:
            rows = await self._looks.register_of(
                session,
                viewer.town,
                homes,
                since=start,
                until=start + timedelta(days=1),
                limit=_MOST_LOOKS,
            )
            events = await self._looks.events_of(
                session, viewer.town, sorted({row.grant for row in rows})
            )
        looks = [_look(row, events.get((row.grant, row.camera), []), now) for row in rows]
        return Looks(
            household_viewers=len({row.principal for row in rows if row.own}),
            outside_viewers=len({row.principal for row in rows if not row.own}),
            looks=looks,
        )

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
        async with self._database.transaction() as session:
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


def _look(row: RegisterEntry, events: list[ViewEvent], now: datetime) -> Look:
    """Seconds from the first frame to the last; while somebody still looks, until now."""
    started = [event.first_frame_at for event in events]
    ended = [event.last_frame_at for event in events if event.last_frame_at is not None]
    over = {(event.stream, event.first_frame_at) for event in events if event.kind == "ended"}
    running = any((event.stream, event.first_frame_at) not in over for event in events)
    seconds = None
    if started:
        end = now if running else max(ended, default=min(started))
        seconds = max(0, round((end - min(started)).total_seconds()))
    purpose = None
    if row.purpose_code is not None:
        word = WORDS[PurposeCode(row.purpose_code)]
        purpose = f"{word}：{row.purpose_text}" if row.purpose_text else word
    return Look(
        who=row.who,
        role=RoleName(row.role),
        place=row.place,
        purpose=purpose,
        camera=row.camera,
        camera_name=row.camera_name,
        started_at=min(started, default=row.at),
        seconds=seconds,
        own=row.own,
    )
