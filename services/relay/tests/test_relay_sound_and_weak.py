"""Sound only where the grant has it; a weak link gets the small stream."""

import time
from typing import TYPE_CHECKING

import httpx
from huiyan_kit.grants import View
from huiyan_media.access_unit import AccessUnit
from huiyan_media.codec import Codec
from huiyan_relay.access import EndReason
from huiyan_relay.audio_tile import AudioTile
from huiyan_relay.outgoing_unit import OutgoingUnit
from huiyan_testing.media_publisher import MediaPublisher
from huiyan_testing.whep_viewer import Impairment, WhepViewer

if TYPE_CHECKING:
    from conftest import Harness

AUDIBLE = View(camera="cam_one", actions=("live", "audio"))


class Packets:
    """Stands for an RtpSender."""

    ready = True

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, int, int | None]] = []

    def send_unit(
        self, payloads: list[bytes], timestamp: int, payload_type: int | None = None
    ) -> int:
        self.sent.append((payloads[0], timestamp, payload_type))
        return len(payloads[0])


def sound(codec: Codec, number: int) -> OutgoingUnit:
    return OutgoingUnit(
        AccessUnit(codec, True, False, number * 160, 1, number, number, None, bytes([number] * 160))
    )


def test_g711_passes_through() -> None:
    packets = Packets()
    tile = AudioTile(packets, {Codec.PCMA}, time.monotonic)
    assert not tile.sounding
    for number in range(3):
        tile.live(sound(Codec.PCMA, number))
        tile.live(sound(Codec.AAC, number))
        tile.live(sound(Codec.PCMU, number))
    assert tile.sounding
    assert [payload_type for _, _, payload_type in packets.sent] == [8, 8, 8]
    stamps = [stamp for _, stamp, _ in packets.sent]
    assert stamps[2] - stamps[1] == stamps[1] - stamps[0] == 160


async def offer_with_sound(url: str, token: str, sdp: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    async with httpx.AsyncClient() as client:
        return await client.post(url, content=sdp, headers=headers)


async def test_sound_needs_the_grant(harness: "Harness", camera: MediaPublisher) -> None:
    silent = harness.signer.token("cam_one")
    audible = harness.signer.token("cam_one", views=[AUDIBLE])
    for token, direction in ((silent, "inactive"), (audible, "sendonly")):
        viewer = WhepViewer(harness.whep("cam_one"), token)
        viewer._peer.addTransceiver("audio", direction="recvonly")
        answered = await offer_with_sound(harness.whep("cam_one"), token, await viewer.offer())
        assert answered.status_code == 201
        section = answered.text.partition("m=audio")[2].partition("m=video")[0]
        assert f"a={direction}" in section
        assert ("opus" in section) == (direction == "inactive")
        await viewer.close()
        assert ("audio" in camera.demands) == (token == audible)
    harness.relay.sessions.end_all(EndReason.CLOSED)


async def test_weak_link_gets_the_small_stream(harness: "Harness", camera: MediaPublisher) -> None:
    viewer = WhepViewer(
        harness.whep("cam_one"),
        harness.signer.token("cam_one"),
        channel_url=harness.channel_url,
        impairment=Impairment(loss=0.3),
    )
    async with viewer:
        weak = await viewer.wait_for(lambda message: message["type"] == "weak", 12)
        assert (weak["tile"], weak["stream"]) == (0, "sub")
        state = await viewer.wait_for(
            lambda message: (
                message["type"] == "state"
                and bool(message["tiles"])
                and message["tiles"][0]["stream"] == "sub"
            )
        )
        assert state["tiles"][0]["camera"] == "cam_one"
        assert camera.demands["sub"] >= 1
