"""The outbox and the buckets on a real NATS server: nothing is lost, nothing old overtakes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from argon2 import PasswordHasher
from huiyan.ingest.v1.camera_pb2 import CameraRow
from huiyan_kit.bus.nats import NatsBus, connect_bus
from huiyan_kit.errors import HuiyanError
from huiyan_kit.lifecycle import Lifecycle
from huiyan_registry.account.passwords import Passwords
from huiyan_registry.app import Registry, bucket_keeper, compose, compose_registry, run_parts
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_testing.nats_server import NatsServer
from sqlalchemy import select, text

TOWN = "510799101000"


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.05)


@pytest.fixture
def users() -> tuple[str, ...]:
    """Users of the bus; none = an open server on which a test may do anything."""
    return ()


@pytest.fixture
async def running(seeded, database_name, tmp_path, world_clock, users) -> AsyncIterator[tuple]:
    """The registry's parts at work over real servers."""
    async with NatsServer(tmp_path / "nats", users=users) as nats:
        settings = seeded.settings(database_name)
        async with Lifecycle("registry", settings) as lifecycle:
            bus = await connect_bus(
                nats.url,
                user="registry" if users else "",
                password=nats.password("registry") if users else "",
                name="registry",
            )
            lifecycle.on_close(bus.close)
            database = Database(settings.database_url)
            lifecycle.on_close(database.close)
            registry = compose_registry(
                settings,
                database,
                bus,
                bucket_keeper(bus, 1),
                health=lifecycle.health,
                metrics=lifecycle.metrics,
                clock=world_clock,
                passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
                pages=None,
            )
            async with asyncio.timeout(30):
                await run_parts(lifecycle, registry, bus, settings.town_list)
            yield registry, bus, nats
            assert lifecycle.failed is None


async def _rows(bus: NatsBus) -> dict[str, CameraRow]:
    rows = {}
    try:
        async for event in bus.key_value("cameras").watch():
            if event.kind == "synced":
                break
            if event.kind == "put":
                rows[event.key] = CameraRow.FromString(event.value)
    except HuiyanError:
        return {}
    return rows


async def _waiting(registry: Registry) -> int:
    async with registry.database.transaction(EVERYTHING) as session:
        return await session.scalar(text("SELECT count(*) FROM outbox"))


async def test_rows_survive_lost_buckets_and_a_lost_server(running):
    registry, bus, nats = running

    async def all_there() -> bool:
        return len(await _rows(bus)) == 6 and await _waiting(registry) == 0

    await _until(all_there)
    assert {row.credential != b"" for row in (await _rows(bus)).values()} == {True}
    assert [entry.split(".")[0] for entry in registry.camera_mirror.revisions] == [TOWN] * 6
    # Somebody removes the bucket: it is made anew and filled.
    await bus.jetstream.delete_key_value("cameras")
    await _until(all_there)
    # The server goes away: a change waits in the outbox and arrives after its return.
    await nats.kill()
    async with registry.database.transaction(EVERYTHING) as session:
        row = (await session.scalars(select(Camera).order_by(Camera.number).limit(1))).one()
        row.off = True
        registry.cameras.touch(session, row)
    assert not await registry.outbox.flush(TOWN)
    assert await _waiting(registry) == 1
    await nats.restart()

    async def arrived() -> bool:
        rows = await _rows(bus)
        return len(rows) == 6 and rows[f"{TOWN}.{row.id}"].off

    await _until(arrived)
    assert registry.reconciler.done


@pytest.mark.parametrize("users", [("registry",)])
async def test_order_holds_with_two_carriers(running):
    registry, bus, _ = running
    for number in range(30):
        async with registry.database.transaction(EVERYTHING) as session:
            registry.outbox.add(session, TOWN, "cameras", f"{TOWN}.cam_x", b"%d" % number)
        registry.outbox.wake()
    await asyncio.gather(*(registry.outbox.flush(TOWN) for _ in range(3)))
    entry = await bus.key_value("cameras").get(f"{TOWN}.cam_x")
    assert entry is not None and entry.value == b"29"
    # The database knows no such camera: the next reconciliation removes it.
    await registry.reconciler.repair(TOWN)
    assert await bus.key_value("cameras").get(f"{TOWN}.cam_x") is None


async def test_a_stop_is_obeyed_while_the_database_is_awaited(seeded):
    settings = seeded.settings("no_such_database")
    async with asyncio.timeout(10), Lifecycle("registry", settings) as lifecycle:
        starting = asyncio.create_task(compose(lifecycle))
        lifecycle.stopping.set()
        await starting
    assert lifecycle.failed is None and not lifecycle.health.readiness().get("database")
