"""One feed for many listeners: join, replay, loss of ingest, a new run."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from huiyan_kit import subjects
from huiyan_kit.bus.local import LocalBus
from huiyan_media.access_unit import AccessUnit
from huiyan_relay.feed import FeedKey, TrackFeed
from huiyan_relay.hub import Hub
from huiyan_relay.metrics import RelayMetrics
from huiyan_relay.outgoing_unit import OutgoingUnit
from huiyan_testing.grant_signer import TOWN
from huiyan_testing.media_publisher import Clip, MediaPublisher
from prometheus_client import CollectorRegistry

KEY = FeedKey(TOWN, "cam_one", "main")
LINGER_S = 0.2


class Collector:
    """A listener that keeps what it gets."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.bursts: list[int] = []
        self.feed: TrackFeed | None = None
        self._came = asyncio.Event()

    def catch_up(self, units: Sequence[OutgoingUnit]) -> None:
        self.bursts.append(len(units))
        self.units += [unit.au for unit in units]
        self._came.set()

    def live(self, unit: OutgoingUnit) -> None:
        self.units.append(unit.au)
        self._came.set()

    def feed_changed(self) -> None:
        self._came.set()

    async def until(self, count: int, timeout_s: float = 5.0) -> None:
        async with asyncio.timeout(timeout_s):
            while len(self.units) < count:
                self._came.clear()
                await self._came.wait()


class WatchedBus(LocalBus):
    """Knows what was asked of it: so that a test waits for that, and not for some time."""

    def __init__(self) -> None:
        self.asked = self.silence_seen = 0
        super().__init__()

    async def request(self, subject: str, payload: bytes, *, timeout_s: float = 2.0) -> bytes:
        self.asked += 1
        return await super().request(subject, payload, timeout_s=timeout_s)

    @property
    def silent_for_s(self) -> float:
        self.silence_seen += self._silent_for_s > 0
        return self._silent_for_s

    @silent_for_s.setter
    def silent_for_s(self, seconds: float) -> None:
        self._silent_for_s = seconds


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def bus() -> AsyncIterator[WatchedBus]:
    local = WatchedBus()
    yield local
    await local.close()


@pytest.fixture
async def hub(bus: LocalBus) -> AsyncIterator[Hub]:
    opened = Hub(bus, "relay-00000001", RelayMetrics(CollectorRegistry()), linger_s=LINGER_S)
    watching = asyncio.create_task(opened.watch_bus())
    yield opened
    await opened.close()
    watching.cancel()


@pytest.fixture
async def camera(bus: LocalBus, clip: Clip) -> AsyncIterator[MediaPublisher]:
    publisher = MediaPublisher(bus, "cam_one", clip)
    await publisher.start()
    yield publisher
    await publisher.stop()


def assert_in_order(units: list[AccessUnit]) -> None:
    """Once each, in order, from a keyframe on; a gap only before a marked keyframe."""
    assert units[0].keyframe
    for before, after in itertools.pairwise(units):
        if (after.run_id, after.au_seq) != (before.run_id, before.au_seq + 1):
            assert (after.run_id, after.au_seq) > (before.run_id, before.au_seq)
            assert after.keyframe
            assert after.discontinuity


async def test_gop_and_live_flow_join(hub: Hub, camera: MediaPublisher) -> None:
    collector = Collector()
    await camera.has_units(10)
    hub.join(KEY, collector)
    await collector.until(40)
    assert collector.bursts[0] >= 8
    assert_in_order(collector.units)


async def test_second_listener_costs_no_demand(hub: Hub, camera: MediaPublisher) -> None:
    first, second = Collector(), Collector()
    feed = hub.join(KEY, first)
    await first.until(10)
    assert hub.join(KEY, second) is feed
    assert feed.cached()[0].au.keyframe
    await second.until(3)
    assert camera.gops_asked == 1


async def test_waits_for_ingest_and_goes_on(bus: WatchedBus, hub: Hub, clip: Clip) -> None:
    collector = Collector()
    feed = hub.join(KEY, collector)
    await until(lambda: bus.asked > 0)
    assert not feed.flowing
    camera = MediaPublisher(bus, "cam_one", clip)
    await camera.start()
    await collector.until(30)
    assert feed.flowing
    assert_in_order(collector.units)
    await camera.stop()


async def test_new_run_is_a_discontinuity(hub: Hub, camera: MediaPublisher) -> None:
    collector = Collector()
    hub.join(KEY, collector)
    await collector.until(10)
    camera.new_run()
    await collector.until(len(collector.units) + 30)
    assert {unit.run_id for unit in collector.units} == {1, 2}
    assert_in_order(collector.units)


async def test_asks_at_once_when_the_bus_is_back(
    bus: WatchedBus, hub: Hub, camera: MediaPublisher
) -> None:
    collector = Collector()
    hub.join(KEY, collector)
    await collector.until(5)
    asked = camera.gops_asked
    bus.silent_for_s = 3.0
    await until(lambda: bus.silence_seen > 0)
    bus.silent_for_s = 0.0
    back_at = time.monotonic()
    await until(lambda: camera.gops_asked > asked)
    assert time.monotonic() - back_at < 0.5
    await collector.until(len(collector.units) + 20)
    assert_in_order(collector.units)


async def test_idle_feed_closes(bus: LocalBus, hub: Hub, camera: MediaPublisher) -> None:
    collector = Collector()
    feed = hub.join(KEY, collector)
    await collector.until(3)
    hub.leave(feed, collector)
    hub.join(KEY, collector)
    # Timers fire in order: the hub's own is over by then.
    lingered = asyncio.Event()
    asyncio.get_running_loop().call_later(LINGER_S, lingered.set)
    await lingered.wait()
    assert len(hub) == 1
    hub.leave(feed, collector)
    await until(lambda: not len(hub) and not bus.readers)
    assert not bus.readers


async def test_garbage_on_the_bus_is_counted(
    bus: LocalBus, hub: Hub, camera: MediaPublisher
) -> None:
    collector = Collector()
    hub.join(KEY, collector)
    await collector.until(5)
    for garbage in (b"", b"\x01", bytes(4096), b"\xff" * 39):
        await bus.publish(subjects.media(TOWN, "cam_one", "main"), garbage)
    await collector.until(len(collector.units) + 10)
    assert_in_order(collector.units)
