"""Every touch of the insides of aiortc and aioice; nothing elsewhere uses a name with `_`.

aiortc keeps SDP, ICE, DTLS and sender reports. RTP packets are ours: made once for all viewers and
written here in the same tick, without a task, a queue and a codec object for each viewer.
`check_insides` is the guard: it fails when aiortc no longer looks the way this module expects.
"""

import asyncio
import importlib.metadata
import logging
import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aioice import Candidate
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import Connection, StunProtocol
from aiortc import RTCPeerConnection, RTCRtpSender, clock, rtp
from aiortc.codecs import CODECS
from aiortc.rtcdtlstransport import State
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpCodecParameters

log = logging.getLogger(__name__)

KNOWN_VERSIONS = {"aiortc": "1.16.", "aioice": "0.13."}
# Baseline, constrained baseline, main, constrained high, high (RFC 6184 8.1).
H264_PROFILES = ("42001f", "42e01f", "4d001f", "640c1f", "64001f")
_LAST_DYNAMIC_PAYLOAD_TYPE = 127
_SENDER = "_RTCRtpSender__"
_STARTED, _EXITED = _SENDER + "rtp_started", _SENDER + "rtp_exited"
_RTX_PAYLOAD_TYPE = _SENDER + "rtx_payload_type"
_NTP, _RTP_TIME = _SENDER + "ntp_timestamp", _SENDER + "rtp_timestamp"
_PACKETS, _OCTETS = _SENDER + "packet_count", _SENDER + "octet_count"
_SENDER_NAMES = (_STARTED, _EXITED, _RTX_PAYLOAD_TYPE, _NTP, _RTP_TIME, _PACKETS, _OCTETS)
_ICE_TRANSPORTS = "_RTCPeerConnection__iceTransports"
# What the kernel does not take at once waits in the transport; above this we drop instead.
MOST_UNSENT_BYTES = 512 * 1024
_SEND_BUFFER_BYTES = 1024 * 1024
_PORT_ATTEMPTS = 128


def check_insides() -> None:
    """Raise RuntimeError when aiortc or aioice is not one of the versions this was written for."""
    for name, prefix in KNOWN_VERSIONS.items():
        version = importlib.metadata.version(name)
        if not version.startswith(prefix):
            raise RuntimeError(f"{name} {version}: huiyan_relay.aiortc_insides knows {prefix}x")


def extend_codecs() -> None:
    """Let aiortc negotiate every H.264 profile that cameras send; idempotent.

    The table belongs to the whole process: there is no other way into aiortc's negotiation.
    """
    table = CODECS["video"]
    known = {codec.parameters.get("profile-level-id") for codec in table}
    used = [codec.payloadType or 0 for codec in table]
    for profile in (each for each in H264_PROFILES if each not in known):
        payload_type = max(used) + 1
        if payload_type + 1 > _LAST_DYNAMIC_PAYLOAD_TYPE:
            raise RuntimeError("no payload type is left for another H.264 profile")
        used += (payload_type, payload_type + 1)
        table += [
            RTCRtpCodecParameters(
                mimeType="video/H264",
                clockRate=90_000,
                payloadType=payload_type,
                rtcpFeedback=[
                    RTCRtcpFeedback(type="nack"),
                    RTCRtcpFeedback(type="nack", parameter="pli"),
                ],
                parameters={
                    "level-asymmetry-allowed": "1",
                    "packetization-mode": "1",
                    "profile-level-id": profile,
                },
            ),
            RTCRtpCodecParameters(
                mimeType="video/rtx",
                clockRate=90_000,
                payloadType=payload_type + 1,
                parameters={"apt": payload_type},
            ),
        ]


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """Where media leaves: the address that is bound, and the one that is told to viewers."""

    host: str
    public_ip: str = ""
    port_min: int = 0
    port_max: int = 0

    @property
    def told(self) -> str:
        """The address in candidates."""
        return self.public_ip or self.host


def answer_only_with(peer: RTCPeerConnection, address: MediaAddress) -> None:
    """Gather the configured address only. Call between the offer and the answer."""
    for transport in getattr(peer, _ICE_TRANSPORTS):
        connection: Connection = transport._connection
        connection.get_component_candidates = partial(  # type: ignore[method-assign]  # no hook
            _gather, connection, address
        )


async def _gather(
    connection: Connection,
    address: MediaAddress,
    component: int,
    addresses: Sequence[str],
    timeout: int = 5,
) -> list[Candidate]:
    protocol = await _bind(connection, address)
    bound = protocol.transport.get_extra_info("sockname")
    udp: socket.socket | None = protocol.transport.get_extra_info("socket")
    if udp is not None:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    protocol.local_candidate = Candidate(
        foundation=candidate_foundation("host", "udp", address.told),
        component=component,
        transport="udp",
        priority=candidate_priority(component, "host"),
        host=address.told,
        port=bound[1],
        type="host",
    )
    connection._protocols.append(protocol)
    return [protocol.local_candidate]


