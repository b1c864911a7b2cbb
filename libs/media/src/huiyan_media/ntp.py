"""NTP 64-bit timestamps, as RTCP sender reports carry them (RFC 3550 6.4.1, RFC 5905 6)."""

NS_PER_SECOND = 1_000_000_000
SECONDS_1900_TO_1970 = 2_208_988_800
_ERA = 1 << 32
_ERA_PIVOT = 1 << 31


def utc_ns_to_ntp(utc_ns: int) -> int:
    """The u64 NTP timestamp of a UTC time in ns since 1970; the era is cut off (wraps in 2036)."""
    return (
        ((utc_ns << 32) + NS_PER_SECOND // 2) // NS_PER_SECOND + (SECONDS_1900_TO_1970 << 32)
    ) & ((1 << 64) - 1)


def ntp_to_utc_ns(ntp: int) -> int:
    """UTC in ns since 1970 of a u64 NTP timestamp.

    The era is chosen as RFC 4330 (3) says: seconds with the highest bit set lie in 1968 to 2036,
    others in 2036 to 2104. A time made by `utc_ns_to_ntp` in these years comes back exactly.
    """
    seconds, fraction = ntp >> 32, ntp & (_ERA - 1)
    if seconds < _ERA_PIVOT:
        seconds += _ERA
    return (seconds - SECONDS_1900_TO_1970) * NS_PER_SECOND + (
        fraction * NS_PER_SECOND + _ERA_PIVOT
    ) // _ERA
