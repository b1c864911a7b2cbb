"""Which addresses and ports of this machine the suite uses."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import ip_address

from huiyan_runner.options import UpOptions

_LOOPBACK = "127.0.0.1"
# Of WS-Discovery (OASIS): every real camera listens there.
_DISCOVERY_PORT = 3702
_EVERY = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class Addresses:
    """`media_host` is bound for pictures, `public_ip` is named in candidates when it differs;
    the `local_…` URLs are for commands on this machine, the others for people. Cameras are searched
    on the networks of `discovery_addresses` (comma separated, ours), at the UDP port."""

    registry_port: int
    relay_port: int
    public_url: str
    relay_url: str
    local_registry_url: str
    local_relay_url: str
    media_host: str
    public_ip: str
    on_a_network: bool
    discovery_addresses: str
    discovery_port: int


def lan_address() -> str:
    """The address by which this machine reaches the world, else the loopback; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737): only a route is looked up
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def free_port(host: str) -> int:
    """A TCP port that was free a moment ago."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def free_udp_port(host: str) -> int:
    """A UDP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    """False when somebody listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def choose(options: UpOptions) -> Addresses:
    """Settle ports and URLs: registry and relay must know each other's before they start.

    ValueError when a wanted port is taken.
    """
    for name, port in (("--port", options.port), ("--relay-port", options.relay_port)):
        if port and not is_free(options.listen, port):
            raise ValueError(
                f"端口 {port} 已被占用，请用 {name} 换一个（0 = 任意空闲端口）\n"
                f"port {port} is taken; choose another with {name} (0 = any free one)"
            )
    registry_port = options.port or free_port(options.listen)
    relay_port = options.relay_port or free_port(options.listen)
    everywhere = options.listen in _EVERY
    shown = lan_address() if everywhere else options.listen
    local = "127.0.0.1" if everywhere else options.listen
    scheme = options.scheme
    on_a_network = not ip_address(options.listen).is_loopback
    searched = _searched(options, shown, on_a_network=on_a_network)
    # A demo that only this machine sees finds its own camera, not that of another demo.
    alone = options.demo and searched == _LOOPBACK
    return Addresses(
        registry_port=registry_port,
        relay_port=relay_port,
        public_url=options.public_url.rstrip("/") or _url(scheme, shown, registry_port),
        relay_url=options.relay_url.rstrip("/") or _url(scheme, shown, relay_port),
        local_registry_url=_url(scheme, local, registry_port),
        local_relay_url=_url(scheme, local, relay_port),
        media_host=options.listen,
        public_ip=options.public_ip or (shown if everywhere else ""),
        on_a_network=on_a_network,
        discovery_addresses=searched,
        discovery_port=free_udp_port(_LOOPBACK) if alone else _DISCOVERY_PORT,
    )


def _searched(options: UpOptions, shown: str, *, on_a_network: bool) -> str:
    """The network that we are reached on, and this machine itself where the demo's camera is."""
    wanted = options.search_on or (shown if on_a_network and ":" not in shown else "")
    places = [address for address in wanted.split(",") if address]
    if options.demo and _LOOPBACK not in places:
        places.append(_LOOPBACK)
    return ",".join(places)


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
