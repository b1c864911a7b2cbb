"""A suite that ends brings nobody back; the watch on the drawing tells what is there."""

import asyncio
import json
import sys
from pathlib import Path

from huiyan_kit.backoff import Backoff
from huiyan_runner.child_process import ChildProcess, ChildSpec
from huiyan_runner.drawing_watch import DrawingWatch, Progress, read_progress
from huiyan_runner.keeper import Keeper, UnitState


def sleeper(tmp_path: Path) -> ChildProcess:
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    return ChildProcess(ChildSpec("sleeper", command, tmp_path / "sleeper.log"))


async def test_who_ends_after_it_was_let_go_is_not_started_again(tmp_path):
    restarting = asyncio.Event()

    def note(keeper: Keeper) -> None:
        if keeper.state is UnitState.RESTARTING:
            restarting.set()

    kept = Keeper(sleeper(tmp_path), note, Backoff(0.01, 0.02))
    await kept.start()
    kept.unit.kill()
    await asyncio.wait_for(restarting.wait(), 10)  # the keeper does its work
    await kept.let_go()
    before = kept.restarts
    kept.unit.kill()
    await kept.unit.ended()
    assert kept.restarts == before
    assert kept.unit.pid is None
    await kept.stop()
    assert kept.state is UnitState.ENDED


async def test_the_watch_tells_the_first_camera_and_ends_with_the_last(tmp_path):
    file = tmp_path / "drawn.json"
    assert read_progress(file) == Progress()
    told: list[Progress] = []
    watch = DrawingWatch(file, 2, told.append)
    running = asyncio.create_task(watch.run())
    file.write_text(json.dumps({"drawn": [1], "wanted": 2}))
    await watch.wait_first(0.7)
    assert told == [Progress((1,), 2)]
    file.write_text(json.dumps({"drawn": [1, 2], "wanted": 2}))
    async with asyncio.timeout(5):
        await watch.wait_first(10)
        await running
    assert told[-1].complete
