"""How sessions go on, are renewed, and end."""

import asyncio
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from huiyan.ingest.v1.camera_pb2 import CameraRow
from huiyan.relay.v1.view_pb2 import ViewEnded, ViewStarted
from huiyan_kit import subjects
from huiyan_kit.bus.api import Message
from huiyan_kit.bus.local import LocalBus
from huiyan_testing.grant_signer import TOWN
from huiyan_testing.media_publisher import Clip, MediaPublisher
from huiyan_testing.whep_viewer import WhepError, WhepViewer

if TYPE_CHECKING:
    from conftest import Harness, MakeRelay

FRAGMENT = "application/trickle-ice-sdpfrag"


async def ended(viewer: WhepViewer, timeout_s: float = 5.0) -> str:
    message = await viewer.wait_for(lambda message: message["type"] == "ended", timeout_s)
    return str(message["reason"])


def open_viewer(harness: "Harness", token: str) -> WhepViewer:
    return WhepViewer(harness.whep("cam_one"), token, channel_url=harness.channel_url)


@pytest.mark.parametrize("kind", ["grant", "session", "principal", "camera"])
async def test_revocation_ends_the_picture(
    harness: "Harness", camera: MediaPublisher, kind: str
) -> None:
    grant = harness.signer.grant("cam_one")
    other = harness.signer.token("cam_one", sub="prn_b", sid="s2")
    subject = {
        "grant": grant.jti,
        "session": grant.sid,
        "principal": grant.sub,
        "camera": "cam_one",
    }[kind]
    async with (
        open_viewer(harness, harness.signer.sign(grant)) as viewer,
        open_viewer(harness, other) as bystander,
    ):
        await viewer.wait_units(3)
        await bystander.wait_units(3)
        revoked_at = time.monotonic()
        await harness.revoke(kind, subject)
        assert await ended(viewer) == "revoked"
        assert time.monotonic() - revoked_at < 2
        count = viewer.tiles[0].counter.units
        if kind == "camera":
            assert await ended(bystander) == "revoked"
            return
        await bystander.wait_units(bystander.tiles[0].counter.units + 20)
        assert viewer.tiles[0].counter.units <= count + 2
        assert len(harness.relay.sessions) == 1


async def test_expiry_and_renewal(harness: "Harness", camera: MediaPublisher) -> None:
    now = int(time.time())
    short = harness.signer.grant("cam_one", exp=now + 2)
    longer = short.model_copy(update={"exp": now + 4})
    async with open_viewer(harness, harness.signer.sign(short)) as viewer:
        await viewer.wait_units(3)
        await viewer.send({"type": "grant", "token": harness.signer.sign(longer)})
        assert await ended(viewer, 8) == "expired"
    assert 3.9 <= time.time() - now <= 6


async def test_out_of_touch(harness: "Harness", camera: MediaPublisher) -> None:
    assert isinstance(harness.bus, LocalBus)
    plain = harness.signer.token("cam_one")
    own = harness.signer.token("cam_one", own=True, sub="prn_own")
    async with open_viewer(harness, plain) as stranger, open_viewer(harness, own) as family:
        await stranger.wait_units(3)
        harness.bus.silent_for_s = 9.0
        # Longer than the sweep that would end it takes to come round.
        await stranger.wait_units(stranger.tiles[0].counter.units + 20)
        assert not [each for each in stranger.messages if each["type"] == "ended"]
        harness.bus.silent_for_s = 11.0
        assert await ended(stranger) == "moved"
        with pytest.raises(WhepError) as refused:
            async with open_viewer(harness, plain):
                pass
        assert (refused.value.status, refused.value.code) == (503, "out_of_touch")
        await family.wait_units(family.tiles[0].counter.units + 10)
        harness.bus.silent_for_s = 0.0


async def test_camera_off(harness: "Harness", camera: MediaPublisher) -> None:
    async with open_viewer(harness, harness.signer.token("cam_one")) as viewer:
        await viewer.wait_units(3)
        await camera.put_row(CameraRow(town=TOWN, camera="cam_one", off=True))
        assert await ended(viewer) == "camera_off"


async def test_session_belongs_to_its_grant(harness: "Harness", camera: MediaPublisher) -> None:
    mine = harness.signer.grant("cam_one")
    other = harness.signer.token("cam_one", sub="prn_b")
    stolen = harness.signer.token("cam_one", sub="prn_b", jti=mine.jti)
    async with open_viewer(harness, harness.signer.sign(mine)) as viewer:
        await viewer.wait_units(3)
        async with httpx.AsyncClient() as client:
            for token in (other, stolen):
                bearer = {"Authorization": f"Bearer {token}"}
                answer = await client.delete(viewer.session_url, headers=bearer)
                assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
                answer = await client.patch(
                    viewer.session_url,
                    content=b"",
                    headers=bearer | {"Content-Type": FRAGMENT, "If-Match": viewer.etag},
                )
                assert answer.status_code == 403
            assert (await client.delete(viewer.session_url)).status_code == 401
        await viewer.wait_units(viewer.tiles[0].counter.units + 5)


