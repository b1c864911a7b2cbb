"""Which camera addresses are allowed (rules.md section 4, SSRF); ingest checks at each open."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import unquote, urlsplit, urlunsplit

from huiyan_kit.errors import HuiyanError
from huiyan_kit.sealing import CameraCredential

from huiyan_registry.refusals import invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str], Awaitable[list[str]]]
_SCHEMES = frozenset({"rtsp", "rtsps"})
_LONGEST = 1024
_RESOLVE_S = 3.0
# Cloud metadata services outside link-local ranges: AWS IPv6, Alibaba Cloud, Oracle.
_METADATA = frozenset(
    ipaddress.ip_address(text) for text in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")
)


def _bad_url(zh: str, en: str) -> HuiyanError:
    return invalid(zh, en, "camera_url")


def split_url(text: str) -> tuple[str, CameraCredential | None]:
    """Return (URL without user info, the login that stood in it). INVALID `camera_url`."""
    if len(text) > _LONGEST or not text.isprintable() or any(char.isspace() for char in text):
        raise _bad_url("摄像机地址不对", "Not a camera address")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _bad_url("摄像机地址不对", "Not a camera address") from error
    if parts.scheme.lower() not in _SCHEMES:
        raise _bad_url("只接受 rtsp 或 rtsps 地址", "Only rtsp and rtsps addresses are accepted")
    if not host or port == 0 or parts.fragment or "\\" in text or "%" in host:
        raise _bad_url("摄像机地址不对", "Not a camera address")
    credential = None
    if parts.username:
        credential = CameraCredential(
            user=unquote(parts.username), password=unquote(parts.password or "")
        )
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port is None else f"{shown}:{port}"
    return urlunsplit((parts.scheme.lower(), netloc, parts.path, parts.query, "")), credential


def host_of(url: str) -> str:
    """The host of a URL that `split_url` returned."""
    return urlsplit(url).hostname or ""


def allowed(text: str, networks: Sequence[Network]) -> bool:
    """True when a camera may be at this literal address."""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        # ::ffff:10.0.0.1 is 10.0.0.1 on the wire; 6to4 and Teredo tunnel to an IPv4 host.
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address.sixtofour is not None or address.teredo is not None:
            return False
    if (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA
    ):
        return False
    return any(address.version == net.version and address in net for net in networks)


async def resolve(host: str) -> list[str]:
    """Every address of a host name; empty when it has none."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_RESOLVE_S):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(entry[4][0]) for entry in found})


class AddressRule:
    """The camera networks of a town."""

    def __init__(self, networks: Sequence[Network], resolver: Resolve = resolve) -> None:
        self._networks = networks
        self._resolve = resolver

    async def check(self, url: str) -> None:
        """INVALID `camera_network` unless every address of the host is allowed."""
        await self.vet(host_of(url))

    def is_allowed(self, address: str) -> bool:
        """True when a camera may be at this literal address."""
        return allowed(address, self._networks)

    async def vet(self, host: str) -> list[str]:
        """Every address of the host, literal. INVALID `camera_network` unless all are allowed."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            # "2130706433" and "0x7f.1" are no host names, yet resolvers take them for addresses.
            if host.replace(".", "").isdigit() or host.lower().startswith("0x"):
                raise _forbidden_network() from None
            found = await self._resolve(host)
        else:
            found = [host]
        if not found or not all(allowed(address, self._networks) for address in found):
            raise _forbidden_network()
        return found


def _forbidden_network() -> HuiyanError:
    return invalid(
        "这个地址不在本镇的摄像机网段里",
        "This address is not in the town's camera networks",
        "camera_network",
    )
