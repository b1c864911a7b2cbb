"""UTC instants of an injected clock, as the database and JSON hold them."""

from datetime import UTC, datetime

from huiyan_kit.clock import Clock


def utc(clock: Clock) -> datetime:
    """Now."""
    return of_ns(clock.utc_ns())


def of_ns(nanoseconds: int) -> datetime:
    """The instant so many nanoseconds after 1970 (to the microsecond, as PostgreSQL keeps it)."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).replace(
        microsecond=nanoseconds % 1_000_000_000 // 1000
    )


def ns_of(instant: datetime) -> int:
    """Nanoseconds since 1970."""
    return round(instant.timestamp() * 1_000_000) * 1000
