"""Everything the bus does works under the permissions made from subjects.yaml, and no more."""

import asyncio
import contextlib

import nats
import pytest
from huiyan_kit import subjects
from huiyan_kit.bus.api import KvKind
from huiyan_kit.bus.buckets import ensure_buckets
from huiyan_kit.bus.nats import NatsBus, connect_bus
from huiyan_kit.bus.permissions import permissions
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_testing.nats_server import NatsServer, service_users

TOWN = "510799101000"
CAMERA = "cam_aaaaaaaaaaaaaaaa"
BUCKETS = subjects.contract()["buckets"]


class Buses:
    """Connections of several users that remember what they were refused."""

    def __init__(self, server: NatsServer) -> None:
        self._server = server
        self._open: list[NatsBus] = []

    async def of(self, user: str) -> NatsBus:
        bus = await connect_bus(
            self._server.url, user=user, password=self._server.password(user), name=f"test-{user}"
        )
        self._open.append(bus)
        return bus

    async def refused_publish(self, user: str, subject: str) -> None:
        """Publish as `user` and wait until the server says no."""
        refused = asyncio.Event()

        async def on_error(error: Exception) -> None:
            if "permissions violation for publish" in str(error).lower():
                refused.set()

        client = await nats.connect(
            self._server.url, user=user, password=self._server.password(user), error_cb=on_error
        )
        try:
            await client.publish(subject, b"forged")
            await asyncio.wait_for(refused.wait(), 2)
        finally:
            await client.close()

    async def close(self) -> None:
        for bus in self._open:
            await bus.close()


@pytest.fixture
async def buses(tmp_path):
    async with NatsServer(tmp_path, users=service_users()) as server:
        buses = Buses(server)
        registry = await buses.of("registry")
        await ensure_buckets(registry.jetstream)
        yield buses
        await buses.close()


def pairs(verb: str) -> list[tuple[str, str]]:
    return [(name, user) for name, bucket in BUCKETS.items() for user in bucket[verb]]


@pytest.mark.parametrize(("bucket", "reader"), pairs("read"))
async def test_each_reader_gets_and_watches_what_each_writer_puts(buses, bucket, reader):
    reading = (await buses.of(reader)).key_value(bucket)
    key = subjects.key(TOWN, "entry")
    for number, user in enumerate(BUCKETS[bucket]["write"]):
        writing = (await buses.of(user)).key_value(bucket)
        value = f"{number}".encode()
        revision = await writing.put(key, value)
        found = await reading.get(key)
        assert found is not None
        assert (found.value, found.revision) == (value, revision)
        await writing.update(key, value + b"+", revision)
        await writing.delete(key)
        assert await reading.get(key) is None
        await writing.create(key, value + b"!")
        kinds = []
        async with asyncio.timeout(5):
            async with contextlib.aclosing(reading.watch(f"{TOWN}.>")) as events:
                async for event in events:
                    kinds.append(event.kind)
                    if event.kind is KvKind.SYNCED:
                        await writing.put(key, value + b"?")
                    if event.value == value + b"?":
                        break
        assert kinds == [KvKind.RESET, KvKind.PUT, KvKind.SYNCED, KvKind.PUT]
        await writing.delete(key)


@pytest.mark.parametrize(
    ("bucket", "user"),
    [
        (name, user)
        for name, bucket in BUCKETS.items()
        for user in service_users()
        if user not in bucket["write"]
    ],
)
async def test_nobody_else_writes_a_bucket(buses, bucket, user):
    owner = (await buses.of(BUCKETS[bucket]["write"][0])).key_value(bucket)
    key = subjects.key(TOWN, "entry")
    await owner.put(key, b"true")
    await buses.refused_publish(user, f"$KV.{bucket}.{key}")
    found = await owner.get(key)
    assert found is not None
    assert found.value == b"true"


async def test_events_of_relay_reach_the_registry_also_those_stored_before(buses):
    relay, registry = await buses.of("relay"), await buses.of("registry")
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(message):
        heard.put_nowait(message.payload)

    await relay.publish_event(subjects.view_started(TOWN), b"1", event_id="one")
    await relay.publish_event(subjects.view_started(TOWN), b"again", event_id="one")
    reading = await registry.consume("huiyan.v1.*.evt.view.*", hear, durable="looks")
    await relay.publish_event(subjects.view_ended(TOWN), b"2", event_id="two")
    async with asyncio.timeout(5):
        assert [await heard.get(), await heard.get()] == [b"1", b"2"]
    await reading.close()


async def test_registry_stores_no_event_of_its_own(buses):
    registry = await buses.of("registry")
    with pytest.raises(HuiyanError) as refused:
        await registry.publish_event(subjects.view_started(TOWN), b"x", event_id="x")
    assert refused.value.kind is ErrorKind.UNAVAILABLE


async def test_demand_and_snapshot_are_asked_by_relay_and_answered_by_ingest(buses):
    relay, ingest = await buses.of("relay"), await buses.of("ingest")

    async def answer(message):
        return b"to " + message.payload

    await ingest.respond(subjects.demand_any_track(TOWN, CAMERA), answer)
    await ingest.respond(subjects.snapshot(TOWN, CAMERA), answer)
    await ingest._client.flush()
    assert await relay.request(subjects.demand(TOWN, CAMERA, "main"), b"a") == b"to a"
    assert await relay.request(subjects.snapshot(TOWN, CAMERA), b"b") == b"to b"


@pytest.mark.parametrize("user", ["ingest", "relay", "recorder", "analytics"])
async def test_only_the_registry_makes_streams(buses, user):
    for subject in ("$JS.API.STREAM.CREATE.own", "$JS.API.STREAM.DELETE.EVENTS"):
        await buses.refused_publish(user, subject)
    jetstream = (await buses.of("registry")).jetstream
    for name in ("EVENTS", *(f"KV_{bucket}" for bucket in BUCKETS)):
        assert (await jetstream.stream_info(name)).config.name == name


@pytest.mark.parametrize("user", ["recorder", "analytics"])
async def test_a_room_without_subjects_publishes_nothing(buses, user):
    for subject in (
        subjects.media(TOWN, CAMERA, "main"),
        subjects.view_started(TOWN),
        "_INBOX_relay.x",
        "anything",
    ):
        await buses.refused_publish(user, subject)
    assert permissions(user)["publish"] == {"deny": [">"]}


def test_a_town_narrows_every_subject_of_its_own():
    allowed = permissions("ingest", town=TOWN)
    media = [subject for subject in allowed["publish"]["allow"] if subject.startswith("huiyan.")]
    assert media
    assert all(subject.startswith(f"huiyan.v1.{TOWN}.") for subject in media)
    assert f"$KV.presence.{TOWN}.>" in allowed["publish"]["allow"]


def test_nobody_may_do_everything():
    for user in service_users():
        block = permissions(user)
        for verb in ("publish", "subscribe"):
            assert not {">", "$JS.>", "$JS.API.>", "_INBOX.>"} & set(block[verb].get("allow", []))
