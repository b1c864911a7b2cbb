"""Looks for cameras on the configured interfaces, by WS-Discovery."""

import asyncio
import socket
import uuid
from collections.abc import Callable, Sequence

from huiyan_registry.onboarding.ws_discovery import GROUP, FoundDevice, probe, read_match

MOST_FOUND = 256
MOST_DATAGRAMS = 2048
_REPEATS_S = (0.0, 0.5)  # UDP may lose the first


class _Search(asyncio.DatagramProtocol):
    """Collects answers. Drops what is foreign, and everything beyond the limits, counting both."""

    def __init__(self, is_allowed: Callable[[str], bool]) -> None:
        self.asked: frozenset[str] = frozenset()
        self.found: dict[tuple[str, int], FoundDevice] = {}
        self.dropped = 0
        self._is_allowed = is_allowed
        self._datagrams = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._datagrams += 1
        full = len(self.found) >= MOST_FOUND or self._datagrams > MOST_DATAGRAMS
        if full or not self._is_allowed(addr[0]):
            self.dropped += 1
            return
        device = read_match(data, addr[0], self.asked)
        if device is None:
            self.dropped += 1
        else:
            self.found.setdefault((device.address, device.port), device)


class Discovery:
    """`interfaces` are our own addresses, one for each network to look in."""

    def __init__(
        self, interfaces: Sequence[str], port: int, is_allowed: Callable[[str], bool]
    ) -> None:
        self.interfaces = tuple(interfaces)
        self.dropped = 0
        self._port = port
        self._is_allowed = is_allowed

    async def search(self, seconds: float) -> list[FoundDevice]:
        """What answers within the time, at most 256, in order of address. OSError for an interface
        that is not ours."""
        loop = asyncio.get_running_loop()
        search = _Search(self._is_allowed)
        transports: list[asyncio.DatagramTransport] = []
        try:
            for interface in self.interfaces:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: search, sock=_asking_socket(interface)
                )
                transports.append(transport)
            message_id = f"urn:uuid:{uuid.uuid4()}"
            search.asked = frozenset((message_id,))
            ends_at = loop.time() + seconds
            for wait_s in _REPEATS_S:
                await asyncio.sleep(wait_s)
                for transport in transports:
                    transport.sendto(probe(message_id), (GROUP, self._port))
            await asyncio.sleep(max(0.0, ends_at - loop.time()))
        finally:
            for transport in transports:
                transport.close()
        self.dropped += search.dropped
        return sorted(search.found.values(), key=lambda device: (device.address, device.port))


def _asking_socket(interface: str) -> socket.socket:
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        asking.setblocking(False)
        asking.bind((interface, 0))
        address = socket.inet_aton(interface)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    except OSError:
        asking.close()
        raise
    return asking
