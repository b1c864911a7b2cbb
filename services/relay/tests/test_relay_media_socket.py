"""The fallback: fragmented MP4 over a WebSocket, decodable, bounded, under the same grants."""

import asyncio
import io
import itertools
import json
from typing import TYPE_CHECKING, Any

import av
import pytest
from huiyan_media.access_unit import AccessUnit
from huiyan_media.codec import Codec
from huiyan_relay.fragmenter import Fragmenter
from huiyan_testing.media_publisher import Clip, MediaPublisher
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from conftest import Harness


async def open_media(harness: "Harness", token: str, stream: str = "main") -> ClientConnection:
    socket = await connect(f"ws://127.0.0.1:{harness.port}/media/cam_one/{stream}", max_size=None)
    await socket.send(json.dumps({"type": "grant", "token": token}))
    return socket


async def read_until(socket: ClientConnection, pieces: int) -> tuple[list[dict[str, Any]], bytes]:
    texts: list[dict[str, Any]] = []
    media = b""
    count = 0
    async with asyncio.timeout(10):
        async for message in socket:
            if isinstance(message, str):
                texts.append(json.loads(message))
            else:
                media += message
                count += 1
                if count >= pieces:
                    break
    return texts, media


async def test_fragments_can_be_decoded(harness: "Harness", camera: MediaPublisher) -> None:
    await camera.has_units(10)
    socket = await open_media(harness, harness.signer.token("cam_one"))
    texts, media = await read_until(socket, 30)
    await socket.close()
    init = next(text for text in texts if text["type"] == "init")
    assert init["mime"].startswith('video/mp4; codecs="avc1.42')
    assert (init["width"], init["height"]) == (320, 180)
    states = [text for text in texts if text["type"] == "state"]
    assert states[-1]["tiles"][0]["state"] == "live"
    with av.open(io.BytesIO(media)) as container:
        times = [frame.pts for frame in container.decode(video=0)]
    assert len(times) >= 28
    steps = {after - before for before, after in itertools.pairwise(times)}
    assert steps == {3600}


async def test_revocation_and_bad_tokens(harness: "Harness", camera: MediaPublisher) -> None:
    grant = harness.signer.grant("cam_one")
    socket = await open_media(harness, harness.signer.sign(grant))
    await read_until(socket, 3)
    await harness.revoke("grant", grant.jti)
    ended = []
    async with asyncio.timeout(3):
        async for message in socket:
            if isinstance(message, str) and json.loads(message)["type"] == "ended":
                ended.append(json.loads(message))
    assert ended == [{"type": "ended", "reason": "revoked"}]
    for token, code in (("nonsense", 4401), (harness.signer.token("cam_two"), 4403)):
        refused = await open_media(harness, token)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(refused.recv(), 3)
        assert refused.close_code == code
    assert len(harness.relay.sessions) == 0


async def test_slow_socket_drops_to_the_next_keyframe(
    harness: "Harness", camera: MediaPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huiyan_relay.media_socket.MOST_WAITING_BYTES", 30_000)
    token = harness.signer.token("cam_one")
    slow = await open_media(harness, token)
    slow.transport.pause_reading()
    # The kernel takes megabytes before the socket is slow: send faster than a camera does.
    dropped = harness.relay.metrics.units_dropped.labels("queue_full")
    feed = next(iter(harness.relay.hub.feeds()), None)
    async with asyncio.timeout(10):
        while feed is None or not feed.cached():
            await asyncio.sleep(0.02)
            feed = next(iter(harness.relay.hub.feeds()), None)
        while dropped._value.get() == 0:
            for listener in list(feed.listeners):
                listener.catch_up(feed.cached())
            await asyncio.sleep(0)
    slow.transport.resume_reading()
    texts, _ = await read_until(slow, 40)
    slow.transport.abort()
    assert dropped._value.get() > 0
    assert texts


def units_of(clip: Clip, times: list[int]) -> list[AccessUnit]:
    return [
        AccessUnit(Codec.H264, clip[at][1], False, time, 1, at, at, None, clip[at][0])
        for at, time in enumerate(times)
    ]


def test_fragmenter_has_no_holes(clip: Clip) -> None:
    fragmenter = Fragmenter()
    first = units_of(clip, [0, 3600, 7200])
    init = fragmenter.init_for(first[0])
    assert init is not None
    assert fragmenter.init_for(first[0]) is None
    pieces = [init.segment, fragmenter.fragment(first)]
    fragmenter.skip()
    pieces.append(fragmenter.fragment(units_of(clip, [9_000_000])))
    assert fragmenter.newest == 3 * 3600
    with av.open(io.BytesIO(b"".join(pieces))) as container:
        assert [packet.pts for packet in container.demux(video=0) if packet.size] == [
            0,
            3600,
            7200,
            10800,
        ]


def test_fragmenter_tells_of_a_new_format(clip: Clip, small_clip: Clip) -> None:
    fragmenter = Fragmenter()
    assert fragmenter.init_for(units_of(clip, [0])[0]) is not None
    changed = fragmenter.init_for(units_of(small_clip, [0])[0])
    assert changed is not None
    assert (changed.width, changed.height) == (176, 96)