async def test_patch(harness: "Harness", camera: MediaPublisher) -> None:
    token = harness.signer.token("cam_one")
    async with open_viewer(harness, token) as viewer, httpx.AsyncClient() as client:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": FRAGMENT}
        candidate = b"a=candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host\r\n"
        cases = [
            ({"If-Match": viewer.etag}, candidate, 204),
            ({"If-Match": viewer.etag}, b"", 204),
            ({"If-Match": '"other"'}, candidate, 412),
            ({}, candidate, 412),
            ({"If-Match": "*"}, candidate, 422),
            ({"If-Match": viewer.etag}, b"a=ice-ufrag:zzzz\r\n", 422),
            ({"If-Match": viewer.etag}, b"\xff\xff", 400),
            ({"If-Match": viewer.etag}, b"garbage", 400),
            ({"If-Match": viewer.etag}, b"a=candidate:garbage garbage\r\n", 204),
            ({"If-Match": viewer.etag}, b"a=x\r\n" * 10_000, 413),
        ]
        for extra, body, status in cases:
            answer = await client.patch(viewer.session_url, content=body, headers=headers | extra)
            assert answer.status_code == status, (extra, body[:40], answer.text)
        await viewer.wait_units(viewer.tiles[0].counter.units + 5)
        answer = await client.delete(viewer.session_url, headers=headers)
        assert answer.status_code == 200
        answer = await client.delete(viewer.session_url, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_session")


async def test_limits(make_relay: "MakeRelay", clip: Clip) -> None:
    async with make_relay(max_sessions=3, max_sessions_per_principal=2) as harness:
        camera = MediaPublisher(harness.bus, "cam_one", clip)
        await camera.start()
        tokens = [harness.signer.token("cam_one", sub=sub) for sub in ("a", "a", "b")]
        async with open_viewer(harness, tokens[0]), open_viewer(harness, tokens[1]):
            with pytest.raises(WhepError) as refused:
                async with open_viewer(harness, tokens[0]):
                    pass
            assert (refused.value.status, refused.value.code) == (429, "too_many_sessions")
            async with open_viewer(harness, tokens[2]):
                with pytest.raises(WhepError) as refused:
                    async with open_viewer(harness, harness.signer.token("cam_one", sub="c")):
                        pass
        assert (refused.value.status, refused.value.code) == (503, "too_many")
        await camera.stop()


async def test_drain(make_relay: "MakeRelay", clip: Clip) -> None:
    async with make_relay(drain_grace_s=0.5) as harness:
        camera = MediaPublisher(harness.bus, "cam_one", clip)
        await camera.start()
        async with open_viewer(harness, harness.signer.token("cam_one")) as viewer:
            await viewer.wait_units(3)
            draining = asyncio.create_task(harness.relay.drain())
            assert await ended(viewer) == "moved"
            with pytest.raises(WhepError) as refused:
                async with open_viewer(harness, harness.signer.token("cam_one")):
                    pass
            assert refused.value.code == "draining"
            async with asyncio.timeout(3):
                await draining
        assert len(harness.relay.sessions) == 0
        await camera.stop()


async def test_register_hears_of_looks(harness: "Harness", camera: MediaPublisher) -> None:
    started: list[ViewStarted] = []
    over: list[ViewEnded] = []
    both = asyncio.Event()

    async def on_started(message: Message) -> None:
        started.append(ViewStarted.FromString(message.payload))

    async def on_ended(message: Message) -> None:
        over.append(ViewEnded.FromString(message.payload))
        both.set()

    await harness.bus.consume(subjects.view_started(TOWN), on_started, durable="a")
    await harness.bus.consume(subjects.view_ended(TOWN), on_ended, durable="b")
    grant = harness.signer.grant("cam_one")
    async with open_viewer(harness, harness.signer.sign(grant)) as viewer:
        await viewer.wait_units(20)
    async with asyncio.timeout(5):
        await both.wait()
    assert [(each.grant, each.camera, each.stream) for each in started] == [
        (grant.jti, "cam_one", "main")
    ]
    assert over[0].frames >= 20
    assert over[0].reason == "closed"
    assert over[0].first_frame_at_ns == started[0].first_frame_at_ns
    assert over[0].last_frame_at_ns > over[0].first_frame_at_ns
    assert over[0].event != started[0].event


async def test_feed_closes_after_its_last_viewer(
    harness: "Harness", camera: MediaPublisher
) -> None:
    async with open_viewer(harness, harness.signer.token("cam_one")) as viewer:
        await viewer.wait_units(3)
    left_at = time.monotonic()
    async with asyncio.timeout(6):
        while len(harness.relay.hub):
            await asyncio.sleep(0.05)
    assert 2.5 < time.monotonic() - left_at < 5
