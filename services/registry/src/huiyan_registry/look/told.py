"""Register rows in the words of a household; pure."""

from datetime import date, datetime, timedelta, timezone

from huiyan_registry.account.roles import RoleName
from huiyan_registry.grant.purpose import WORDS, PurposeCode
from huiyan_registry.look.schemas import DaySummary, Look
from huiyan_registry.look.tables import RegisterEntry, ViewEvent

# Days on screens are China's days (rules.md section 2).
CHINA = timezone(timedelta(hours=8))


def purpose_said(code: str | None, text: str) -> str | None:
    """The purpose in words; None for the household's own looks."""
    if code is None:
        return None
    word = WORDS[PurposeCode(code)]
    return f"{word}：{text}" if text else word


def look_of(row: RegisterEntry, events: list[ViewEvent], now: datetime) -> Look:
    """Seconds from the first frame to the last; while somebody still looks, until now."""
    started = [event.first_frame_at for event in events]
    ended = [event.last_frame_at for event in events if event.last_frame_at is not None]
    over = {(event.stream, event.first_frame_at) for event in events if event.kind == "ended"}
    running = any((event.stream, event.first_frame_at) not in over for event in events)
    seconds = None
    if started:
        end = now if running else max(ended, default=min(started))
        seconds = max(0, round((end - min(started)).total_seconds()))
    return Look(
        who=row.who,
        role=RoleName(row.role),
        place=row.place,
        purpose=purpose_said(row.purpose_code, row.purpose_text),
        camera=row.camera,
        camera_name=row.camera_name,
        started_at=min(started, default=row.at),
        seconds=seconds,
        own=row.own,
        approver=row.approver,
    )


def summary_of(rows: list[tuple[RegisterEntry, Look]], first: date, days: int) -> list[DaySummary]:
    """One line a day from `first` on, days without a look too."""
    told = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        of_day = [(row, look) for row, look in rows if row.at.astimezone(CHINA).date() == day]
        outside = [(row, look) for row, look in of_day if not row.own]
        told.append(
            DaySummary(
                day=day,
                household_viewers=len({row.principal for row, _ in of_day if row.own}),
                outside_viewers=len({row.principal for row, _ in outside}),
                looks=len(outside),
                seconds=sum(look.seconds or 0 for _, look in outside),
            )
        )
    return told
