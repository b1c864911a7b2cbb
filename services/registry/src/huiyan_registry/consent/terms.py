"""The terms of one consent: camera, hours, purposes; and whether new terms allow less."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from huiyan_registry.consent.hours import Window, minute_of_time, minutes_of, time_of_minute
from huiyan_registry.decision_steps.terms import GivenConsent


@dataclass(frozen=True, slots=True)
class Terms:
    """`camera` None: all of the household's; no hours: always; no purposes: any stated one."""

    scope: str
    camera: str | None = None
    hours: tuple[Window, ...] = ()
    purposes: frozenset[str] = frozenset()

    def allows_less_than(self, before: "Terms") -> bool:
        """True when something that `before` let through is let through no more. A consent for one
        camera takes the place of one for all of them, and then it allows less."""
        if self.camera is not None and before.camera is None:
            return True
        if self.purposes and (not before.purposes or not before.purposes <= self.purposes):
            return True
        return bool(self.hours) and not minutes_of(before.hours) <= minutes_of(self.hours)

    def given(self) -> GivenConsent:
        """As the decision reads it."""
        return GivenConsent(self.scope, self.hours, self.purposes)


def windows_of(stored: Sequence[dict[str, Any]]) -> tuple[Window, ...]:
    """The windows of `[{days, from, to}]`. ValueError."""
    return tuple(
        Window(
            tuple(sorted(set(one["days"]))),
            minute_of_time(one["from"]),
            minute_of_time(one["to"], end=True),
        )
        for one in stored
    )


def stored_of(windows: Sequence[Window]) -> list[dict[str, Any]]:
    """`[{days, from, to}]` of windows."""
    return [
        {
            "days": list(window.days),
            "from": time_of_minute(window.start),
            "to": time_of_minute(window.end),
        }
        for window in windows
    ]
