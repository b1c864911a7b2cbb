"""A real viewer over loopback UDP: pictures from the bus."""

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from huiyan_testing.media_publisher import Clip, MediaPublisher
from huiyan_testing.scenes.bar import read_bar
from huiyan_testing.whep_viewer import Impairment, WhepViewer, watch

if TYPE_CHECKING:
    from conftest import Harness


async def test_every_unit_arrives(harness: "Harness", camera: MediaPublisher) -> None:
    token = harness.signer.token(camera.camera)
    result = await watch(harness.whep(camera.camera), token, 2.0)
    assert result.first_frame_ms is not None
    assert result.first_frame_ms < 1500
    assert result.frames >= 45
    assert result.lost == 0


async def test_many_viewers_are_one_demand(harness: "Harness", camera: MediaPublisher) -> None:
    token = harness.signer.token(camera.camera)
    async with (
        WhepViewer(harness.whep(camera.camera), token) as one,
        WhepViewer(harness.whep(camera.camera), token) as two,
    ):
        await one.wait_units(30)
        await two.wait_units(30)
    assert len(harness.relay.hub) == 1
    assert camera.gops_asked == 1
    assert camera.demands["main"] <= 2


async def test_pictures_are_those_of_the_camera(harness: "Harness", camera: MediaPublisher) -> None:
    seen: list[int | None] = []

    def look(_: int, luma: "np.ndarray[Any, np.dtype[np.uint8]]") -> None:
        reading = read_bar(luma)
        seen.append(reading.camera if reading else None)

    token = harness.signer.token(camera.camera)
    async with WhepViewer(harness.whep(camera.camera), token, on_picture=look) as viewer:
        await viewer.wait_units(40)
    assert len(seen) >= 30
    assert set(seen) == {1}


async def test_loss_is_repaired(harness: "Harness", camera: MediaPublisher) -> None:
    link = Impairment(loss=0.05, round_trip_s=0.15)
    token = harness.signer.token(camera.camera)
    viewer = WhepViewer(harness.whep(camera.camera), token, decode=True, impairment=link)
    async with viewer:
        await viewer.wait_units(25)
        before, published = viewer.tiles[0].pictures, camera.published
        await viewer.wait_units(125, timeout_s=15)
        shown = viewer.tiles[0].pictures - before
        assert "rtx" in viewer.answer
        assert shown >= 0.8 * (camera.published - published)
    assert harness.relay.metrics.retransmits._value.get() > 0


async def test_a_tile_changes_its_camera(
    harness: "Harness", camera: MediaPublisher, other_clip: Clip
) -> None:
    other = MediaPublisher(harness.bus, "cam_two", other_clip)
    await other.start()
    shown: list[tuple[float, int, int | None]] = []
    sent_before: set[int] = set()

    def look(tile: int, luma: "np.ndarray[Any, np.dtype[np.uint8]]") -> None:
        reading = read_bar(luma)
        shown.append((time.monotonic(), tile, reading.camera if reading else None))

    token = harness.signer.token("cam_one", "cam_two", kind="wall")
    viewer = WhepViewer(
        f"{harness.url}/whep/wall?tiles=cam_one:sub,cam_two:sub",
        token,
        tiles=2,
        on_picture=look,
        channel_url=harness.channel_url,
        on_unit=lambda tile, timestamp: sent_before.add(timestamp) if tile == 0 else None,
    )
    async with viewer:
        await viewer.wait_units(20, tile=0)
        await viewer.wait_units(20, tile=1)
        asked = time.monotonic()
        await viewer.send(
            {"type": "tile", "tile": 0, "camera": "cam_two", "stream": "sub", "seq": 5}
        )
        switched = await viewer.wait_for(lambda message: message["type"] == "switched")
        assert switched["seq"] == 5
        # Frames up to this timestamp are of the camera before: the page shows none of them.
        assert switched["after"] in sent_before
        await viewer.wait_units(viewer.tiles[0].counter.units + 20, tile=0)
        state = await viewer.wait_for(
            lambda message: (
                message["type"] == "state"
                and message["tiles"][0]["camera"] == "cam_two"
                and message["tiles"][0]["rtp"] is not None
            )
        )
    await other.stop()
    assert state["tiles"][0]["state"] == "live"
    first = {camera for at, tile, camera in shown if tile == 0 and at < asked}
    last = [at for at, tile, camera in shown if tile == 0 and camera == 2]
    assert first == {1}
    assert last
    assert min(last) - asked < 0.5
    assert {camera for _, tile, camera in shown if tile == 1} == {2}


async def test_state_names_the_newest_unit(harness: "Harness", camera: MediaPublisher) -> None:
    stamps: set[int] = set()
    token = harness.signer.token(camera.camera)
    viewer = WhepViewer(
        harness.whep(camera.camera),
        token,
        channel_url=harness.channel_url,
        on_unit=lambda _, timestamp: stamps.add(timestamp),
    )
    async with viewer:
        await viewer.wait_units(60)
        told = [message for message in viewer.messages if message["type"] == "state"]
        await viewer.wait_units(65)
    tile = told[-1]["tiles"][0]
    assert tile["state"] == "live"
    assert tile["rtp"] in stamps
    assert abs(told[-1]["now"] - tile["captured_at"]) < 500