async def _bind(connection: Connection, address: MediaAddress) -> StunProtocol:
    ports: list[int] = [0]
    if address.port_min:
        every = range(address.port_min, address.port_max + 1)
        ports = random.sample(every, min(len(every), _PORT_ATTEMPTS))
    loop = asyncio.get_running_loop()
    refused: OSError | None = None
    for port in ports:
        try:
            _, protocol = await loop.create_datagram_endpoint(
                lambda: StunProtocol(connection), local_addr=(address.host, port)
            )
        except OSError as error:
            refused = error
        else:
            return protocol
    raise OSError("no UDP port is free for media") from refused


@dataclass(frozen=True, slots=True)
class WireEvents:
    """What a wire tells its owner; all called in the event loop."""

    ready: Callable[[], None]
    nack: Callable[[list[int]], None]
    keyframe_wanted: Callable[[], None]
    loss_reported: Callable[[float], None]


class RtpWire:
    """The way out of one transceiver: ready-made RTP packets in, protected datagrams out.

    Takes the place of RTCRtpSender's media task; its RTCP task goes on and sends our figures.
    """

    def __init__(self, sender: RTCRtpSender, events: WireEvents) -> None:
        for name in _SENDER_NAMES:
            if not hasattr(sender, name):
                raise RuntimeError(f"aiortc has changed: RTCRtpSender lacks {name}")
        self._sender = sender
        self._events = events
        self._stock_rtcp = sender._handle_rtcp_packet
        self._ready = False
        self.payload_type = -1
        self.rtx_payload_type: int | None = None
        self.ssrc: int = sender._ssrc
        self.rtx_ssrc: int = sender._rtx_ssrc
        sender._run_rtp = self._run_rtp  # type: ignore[method-assign]  # there is no hook for it
        sender._handle_rtcp_packet = self._on_rtcp  # type: ignore[method-assign]  # likewise

    @property
    def ready(self) -> bool:
        """True while DTLS is up."""
        return self._ready and self._sender.transport._state is State.CONNECTED

    def send(self, packets: Sequence[bytes]) -> bool:
        """Protect and write at once; False when there is no way or the socket is full."""
        dtls = self._sender.transport
        if not self._ready or dtls._state is not State.CONNECTED:
            return False
        pair = dtls.transport._connection._nominated.get(1)
        if pair is None:
            return False
        transport = pair.protocol.transport
        # typeshed has it on write transports only; asyncio and uvloop have it here too
        unsent: Callable[[], int] = transport.get_write_buffer_size  # type: ignore[attr-defined]
        if unsent() > MOST_UNSENT_BYTES:
            return False
        protect, address = dtls._tx_srtp.protect, pair.remote_addr
        for packet in packets:
            transport.sendto(protect(packet), address)
        return True

    def tell_report(self, timestamp: int, packets: int, octets: int) -> None:
        """What the next sender report says: the newest RTP timestamp, totals so far."""
        sender = self._sender
        setattr(sender, _NTP, clock.current_ntp_time())
        setattr(sender, _RTP_TIME, timestamp)
        setattr(sender, _PACKETS, packets)
        setattr(sender, _OCTETS, octets)

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        sender = self._sender
        getattr(sender, _STARTED).set()
        assert codec.payloadType is not None
        self.payload_type = codec.payloadType
        self.rtx_payload_type = getattr(sender, _RTX_PAYLOAD_TYPE)
        self._ready = True
        try:
            self._events.ready()
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            log.debug("a wire was stopped")
        finally:
            self._ready = False
            # RTCRtpSender.stop() waits for this
            getattr(sender, _EXITED).set()

    async def _on_rtcp(self, packet: Any) -> None:
        """An exception here would end the whole connection's reading, so none may leave."""
        try:
            if isinstance(packet, rtp.RtcpRtpfbPacket) and packet.fmt == rtp.RTCP_RTPFB_NACK:
                self._events.nack(packet.lost)
            elif isinstance(packet, rtp.RtcpPsfbPacket) and packet.fmt in (
                rtp.RTCP_PSFB_PLI,
                rtp.RTCP_PSFB_FIR,
            ):
                self._events.keyframe_wanted()
            elif isinstance(packet, rtp.RtcpRrPacket | rtp.RtcpSrPacket):
                await self._stock_rtcp(packet)
                for report in packet.reports:
                    if report.ssrc == self.ssrc:
                        self._events.loss_reported(report.fraction_lost / 256)
        except Exception:
            log.exception("an RTCP packet was not handled")
