"""Hours of a consent: days of the week and times of day in China, also over midnight.

China keeps one zone (UTC+8) without summer time, so a week is 10080 equal minutes; minute 0 is
Monday 00:00. A window that runs over midnight belongs to the day on which it begins.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

WEEK = 7 * 24 * 60
_DAY = 24 * 60
_EPOCH = 3 * _DAY + 8 * 60  # 1970-01-01 00:00 UTC was a Thursday, 08:00 in China.
_TIME = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")
_WORDS = "一二三四五六日"
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Window(NamedTuple):
    """On these days (1 = Monday … 7) from minute `start` of the day until `end` (excluded);
    `end` ≤ 1440, and an `end` not beyond `start` lies on the next day."""

    days: tuple[int, ...]
    start: int
    end: int

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return self.end - self.start if self.end > self.start else self.end + _DAY - self.start

    def spans(self) -> Iterable[tuple[int, int]]:
        """(first minute of the week, minutes) of each day."""
        return (((day - 1) * _DAY + self.start, self.minutes) for day in self.days)


def minute_of_time(text: str, *, end: bool = False) -> int:
    """ "18:30" → 1110; "24:00" only as an end. ValueError."""
    if end and text == "24:00":
        return _DAY
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("a time of day is HH:MM")
    return int(found[1]) * 60 + int(found[2])


def time_of_minute(minute: int) -> str:
    """1110 → "18:30"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def week_minute(now: datetime) -> int:
    """The minute of China's week at an instant that carries its zone."""
    return (int(now.timestamp()) // 60 + _EPOCH) % WEEK


def open_at(windows: Sequence[Window], now: datetime) -> bool:
    """True when one of them holds; no windows at all hold always."""
    return not windows or _left(windows, week_minute(now)) > 0


def open_until(windows: Sequence[Window], now: datetime) -> datetime | None:
    """The end of the windows that hold now: `now` itself when none does, None when they never
    end (no windows, or round the clock)."""
    if not windows:
        return None
    minute, lasts = week_minute(now), 0
    # One window may begin where another ends.
    while (more := _left(windows, (minute + lasts) % WEEK)) > 0:
        lasts += more
        if lasts >= WEEK:
            return None
    if lasts == 0:
        return now
    return now.replace(second=0, microsecond=0) + timedelta(minutes=lasts)


def _left(windows: Iterable[Window], minute: int) -> int:
    """Minutes for which the longest open window still holds, 0 when none is open."""
    left = 0
    for window in windows:
        for first, lasts in window.spans():
            gone = (minute - first) % WEEK
            if gone < lasts:
                left = max(left, lasts - gone)
    return left


def minutes_of(windows: Sequence[Window]) -> frozenset[int]:
    """Every minute of the week at which they hold."""
    if not windows:
        return frozenset(range(WEEK))
    return frozenset(
        (first + offset) % WEEK
        for window in windows
        for first, lasts in window.spans()
        for offset in range(lasts)
    )


def in_words(windows: Sequence[Window]) -> tuple[str, str]:
    """For people: ("每天 22:00–06:00", "daily 22:00–06:00")."""
    if not windows:
        return "全天", "at any hour"
    said, said_en = [], []
    for window in windows:
        times = f"{time_of_minute(window.start)}–{time_of_minute(window.end)}"
        every = len(window.days) == 7
        days = "每天" if every else "周" + "、".join(_WORDS[day - 1] for day in window.days)
        days_en = "daily" if every else ", ".join(_SHORT[day - 1] for day in window.days)
        said.append(f"{days} {times}")
        said_en.append(f"{days_en} {times}")
    return "；".join(said), "; ".join(said_en)
