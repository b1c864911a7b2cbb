"""Who is online, by area: counted in memory; and the tally that is kept while nothing changes."""

import pytest
from huiyan_registry.area.online import OnlineByArea
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.tally import Tally
from huiyan_registry.database.row_scope import EVERYTHING
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

TOWN, XINZHAI, SHIQIAO = "510799101000", "510799101201", "510799101202"


async def test_counts_follow_presence_and_place(world):
    on = set()
    counted = OnlineByArea(lambda town, camera: camera in on)
    road, home = world.camera("村口主路·东"), world.camera("院坝", "1")

    async def counts():
        async with world.registry.database.transaction(EVERYTHING) as session:
            return dict(await counted.counts(session, TOWN))

    def told(camera, online):
        (on.add if online else on.discard)(camera)
        counted.presence_changed(TOWN, camera)

    assert await counts() == {}
    told(home, True)
    told("cam_unknown", True)
    assert await counts() == {f"{XINZHAI}002": 1}
    told(road, True)
    assert sum((await counts()).values()) == 2
    told(road, False)
    assert await counts() == await counts() == {f"{XINZHAI}002": 1}
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE camera SET area = :area WHERE id = :id"),
            {"area": f"{SHIQIAO}001", "id": home},
        )
    counted.camera_changed(TOWN, home)
    assert await counts() == {f"{SHIQIAO}001": 1}
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE camera SET state = 'retired' WHERE id = :id"), {"id": home}
        )
    counted.camera_changed(TOWN, home)
    assert await counts() == {}


async def test_a_count_that_fails_loses_no_mark(world):
    counted = OnlineByArea(lambda town, camera: True)
    counted.presence_changed(TOWN, world.camera("院坝", "1"))
    with pytest.raises(ProgrammingError):
        async with world.registry.database.transaction(EVERYTHING) as session:
            await session.execute(text("SET LOCAL search_path = nowhere"))
            await counted.counts(session, TOWN)
    async with world.registry.database.transaction(EVERYTHING) as session:
        assert sum((await counted.counts(session, TOWN)).values()) == 1


async def test_the_tally_is_kept_until_something_changes(world):
    tally = Tally(AreaRepository(), world.clock)

    async def read():
        async with world.registry.database.transaction(EVERYTHING) as session:
            return await tally.of(session, TOWN)

    first = await read()
    assert await read() is first
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE camera SET updated_at = now() + interval '1 s' WHERE id = :id"),
            {"id": world.camera("院坝", "1")},
        )
    second = await read()
    assert second is not first and await read() is second
    tally.forget(TOWN)
    third = await read()
    assert third is not second
    world.clock.later(seconds=16)
    assert await read() is not third
