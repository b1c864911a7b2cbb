"""The real nats-server: life, users, and what their permissions refuse."""

import asyncio
import os
import stat

import nats
import nats.errors
import pytest
from huiyan_kit import subjects
from huiyan_kit.bus.nats import NatsBus, connect_bus
from huiyan_testing.nats_server import NatsServer, NatsServerError, service_users

TOWN = "510799101000"
CAMERA = "cam_aaaaaaaaaaaaaaaa"


@pytest.fixture
async def server(tmp_path):
    async with NatsServer(tmp_path / "nats", users=service_users()) as running:
        yield running


async def ignore(_error):
    """The raised error is what we look at."""


async def connect(server: NatsServer, user: str) -> NatsBus:
    return await connect_bus(
        server.url, user=user, password=server.password(user), name=f"test-{user}"
    )


async def test_an_open_server_needs_no_user_and_leaves_nothing():
    server = NatsServer()
    async with server:
        bus = await connect_bus(server.url, name="anybody")
        heard = asyncio.Event()

        async def hear(_):
            heard.set()

        await bus.subscribe("any.subject", hear)
        await bus.publish("any.subject", b"x")
        await asyncio.wait_for(heard.wait(), 2)
        await bus.close()
        pid = server.pid
    assert not server.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_port_and_stored_state_outlive_a_crash(tmp_path):
    async with NatsServer(tmp_path) as server:
        port = server.port
        client = await nats.connect(server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.05)
        bucket = await client.jetstream().create_key_value(bucket="kept", storage="file")
        await bucket.put("key", b"value")
        await server.kill()
        with pytest.raises(NatsServerError):
            _ = server.pid
        await server.restart()
        assert server.port == port
        async with asyncio.timeout(5):
            while not client.is_connected:
                await asyncio.sleep(0.02)
        assert (await bucket.get("key")).value == b"value"
        await client.close()


async def test_a_paused_server_says_nothing_until_resumed(tmp_path):
    async with NatsServer(tmp_path) as server:
        client = await nats.connect(server.url)
        replies: asyncio.Queue[bytes] = asyncio.Queue()

        async def hear(message):
            replies.put_nowait(message.data)

        await client.subscribe("echo", cb=hear)
        await client.flush()
        server.pause()
        await client.publish("echo", b"held")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(replies.get(), 0.5)
        server.resume()
        assert await asyncio.wait_for(replies.get(), 2) == b"held"
        await client.close()


async def test_a_taken_port_is_said(tmp_path):
    async with NatsServer(tmp_path / "one") as server:
        with pytest.raises(NatsServerError, match="did not start"):
            await NatsServer(tmp_path / "two", port=server.port).start()


async def test_password_files_are_private_and_kept(server):
    modes = {
        user: stat.S_IMODE(server.password_file(user).stat().st_mode) for user in service_users()
    }
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((server.folder / "nats-server.json").stat().st_mode) == 0o600
    before = server.password("relay")
    assert len(before) >= 32
    await server.restart()
    assert server.password("relay") == before


async def test_without_credentials_the_bus_refuses(server):
    for credentials in ({}, {"user": "relay", "password": "guess"}, {"user": "nobody"}):
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization violation"):
            await nats.connect(server.url, allow_reconnect=False, error_cb=ignore, **credentials)


async def test_media_goes_from_ingest_to_relay_and_never_from_relay(server):
    ingest, relay = await connect(server, "ingest"), await connect(server, "relay")
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(message):
        heard.put_nowait(message.payload)

    subject = subjects.media(TOWN, CAMERA, "main")
    await relay.subscribe(subject, hear)
    await relay._client.flush()
    await relay.publish(subject, b"forged")
    await relay._client.flush()
    await ingest.publish(subject, b"real")
    assert await asyncio.wait_for(heard.get(), 2) == b"real"
    assert heard.empty()
    await ingest.close()
    await relay.close()


@pytest.mark.parametrize("user", ["registry", "recorder", "analytics"])
async def test_other_users_read_no_picture(server, user):
    refused = asyncio.Event()

    async def on_error(error):
        if "permissions violation" in str(error).lower():
            refused.set()

    client = await nats.connect(
        server.url, user=user, password=server.password(user), error_cb=on_error
    )
    await client.subscribe(subjects.media(TOWN, CAMERA, "main"))
    await asyncio.wait_for(refused.wait(), 2)
    assert refused.is_set()
    await client.close()


async def test_ingest_cannot_read_the_inbox_of_another(server):
    refused: asyncio.Queue[str] = asyncio.Queue()

    async def on_error(error):
        refused.put_nowait(str(error).lower())

    client = await nats.connect(
        server.url, user="ingest", password=server.password("ingest"), error_cb=on_error
    )
    for subject in ("_INBOX_relay.>", "_INBOX.>", ">"):
        await client.subscribe(subject)
        assert "permissions violation" in await asyncio.wait_for(refused.get(), 2)
    await client.close()
