"""Times of XML Schema, as far as ONVIF requests use them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from huiyan_testing.onvif.soap import SoapFaultError

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


def parse_duration(text: str) -> float:
    """Seconds of `PT1M30S`. SoapFaultError."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise SoapFaultError("not a duration", "ter:InvalidArgVal")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def parse_end(text: str, now: datetime, default_s: float) -> datetime:
    """An absolute time, or a duration from now. SoapFaultError."""
    if not text:
        return now + timedelta(seconds=default_s)
    if text.startswith("P"):
        return now + timedelta(seconds=parse_duration(text))
    try:
        end = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise SoapFaultError("not a time", "ter:InvalidArgVal") from error
    return end.replace(tzinfo=end.tzinfo or UTC)


def show_time(at: datetime) -> str:
    """`2026-01-31T12:00:00Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
