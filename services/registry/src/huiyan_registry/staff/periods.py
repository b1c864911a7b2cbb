"""For how long agreements hold. Pure: spans [from, until) in UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# A renewal is due so long before the end.
DUE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Span:
    """From (included) until (excluded)."""

    start: datetime
    end: datetime


def held_until(spans: Iterable[Span], now: datetime) -> datetime | None:
    """The end of unbroken cover that holds at `now`; without any, the newest end that is past
    (so that it can be said when it lapsed); None when there never was one."""
    held: datetime | None = None
    past: datetime | None = None
    for span in sorted(spans, key=lambda one: one.start):
        if span.start > (held or now):
            break
        if span.end > now:
            held = max(span.end, held or span.end)
        else:
            past = max(span.end, past or span.end)
    return held or past


def begins_in_a_gap(spans: Iterable[Span], new: Span, now: datetime) -> bool:
    """True when `new` begins later than today's cover reaches: nothing could put it into force."""
    until = held_until(spans, now)
    return new.start > now and (until is None or until <= now or new.start > until)


def is_due(until: datetime | None, now: datetime) -> bool:
    """True when it still holds and ends within 30 days."""
    return until is not None and now < until <= now + DUE
