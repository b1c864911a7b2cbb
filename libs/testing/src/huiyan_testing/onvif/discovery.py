"""WS-Discovery of simulated cameras (OASIS WS-Discovery 2005/04, ONVIF Core section 7)."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from huiyan_testing.onvif.device_service import scopes
from huiyan_testing.onvif.server import OnvifCamera

GROUP, PORT = "239.255.255.250", 3702
_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"


class DiscoveryResponder(asyncio.DatagramProtocol):
    """Answers probes for every camera, by multicast and directed to `host`.

    `port` 0 takes any free one (then `port` tells it). On loopback, multicast works although the
    interface does not announce it, because the membership names the interface.
    """

    def __init__(
        self,
        cameras: Sequence[OnvifCamera],
        *,
        host: str = "127.0.0.1",
        port: int = PORT,
        repeats: int = 1,
    ) -> None:
        self.probes = 0
        self._cameras = cameras
        self._host = host
        self._port = port
        self._repeats = repeats
        self._transports: list[asyncio.DatagramTransport] = []

    @property
    def port(self) -> int:
        return self._port

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for group in ("", GROUP):
            taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            taken.setblocking(False)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((group or self._host, self._port))
            self._port = taken.getsockname()[1]
            if group:
                member = socket.inet_aton(group) + socket.inet_aton(self._host)
                taken.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=taken)
            self._transports.append(transport)

    async def stop(self) -> None:
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    async def __aenter__(self) -> DiscoveryResponder:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message_id = _probe_id(data)
        if message_id is None:
            return
        self.probes += 1
        for camera in self._cameras:
            for _ in range(self._repeats):
                # From the directed socket: the source address is the camera's own.
                self._transports[0].sendto(_match(camera, message_id), addr)


def _probe_id(data: bytes) -> str | None:
    """The id of a probe for network video transmitters; None for anything else."""
    try:
        envelope = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        return None
    probe = envelope.find(f"{{{_ENVELOPE}}}Body/{{{_DISCOVERY}}}Probe")
    message_id = envelope.find(f"{{{_ENVELOPE}}}Header/{{{_ADDRESSING}}}MessageID")
    if probe is None or message_id is None or not message_id.text:
        return None
    types = probe.find(f"{{{_DISCOVERY}}}Types")
    wanted = (types.text or "") if types is not None else ""
    return message_id.text if not wanted or "NetworkVideoTransmitter" in wanted else None


def _match(camera: OnvifCamera, relates_to: str) -> bytes:
    device = camera.device
    address = uuid.uuid5(uuid.NAMESPACE_URL, f"{device.serial}@{camera.host}:{camera.port}")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}" '
        f'xmlns:a="{_ADDRESSING}" xmlns:d="{_DISCOVERY}" '
        'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
        f"<a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>"
        f"<a:To>{_ADDRESSING}/role/anonymous</a:To>"
        f"<a:Action>{_DISCOVERY}/ProbeMatches</a:Action></s:Header><s:Body><d:ProbeMatches>"
        "<d:ProbeMatch><a:EndpointReference>"
        f"<a:Address>urn:uuid:{address}</a:Address></a:EndpointReference>"
        "<d:Types>dn:NetworkVideoTransmitter</d:Types>"
        f"<d:Scopes>{escape(' '.join(scopes(device)))}</d:Scopes>"
        f"<d:XAddrs>{escape(camera.x_addr)}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
        "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    ).encode()
