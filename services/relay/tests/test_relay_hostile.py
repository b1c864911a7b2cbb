"""Hostile viewers: never a 500, never an end to somebody else's picture, no memory that grows."""

import asyncio
import gc
import json
import random
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from huiyan_kit.errors import HuiyanError
from huiyan_kit.ids import new_id
from huiyan_relay.offer import Offer, read_offer
from huiyan_relay.trickle import read_fragment
from huiyan_testing.media_publisher import Clip, MediaPublisher
from huiyan_testing.whep_viewer import WhepViewer
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from conftest import Harness, MakeRelay

SDP = {"Content-Type": "application/sdp"}


async def offer_of(tiles: int = 1) -> str:
    viewer = WhepViewer("http://127.0.0.1:9/whep/cam_one/main", "none", tiles=tiles)
    sdp = await viewer.offer()
    await viewer.close()
    return sdp


def mutations(sdp: str, count: int) -> list[bytes]:
    chosen = random.Random(7)
    lines = sdp.split("\r\n")
    results = []
    for _ in range(count):
        changed = list(lines)
        for _ in range(chosen.randint(1, 4)):
            at = chosen.randrange(len(changed))
            match chosen.randrange(5):
                case 0:
                    del changed[at]
                case 1:
                    changed.insert(at, changed[chosen.randrange(len(changed))])
                case 2:
                    changed[at] = changed[at][: chosen.randrange(len(changed[at]) + 1)]
                case 3:
                    changed[at] = changed[at].replace("1", "99999999999999999999")
                case _:
                    changed[at] = "".join(chosen.sample(changed[at], len(changed[at])))
        results.append("\r\n".join(changed).encode())
    return results


async def test_hostile_offers(harness: "Harness", camera: MediaPublisher) -> None:
    good = await offer_of()
    token = harness.signer.token("cam_one")
    handmade = [
        good.replace("m=video", "m=application").encode(),
        (good + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:9\r\n").encode(),
        good.replace("a=recvonly", "a=sendonly").encode(),
        good.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 zz").encode(),
        good.replace("a=ice-pwd:", "a=ice-pwd:!").encode(),
        good.replace("a=mid:0", "a=mid:" + "x" * 5000).encode(),
        good.replace("packetization-mode=1", "packetization-mode=" + "9" * 4000).encode(),
    ]
    statuses: dict[int, int] = {}
    async with (
        WhepViewer(harness.whep("cam_one"), token) as bystander,
        httpx.AsyncClient() as client,
    ):
        await bystander.wait_units(3)
        for body in handmade + mutations(good, 60):
            own = harness.signer.token("cam_one", sub=new_id("prn"))
            headers = SDP | {"Authorization": f"Bearer {own}"}
            answer = await client.post(harness.whep("cam_one"), content=body, headers=headers)
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            if answer.status_code == 201:
                location = harness.url + answer.headers["location"]
                await client.delete(location, headers=headers)
        await bystander.wait_units(bystander.tiles[0].counter.units + 10)
    assert set(statuses) <= {201, 400, 406}, statuses
    assert statuses[400] > 5
    assert len(harness.relay.sessions) == 0


async def test_never_connected_session_ends(make_relay: "MakeRelay", clip: Clip) -> None:
    async with make_relay(connect_timeout_s=0.5) as harness:
        camera = MediaPublisher(harness.bus, "cam_one", clip)
        await camera.start()
        headers = SDP | {"Authorization": f"Bearer {harness.signer.token('cam_one')}"}
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                harness.whep("cam_one"), content=await offer_of(), headers=headers
            )
        assert answer.status_code == 201
        assert len(harness.relay.sessions) == 1
        async with asyncio.timeout(3):
            while len(harness.relay.sessions):
                await asyncio.sleep(0.02)
        await camera.stop()


async def test_answer_shows_the_configured_address_only(
    harness: "Harness", camera: MediaPublisher
) -> None:
    async with WhepViewer(harness.whep("cam_one"), harness.signer.token("cam_one")) as viewer:
        lines = viewer.answer.splitlines()
    candidates = [line for line in lines if line.startswith("a=candidate")]
    assert len(candidates) == 1
    assert candidates[0].split()[4] == "127.0.0.1"
    rtpmaps = [line.split(" ", 1)[1] for line in lines if line.startswith("a=rtpmap")]
    assert set(rtpmaps) == {"H264/90000", "rtx/90000"}


