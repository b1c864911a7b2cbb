"""Which addresses a camera may have (rules.md section 4, SSRF by RTSP).

A URL from a camera row is a wish of whoever wrote it, perhaps a hostile one. Only rtsp and rtsps
are opened; every address that the host name resolves to must lie in the allowed networks; then we
connect to that very address, so that a second DNS answer (rebinding) changes nothing.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from huiyan_ingest.causes import CameraError, Cause

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
# Instance metadata of clouds, outside the link-local range.
_METADATA: frozenset[Address] = frozenset(
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
# IPv6 forms that carry an IPv4 address inside: mapped, compatible, NAT64, 6to4, Teredo.
_CARRIES_IPV4 = tuple(
    ipaddress.ip_network(text)
    for text in (
        "::ffff:0:0/96",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
    )
)
_UNSAFE_TEXT = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """A vetted place to connect to: the IP literal, and the URL that names it."""

    scheme: str
    ip: str
    port: int
    host: str
    """As the row wrote it, for TLS server names."""
    target: str
    """Path and query, beginning with a slash."""

    @property
    def netloc(self) -> str:
        """`ip:port`, with brackets for IPv6."""
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    @property
    def url(self) -> str:
        """The URL with the IP literal as host and without user info."""
        return f"{self.scheme}://{self.netloc}{self.target}"


async def resolve_host(host: str, port: int) -> list[str]:
    """All addresses of a host name. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(entry[4][0]) for entry in found})


class AddressGuard:
    """Vets camera URLs against the networks of the town.

    `allow_loopback` is for the demo profile only, and even then loopback must be listed.
    """

    def __init__(
        self,
        networks: Sequence[str],
        *,
        allow_loopback: bool = False,
        resolve: Resolve = resolve_host,
        resolve_timeout_s: float = 5.0,
    ) -> None:
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(one) for one in networks)
        self._allow_loopback = allow_loopback
        self._resolve = resolve
        self._timeout = resolve_timeout_s

    async def vet(self, url: str) -> StreamAddress:
        """Return where to connect. CameraError URL_FORBIDDEN, ADDRESS_FORBIDDEN, HOST_UNKNOWN."""
        scheme, host, port, target = split_camera_url(url)
        try:
            async with asyncio.timeout(self._timeout):
                texts = await self._resolve(host, port)
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            raise CameraError(Cause.HOST_UNKNOWN) from None
        if not texts or not all(self.allows(text) for text in texts):
            raise CameraError(Cause.ADDRESS_FORBIDDEN if texts else Cause.HOST_UNKNOWN)
        return StreamAddress(scheme, texts[0], port, host, target)

    def allows(self, text: str) -> bool:
        """True when a camera may have this IP address."""
        try:
            address: Address = ipaddress.ip_address(text)
        except ValueError:  # e.g. with an IPv6 zone
            return False
        if address in _METADATA or address.is_multicast or address.is_link_local:
            return False
        if address.is_unspecified or str(address) == "255.255.255.255":
            return False
        if address.is_loopback:
            if not self._allow_loopback:
                return False
        elif any(address in network for network in _CARRIES_IPV4):
            return False
        return any(address in network for network in self._networks)


def split_camera_url(url: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, target) of a camera URL. CameraError URL_FORBIDDEN."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise CameraError(Cause.URL_FORBIDDEN) from None
    if (
        parts.scheme not in DEFAULT_PORTS
        or not parts.hostname
        or "@" in parts.netloc
        or port == 0
        or len(url) > 2048
        or _UNSAFE_TEXT.search(url)
    ):
        raise CameraError(Cause.URL_FORBIDDEN)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme], target
