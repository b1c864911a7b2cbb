"""Which ICE candidates of a viewer we would send packets to (RFC 8839)."""

from ipaddress import ip_address

MOST_CANDIDATES = 32
_PREFIX = "candidate:"


def is_acceptable(candidate: str, *, loopback: bool) -> bool:
    """True for a UDP candidate of component 1 with a plain address that a viewer may have.

    Names (`….local`, mDNS) are left out: resolving them costs a second and never helps a server.
    `loopback` is for relays that themselves send from loopback.
    """
    fields = candidate.removeprefix("a=").removeprefix(_PREFIX).split()
    if len(fields) < 8 or fields[1] != "1" or fields[2].lower() != "udp" or fields[6] != "typ":
        return False
    if fields[7] not in ("host", "srflx", "relay"):
        return False
    if not (fields[3].isdecimal() and fields[5].isdecimal() and 0 < int(fields[5]) < 65536):
        return False
    try:
        address = ip_address(fields[4])
    except ValueError:
        return False
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    return loopback or not address.is_loopback
