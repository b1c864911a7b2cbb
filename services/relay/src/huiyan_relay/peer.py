"""One WebRTC connection to one viewer: negotiation by aiortc, one RtpSender for each section."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from aiortc.sdp import candidate_from_sdp
from huiyan_kit.errors import ErrorKind, HuiyanError

from huiyan_relay.aiortc_insides import MediaAddress, RtpWire, WireEvents, answer_only_with
from huiyan_relay.offer import Offer
from huiyan_relay.rtp_sender import RtpSender

log = logging.getLogger(__name__)
_PREFERRED_PROFILES = ("64001f", "640c1f", "4d001f", "42e01f", "42001f")
_G711 = ("audio/PCMA", "audio/PCMU")


@dataclass(frozen=True, slots=True)
class PeerEvents:
    """What a peer tells its session; `place` counts video sections from 0."""

    ready: Callable[[int], None]
    keyframe_wanted: Callable[[int], None]
    nacked: Callable[[int, list[int]], None]
    loss_reported: Callable[[int, float], None]
    lost: Callable[[], None]


class Peer:
    """Sends to one viewer; receives nothing but feedback."""

    def __init__(
        self, offer: Offer, address: MediaAddress, events: PeerEvents, *, with_audio: bool
    ) -> None:
        """With `with_audio` an offered audio section gets G.711, else it stays silent."""
        self._offer = offer
        self._address = address
        self._events = events
        # An empty list: None would mean a public STUN server.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.on("connectionstatechange", self._on_state)
        self._first_mid: str | None = None
        self.senders = [self._add_video(place) for place in range(offer.video_sections)]
        self.audio: RtpSender | None = None
        if offer.has_audio:
            self.audio = self._add_audio(sounding=with_audio and bool(offer.g711))

    def _add_video(self, place: int) -> RtpSender:
        transceiver = self._connection.addTransceiver("video", direction="sendonly")
        transceiver.setCodecPreferences(_h264_preferences())
        return self._wire_up(transceiver.sender, place)

    def _add_audio(self, *, sounding: bool) -> RtpSender | None:
        if not sounding:
            self._connection.addTransceiver("audio", direction="inactive")
            return None
        transceiver = self._connection.addTransceiver("audio", direction="sendonly")
        offered = RTCRtpSender.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([each for each in offered if each.mimeType in _G711])
        nothing = WireEvents(lambda: None, lambda _: None, lambda: None, lambda _: None)
        return RtpSender(RtpWire(transceiver.sender, nothing), marks_units=False)

    def _wire_up(self, sender: RTCRtpSender, place: int) -> RtpSender:
        events = self._events
        wire = RtpWire(
            sender,
            WireEvents(
                ready=lambda: events.ready(place),
                nack=lambda lost: events.nacked(place, lost),
                keyframe_wanted=lambda: events.keyframe_wanted(place),
                loss_reported=lambda loss: events.loss_reported(place, loss),
            ),
        )
        return RtpSender(wire)

    async def answer(self) -> str:
        """Negotiate; HuiyanError BAD_REQUEST for what aiortc cannot read."""
        peer = self._connection
        try:
            await peer.setRemoteDescription(RTCSessionDescription(self._offer.sdp, "offer"))
            answer_only_with(peer, self._address)
            answer = await peer.createAnswer()
            self._first_mid = peer.getTransceivers()[0].mid
        except Exception as error:
            # aiortc's SDP reader raises whatever its line of code happens to raise.
            log.debug("an offer was refused: %s", type(error).__name__)
            await self.close()
            raise HuiyanError(
                ErrorKind.BAD_REQUEST, "播放请求的格式不对", "Bad SDP offer", code="bad_sdp"
            ) from error
        try:
            await peer.setLocalDescription(answer)
        except OSError as error:
            await self.close()
            raise HuiyanError(
                ErrorKind.UNAVAILABLE,
                "服务器没有空闲的端口，请稍后再试",
                "No media port is free; try again later",
                code="no_port",
            ) from error
        return str(peer.localDescription.sdp)

    async def add_candidate(self, candidate: str) -> None:
        """Take one trickled candidate (already checked)."""
        parsed = candidate_from_sdp(candidate)
        parsed.sdpMid = self._first_mid
        await self._connection.addIceCandidate(parsed)

    def _on_state(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self._events.lost()

    async def close(self) -> None:
        """Leave; idempotent."""
        await self._connection.close()


def _h264_preferences() -> list[RTCRtpCodecCapability]:
    """H.264 only, the richest profile first: browsers decode by the SPS, whatever was said."""
    offered = RTCRtpSender.getCapabilities("video").codecs
    h264 = [codec for codec in offered if codec.mimeType == "video/H264"]
    h264.sort(key=lambda codec: _PREFERRED_PROFILES.index(codec.parameters["profile-level-id"]))
    return h264 + [codec for codec in offered if codec.mimeType == "video/rtx"]
