"""One suite for both buses: the local one and real NATS mean the same."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from huiyan_kit.bus.api import Bus, KvKind, Message
from huiyan_kit.bus.buckets import ensure_buckets
from huiyan_kit.bus.local import LocalBus
from huiyan_kit.bus.mirror import KvMirror
from huiyan_kit.bus.nats import connect_bus
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_testing.nats_server import NatsServer

TOWN = "510799101000"
EVENT = f"huiyan.v1.{TOWN}.evt.view.started"


@pytest.fixture(params=["local", "nats"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "local":
        local = LocalBus()
        yield local
        await local.close()
        return
    async with NatsServer() as server:
        over_nats = await connect_bus(server.url, name="test")
        await ensure_buckets(over_nats.jetstream)
        yield over_nats
        await over_nats.close()


async def arrive(queue: "asyncio.Queue[Message]") -> Message:
    async with asyncio.timeout(5):
        return await queue.get()


async def test_publish_reaches_every_reader_in_order(bus: Bus) -> None:
    first: asyncio.Queue[Message] = asyncio.Queue()
    second: asyncio.Queue[Message] = asyncio.Queue()
    await bus.subscribe("t.*", first.put)
    subscription = await bus.subscribe("t.>", second.put)
    for number in range(50):
        await bus.publish("t.a", bytes([number]))
    assert [(await arrive(first)).payload[0] for _ in range(50)] == list(range(50))
    assert [(await arrive(second)).payload[0] for _ in range(50)] == list(range(50))
    await subscription.close()
    await bus.publish("t.a", b"later")
    assert (await arrive(first)).payload == b"later"
    assert second.empty()


async def test_a_request_is_answered(bus: Bus) -> None:
    async def answer(message: Message) -> bytes:
        return message.payload.upper()

    await bus.respond("q.up", answer)
    assert await bus.request("q.up", b"abc") == b"ABC"


async def test_nobody_there_is_told_at_once(bus: Bus) -> None:
    with pytest.raises(HuiyanError) as caught:
        await bus.request("q.nobody", b"", timeout_s=5)
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    assert caught.value.code == "no_responder"


async def test_a_late_answer_is_a_timeout(bus: Bus) -> None:
    async def never(message: Message) -> bytes:
        await asyncio.Event().wait()
        return b""

    await bus.respond("q.never", never)
    with pytest.raises(HuiyanError) as caught:
        await bus.request("q.never", b"", timeout_s=0.1)
    assert caught.value.kind is ErrorKind.TIMEOUT


async def test_a_reader_that_fails_gets_the_next_message(bus: Bus) -> None:
    got: asyncio.Queue[Message] = asyncio.Queue()

    async def sometimes(message: Message) -> None:
        if message.payload == b"bad":
            raise RuntimeError("reader's own fault")
        await got.put(message)

    await bus.subscribe("t.x", sometimes)
    await bus.publish("t.x", b"bad")
    await bus.publish("t.x", b"good")
    assert (await arrive(got)).payload == b"good"


async def test_a_slow_reader_loses_the_newest_and_is_told(bus: Bus) -> None:
    gate = asyncio.Event()
    got: list[bytes] = []

    async def slow(message: Message) -> None:
        await gate.wait()
        got.append(message.payload[:1])

    subscription = await bus.subscribe("t.slow", slow, pending_bytes=10_000)
    for number in range(100):
        await bus.publish("t.slow", bytes([number]) + bytes(999))
    async with asyncio.timeout(5):
        while subscription.dropped < 80:
            await asyncio.sleep(0.01)
        gate.set()
        while len(got) + subscription.dropped < 100:
            await asyncio.sleep(0.01)
    # What was queued before the limit is delivered, in order, and nothing twice.
    assert got[:8] == [bytes([number]) for number in range(8)]
    assert sorted(set(got)) == got


async def test_key_value_compare_and_set(bus: Bus) -> None:
    bucket = bus.key_value("cameras")
    assert await bucket.get("t.cam_a") is None
    revision = await bucket.create("t.cam_a", b"1")
    with pytest.raises(HuiyanError) as caught:
        await bucket.create("t.cam_a", b"2")
    assert caught.value.kind is ErrorKind.CONFLICT
    newer = await bucket.update("t.cam_a", b"2", revision)
    assert newer > revision
    with pytest.raises(HuiyanError):
        await bucket.update("t.cam_a", b"3", revision)
    entry = await bucket.get("t.cam_a")
    assert entry is not None
    assert (entry.value, entry.revision) == (b"2", newer)
    await bucket.delete("t.cam_a")
    await bucket.delete("t.cam_a")
    assert await bucket.get("t.cam_a") is None


async def test_a_watch_tells_what_is_there_then_every_change(bus: Bus) -> None:
    bucket = bus.key_value("presence")
    await bucket.put("t1.a", b"1")
    await bucket.put("t2.b", b"2")
    seen: list[tuple[KvKind, str, bytes]] = []

    async def follow() -> None:
        async for event in bucket.watch("t1.>"):
            seen.append((event.kind, event.key, event.value))

    task = asyncio.create_task(follow())
    async with asyncio.timeout(5):
        while (KvKind.SYNCED, "", b"") not in seen:
            await asyncio.sleep(0.01)
        await bucket.put("t1.c", b"3")
        await bucket.put("t2.d", b"4")
        await bucket.delete("t1.a")
        while len(seen) < 5:
            await asyncio.sleep(0.01)
    task.cancel()
    assert seen == [
        (KvKind.RESET, "", b""),
        (KvKind.PUT, "t1.a", b"1"),
        (KvKind.SYNCED, "", b""),
        (KvKind.PUT, "t1.c", b"3"),
        (KvKind.DELETE, "t1.a", b""),
    ]


async def test_events_are_stored_once_and_given_again_after_a_failure(bus: Bus) -> None:
    got: asyncio.Queue[Message] = asyncio.Queue()
    failures = 1

    async def handler(message: Message) -> None:
        nonlocal failures
        if message.payload == b"hard" and failures:
            failures -= 1
            raise RuntimeError("not this time")
        await got.put(message)

    await bus.publish_event(EVENT, b"before", event_id="1")
    await bus.publish_event(EVENT, b"before", event_id="1")
    await bus.consume(EVENT, handler, durable="reader")
    await bus.publish_event(EVENT, b"hard", event_id="2")
    assert (await arrive(got)).payload == b"before"
    assert (await arrive(got)).payload == b"hard"
    assert got.empty()


async def test_a_mirror_survives_a_restarted_server_and_notices_lost_keys() -> None:
    async with NatsServer() as server:
        bus = await connect_bus(server.url, name="reader")
        await ensure_buckets(bus.jetstream)
        changes: list[tuple[str, bytes | None]] = []
        mirror = KvMirror(bus.key_value("workers"), lambda key, value: changes.append((key, value)))
        task = asyncio.create_task(mirror.run())
        await bus.key_value("workers").put("t.w1", b"1")
        async with asyncio.timeout(20):
            while mirror.values != {"t.w1": b"1"}:
                await asyncio.sleep(0.02)
            await server.kill()
            while bus.silent_for_s == 0:
                await asyncio.sleep(0.02)
            await bus.publish("t.lost", b"x")
            await server.restart()
            while bus.silent_for_s > 0:
                await asyncio.sleep(0.02)
            # The bucket `workers` lives in memory: its owner makes it anew, empty.
            await ensure_buckets(bus.jetstream)
            await bus.key_value("workers").put("t.w2", b"2")
            while mirror.values != {"t.w2": b"2"}:
                await asyncio.sleep(0.02)
        assert bus.publish_dropped == 1
        assert changes == [("t.w1", b"1"), ("t.w1", None), ("t.w2", b"2")] or changes == [
            ("t.w1", b"1"),
            ("t.w2", b"2"),
            ("t.w1", None),
        ]
        task.cancel()
        await bus.close()


async def test_a_wrong_password_is_told_and_not_tried_for_ever() -> None:
    async with NatsServer(users=("relay",)) as server:
        with pytest.raises(HuiyanError) as caught:
            async with asyncio.timeout(5):
                await connect_bus(server.url, user="relay", password="wrong", name="relay")
        assert caught.value.kind is ErrorKind.FORBIDDEN
        right = await connect_bus(
            server.url, user="relay", password=server.password("relay"), name="relay"
        )
        assert right.silent_for_s == 0
        await right.close()


@pytest.mark.parametrize("away", ["server killed", "connection closed"])
async def test_a_mirror_ends_when_it_is_told_also_without_its_bus(away: str) -> None:
    async with NatsServer() as server:
        bus = await connect_bus(server.url, name="reader")
        await ensure_buckets(bus.jetstream)
        mirror = KvMirror(bus.key_value("workers"))
        task = asyncio.create_task(mirror.run())
        async with asyncio.timeout(20):
            await mirror.wait_synced()
            if away == "server killed":
                await server.kill()
                while bus.silent_for_s == 0:
                    await asyncio.sleep(0.02)
            else:
                await bus.close()
        task.cancel()
        ended, _ = await asyncio.wait({task}, timeout=2)
        assert ended and task.cancelled()
        await bus.close()
