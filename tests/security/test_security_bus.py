"""The bus of a running town: who gets in, and what each service's user may hear and say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats
import nats.errors
import pytest
from huiyan.ingest.v1.camera_pb2 import CameraRow
from huiyan_kit import subjects
from huiyan_kit.sealing import SealError, new_key_pair, open_seal, read_key
from nats.aio.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="session")
USERS = ("registry", "ingest", "relay", "recorder", "analytics")


class Bus:
    """A raw connection as one of the users; hears what the server refuses."""

    def __init__(self, client: Client, refused: asyncio.Queue[str]) -> None:
        self.client = client
        self._refused = refused

    async def may_hear(self, subject: str) -> bool:
        """False when the server refuses the subscription."""
        await self.client.subscribe(subject)
        return await self._allowed(subject)

    async def may_say(self, subject: str) -> bool:
        """False when the server refuses the message."""
        await self.client.publish(subject, b"")
        return await self._allowed(subject)

    async def _allowed(self, subject: str) -> bool:
        # A refusal is on the wire before the PONG, but told by a task of its own: two rounds.
        for _ in range(2):
            await self.client.flush(5)
        while not self._refused.empty():
            said = self._refused.get_nowait().lower()
            assert "permissions violation" in said
            assert f'"{subject.lower()}"' in said
            return False
        return True


def url(house: Any) -> str:
    return f"nats://127.0.0.1:{house.town.state['ports']['nats']['nats']}"


def password(house: Any, user: str) -> str:
    return (house.data / "keys" / f"nats-{user}.password").read_text().strip()


@asynccontextmanager
async def connected(house: Any, user: str) -> AsyncIterator[Bus]:
    refused: asyncio.Queue[str] = asyncio.Queue()

    async def on_error(error: Exception) -> None:
        refused.put_nowait(str(error))

    client = await nats.connect(
        url(house),
        user=user,
        password=password(house, user),
        inbox_prefix=f"_INBOX_{user}".encode(),
        error_cb=on_error,
        allow_reconnect=False,
    )
    try:
        yield Bus(client, refused)
    finally:
        await client.close()


async def quiet(_: Exception) -> None:
    """The refusal is raised as well."""


async def test_who_is_not_known_does_not_get_in(house):
    wrong: list[dict[str, str]] = [
        {},
        {"user": "nobody", "password": "x"},
        {"user": "relay"},
        {"user": "relay", "password": ""},
        {"user": "sys", "password": "sys"},
        {"token": password(house, "relay")},
        *(
            {"user": user, "password": password(house, other)}
            for user in USERS
            for other in USERS
            if user != other
        ),
    ]
    for credentials in wrong:
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization violation"):
            await nats.connect(url(house), allow_reconnect=False, error_cb=quiet, **credentials)


async def test_each_user_hears_only_what_it_must(house):
    town, camera = house.code, house.road_camera
    everything = (">", "huiyan.>", "$SYS.>", "$JS.>", "$KV.>", "_INBOX.>")
    inboxes = tuple(f"_INBOX_{user}.>" for user in USERS)
    wide = (f"huiyan.v1.{town}.>", f"huiyan.v1.{town}.media.>", f"huiyan.v1.{town}.*.*.*")
    pictures = (f"huiyan.v1.{town}.media.*.*",)
    media = subjects.media(town, camera, "main")
    snapshot = subjects.snapshot(town, camera)
    for user in USERS:
        async with connected(house, user) as bus:
            assert await bus.may_hear(f"_INBOX_{user}.mine"), "its own answers"
            for subject in (
                *everything,
                *wide,
                *(box for box in inboxes if f"_{user}." not in box),
            ):
                assert not await bus.may_hear(subject), (user, subject)
            for subject in pictures:
                assert await bus.may_hear(subject) == (user == "relay"), (user, subject)
            assert await bus.may_hear(media) == (user == "relay"), user
            assert await bus.may_hear(snapshot) == (user == "ingest"), user
            for bucket in ("cameras", "revocations", "signing_keys"):
                assert not await bus.may_hear(f"$KV.{bucket}.>"), (user, bucket)


async def test_each_user_says_only_what_it_must(house):
    town, camera = house.code, "cam_nosuchcamera0000"
    writers = {
        "cameras": {"registry"},
        "signing_keys": {"registry"},
        "revocations": {"registry"},
        "presence": {"ingest"},
        "workers": {"ingest", "relay"},
    }
    asks = {
        subjects.media(town, camera, "main"): {"ingest"},
        subjects.snapshot(town, camera): {"relay", "registry"},
        f"huiyan.v1.{town}.demand.{camera}.main": {"relay"},
        f"huiyan.v1.{town}.keys.{camera}": {"ingest"},
        "$JS.API.STREAM.DELETE.KV_cameras": set(),
        "$JS.API.STREAM.PURGE.KV_revocations": set(),
        "$JS.API.STREAM.UPDATE.KV_cameras": set(),
        "$SYS.REQ.SERVER.PING": set(),
        # Only who reads pictures and rows asks for rows.
        "$JS.API.DIRECT.GET.KV_cameras": {"registry", "ingest", "relay"},
        "$JS.API.CONSUMER.CREATE.KV_cameras": {"registry", "ingest", "relay"},
        "$JS.API.CONSUMER.CREATE.KV_signing_keys": {"registry", "relay"},
        "$JS.API.CONSUMER.CREATE.EVENTS.x": {"registry"},
    }
    # Another town's key: nothing that lives here could believe it.
    asks |= {f"$KV.{bucket}.999999999999.x": who for bucket, who in writers.items()}
    for user in USERS:
        async with connected(house, user) as bus:
            for subject, allowed in asks.items():
                if subject.startswith("$KV.") and user in allowed:
                    continue  # would store an empty row
                assert await bus.may_say(subject) == (user in allowed), (user, subject)


async def test_recorder_and_analytics_read_no_bucket(house):
    for user in ("recorder", "analytics"):
        async with connected(house, user) as bus:
            for bucket in ("cameras", "presence", "workers", "signing_keys", "revocations"):
                for ask in (
                    f"$JS.API.STREAM.INFO.KV_{bucket}",
                    f"$JS.API.STREAM.MSG.GET.KV_{bucket}",
                    f"$JS.API.DIRECT.GET.KV_{bucket}.x",
                    f"$JS.API.CONSUMER.CREATE.KV_{bucket}.x",
                ):
                    assert not await bus.may_say(ask), (user, ask)


async def test_the_relay_reads_rows_whose_login_it_cannot_open(house):
    secret = house.secrets()
    town = house.code
    async with connected(house, "relay") as bus:
        bucket = await bus.client.jetstream(timeout=5).key_value("cameras")
        keys = await bucket.keys()
        assert len(keys) >= 4
        values = [(await bucket.get(key)).value or b"" for key in keys]
    own_private = read_key(house.data / "keys" / "ingest.key")
    strangers_private, _ = new_key_pair()
    for key, value in zip(keys, values, strict=True):
        assert key.startswith(f"{town}.")
        for name, text in secret.items():
            assert text.encode() not in value, name
        row = CameraRow.FromString(value)
        assert "@" not in row.main_url + row.sub_url
        assert open_seal(row.credential, own_private).password == secret["camera"]
        for wrong in (strangers_private, read_key(house.data / "keys" / "ingest.pub")):
            with pytest.raises(SealError):
                open_seal(row.credential, wrong)