GARBAGE = [
    "",
    "{",
    "null",
    "[]",
    '"grant"',
    '{"type":"grant"}',
    '{"type":"tile","tile":-1}',
    '{"type":"tile","tile":99,"camera":"cam_one","stream":"sub","seq":1}',
    '{"type":"tile","tile":0,"camera":"a.b.>","stream":"sub","seq":1}',
    '{"type":"ping","t":NaN}',
    '{"type":"ping","t":"x"}',
    "[" * 20_000,
    "x" * 60_000,
]


async def test_channel_garbage(harness: "Harness", camera: MediaPublisher) -> None:
    token = harness.signer.token("cam_one")
    viewer = WhepViewer(harness.whep("cam_one"), token, channel_url=harness.channel_url)
    async with viewer:
        await viewer.wait_units(3)
        session = viewer.session_url.rpartition("/")[2]
        for first in [*GARBAGE, b"\x00\xff", '{"type":"bye"}', '{"type":"grant","token":"x"}']:
            socket = await connect(f"{harness.channel_url}/{session}")
            await socket.send(first)
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 3)
            assert socket.close_code in (4400, 4401)
        socket = await connect(f"{harness.channel_url}/{session}")
        await socket.send(json.dumps({"type": "grant", "token": token}))
        for message in GARBAGE:
            await socket.send(message)
        await socket.send('{"type":"ping","t":5}')
        async with asyncio.timeout(3):
            async for text in socket:
                if json.loads(text)["type"] == "pong":
                    break
        await socket.close()
        gone = await connect(f"{harness.channel_url}/whp_gone")
        await gone.send(json.dumps({"type": "grant", "token": token}))
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(gone.recv(), 3)
        assert gone.close_code == 4404
        await viewer.wait_units(viewer.tiles[0].counter.units + 10)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def test_stalled_viewers(harness: "Harness", camera: MediaPublisher) -> None:
    token = harness.signer.token("cam_one")
    stalled = [WhepViewer(harness.whep("cam_one"), token, stalled=True) for _ in range(30)]
    for viewer in stalled:
        await viewer.connect()
    async with WhepViewer(harness.whep("cam_one"), token) as good:
        await good.wait_units(25)
        gc.collect()
        memory, units, published = resident_mb(), good.tiles[0].counter.units, camera.published
        await good.wait_units(units + 100, timeout_s=15)
        seen = good.tiles[0].counter.units - units
        assert seen >= 0.95 * (camera.published - published) - 3
        assert resident_mb() - memory < 15
    assert all(viewer.tiles[0].counter.units == 0 for viewer in stalled)
    await asyncio.gather(*(viewer.close() for viewer in stalled))


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_readers_raise_only_their_own(body: bytes) -> None:
    for reader in (read_offer, read_fragment):
        try:
            assert reader(body, loopback=False) is not None
        except HuiyanError as error:
            assert error.status in (400, 406)


async def test_candidates_are_filtered() -> None:
    good = await offer_of()
    lines = [
        "a=candidate:1 1 udp 1 8c1f-1.local 9000 typ host",
        "a=candidate:2 1 udp 1 127.0.0.1 9000 typ host",
        "a=candidate:3 1 tcp 1 192.0.2.1 9 typ host tcptype active",
        "a=candidate:4 1 udp 1 192.0.2.1 9000 typ host",
        "a=candidate:5 1 udp 1 224.0.0.1 9000 typ host",
        "a=candidate:6 1 udp 1 192.0.2.1 0 typ host",
        "a=candidate:7 1 udp 1 169.254.169.254 80 typ host",
    ]
    base = "\r\n".join(line for line in good.splitlines() if not line.startswith("a=candidate"))
    offer: Offer = read_offer((base + "\r\n" + "\r\n".join(lines)).encode(), loopback=False)
    kept = [line for line in offer.sdp.splitlines() if line.startswith("a=candidate")]
    assert kept == [lines[3]]
    assert "end-of-candidates" not in offer.sdp
