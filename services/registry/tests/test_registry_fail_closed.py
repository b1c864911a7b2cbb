"""The database dies in the middle of a grant: there may be a row without a token, never a token
without a row (rules.md P6)."""

import asyncio
import contextlib
import itertools
import os
import random
import signal
from pathlib import Path

import pytest
from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit.errors import HuiyanError
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_testing.postgres import EmbeddedPostgres
from sqlalchemy import event, text

TOWN = "510799101000"
TRIES = 12
LOOKERS = 4


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _descendants(int(child))
    return found


def _kill_hard(server: EmbeddedPostgres) -> None:
    """Every process of the server at once: as a machine that loses its power."""
    assert server.pid is not None
    for pid in reversed(_descendants(server.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
async def seeded(tmp_path, seed_into):
    """A server of our own that writes durably: what it said yes to survives its death."""
    server = EmbeddedPostgres(tmp_path / "pg")
    try:
        yield await seed_into(server, tmp_path)
    finally:
        await server.stop()


async def test_no_token_without_a_row(world):
    """Many grants at once; the server is killed while one of them is at its commit."""
    server, camera = world.postgres, world.camera("村口主路·东")
    relay = WorkerSession(worker="relay-1", service="relay", url="http://127.0.0.1:9000")
    lookers = [await world.staff("lixiuying") for _ in range(LOOKERS)]
    chance = random.Random(20261122)
    told: set[str] = set()
    answers: dict[int, int] = {}
    for attempt in range(TRIES):
        fatal = _at_commit(
            world, server, number=attempt * 5 % 23 + 6, wait_s=chance.random() * 0.004
        )
        # A relay is believed for three seconds; a restart on a busy machine takes as long.
        world.registry.workers.on_change(f"{TOWN}.relay-1", relay.SerializeToString())
        stop = asyncio.Event()
        with fatal as dead:
            looking = [
                asyncio.create_task(_look(visitor, camera, told, answers, stop))
                for visitor in lookers
            ]
            async with asyncio.timeout(20):
                await dead.wait()
            stop.set()
            await asyncio.gather(*looking)
        await server.stop()
        await server.start()
        await _back(world)
        async with world.registry.database.transaction(EVERYTHING) as session:
            rows = set(await session.scalars(text('SELECT "grant" FROM access_register')))
        assert told <= rows, f"try {attempt}: a token without a row"
    assert len(told) >= TRIES and answers.get(503, 0) >= TRIES
    assert set(answers) <= {201, 503}, answers


async def _look(visitor, camera, told, answers, stop):
    while not stop.is_set():
        answer = await visitor.grant(camera, purpose="patrol")
        answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
        if answer.status_code == 201:
            assert answer.json()["token"]
            told.add(answer.json()["id"])
        else:
            assert "token" not in answer.text


@contextlib.contextmanager
def _at_commit(world, server, *, number, wait_s):
    """From the commit of that number on, the server has `wait_s` to live."""
    engine = world.registry.database._callers.sync_engine
    dead, seen = asyncio.Event(), itertools.count(1)
    loop = asyncio.get_running_loop()

    def die():
        _kill_hard(server)
        dead.set()

    def committing(_):
        if next(seen) == number:
            loop.call_later(wait_s, die)

    event.listen(engine, "commit", committing)
    try:
        yield dead
    finally:
        event.remove(engine, "commit", committing)


async def _back(world):
    async with asyncio.timeout(20):
        while True:
            try:
                return await world.registry.database.ping()
            except HuiyanError:
                await asyncio.sleep(0.02)
