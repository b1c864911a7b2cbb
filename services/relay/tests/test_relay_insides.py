"""Fails when aiortc or aioice changes what aiortc_insides leans on."""

import inspect

from aioice.ice import Connection, StunProtocol
from aiortc import RTCPeerConnection, RTCRtpSender
from aiortc.codecs import CODECS
from aiortc.rtcdtlstransport import RTCDtlsTransport
from huiyan_relay import aiortc_insides
from huiyan_relay.aiortc_insides import H264_PROFILES, MediaAddress, RtpWire, WireEvents


def test_versions_are_known() -> None:
    assert aiortc_insides.check_insides() is None
    assert aiortc_insides.KNOWN_VERSIONS.keys() == {"aiortc", "aioice"}


def test_codecs_are_extended_once() -> None:
    aiortc_insides.extend_codecs()
    before = len(CODECS["video"])
    aiortc_insides.extend_codecs()
    assert len(CODECS["video"]) == before
    profiles = {codec.parameters.get("profile-level-id") for codec in CODECS["video"]}
    assert set(H264_PROFILES) <= profiles
    numbers = [codec.payloadType for codec in CODECS["video"]]
    assert len(set(numbers)) == len(numbers)


async def test_sender_looks_as_expected() -> None:
    source = inspect.getsource(RTCRtpSender)
    assert "asyncio.ensure_future(self._run_rtp(parameters.codecs[0]))" in source
    assert "await asyncio.gather(self.__rtp_exited.wait(), self.__rtcp_exited.wait())" in source
    assert "self._handle_rtcp_packet" not in source
    peer = RTCPeerConnection()
    transceiver = peer.addTransceiver("video", direction="sendonly")
    nothing = WireEvents(lambda: None, lambda _: None, lambda: None, lambda _: None)
    wire = RtpWire(transceiver.sender, nothing)
    assert not wire.ready
    assert not wire.send([b"x"])
    wire.tell_report(1, 2, 3)
    stats = await transceiver.sender.getStats()
    outbound = next(each for each in stats.values() if each.type == "outbound-rtp")
    assert (outbound.packetsSent, outbound.bytesSent) == (2, 3)
    await peer.close()


def test_transports_look_as_expected() -> None:
    dtls = inspect.getsource(RTCDtlsTransport)
    assert "await recipient._handle_rtcp_packet(packet)" in dtls
    assert "self._tx_srtp.protect(data)" in dtls
    ice = inspect.getsource(Connection)
    assert "self.get_component_candidates(component=component, addresses=addresses)" in ice
    assert "self._nominated.get(component)" in ice
    assert "self.transport = " in inspect.getsource(StunProtocol)


async def test_ports_stay_in_their_range() -> None:
    connection = Connection(ice_controlling=False)
    address = MediaAddress("127.0.0.1", "203.0.113.7", 42_000, 42_063)
    candidates = await aiortc_insides._gather(connection, address, 1, [])
    assert [candidate.host for candidate in candidates] == ["203.0.113.7"]
    assert 42_000 <= candidates[0].port <= 42_063
    await connection.close()
