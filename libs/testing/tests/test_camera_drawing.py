"""The simulator answers before its pictures are drawn, and its workers end with it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from huiyan_testing.camera import CameraFarm, ClipLibrary
from huiyan_testing.camera.drawing import BackgroundDrawing
from huiyan_testing.camera.errors import NotDrawnYetError
from huiyan_testing.camera.route import StreamKey
from huiyan_testing.scenes.rendition import TrackName
from huiyan_testing.scenes.scene import SceneKind

_LOOP = 25


async def until(condition: Callable[[], object], within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


def children_of(parent: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def drawn_of(progress: Path) -> list[int]:
    return json.loads(progress.read_text())["drawn"] if progress.exists() else []


@asynccontextmanager
async def simulator(folder: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    words = ("--cache", str(folder), "--ports-file", str(folder / "ports.json"))
    progress = ("--progress-file", str(folder / "progress.json"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "huiyan_testing.camera", *words, *progress, *options),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_cameras_come_one_after_the_other_the_wanted_one_first(tmp_path: Path) -> None:
    clips = ClipLibrary(tmp_path, loop_frames=_LOOP, kind_of=lambda number: SceneKind.SMOKE)
    drawing = BackgroundDrawing(clips, [3, 1, 2, 3], processes=1)
    assert drawing.wanted == 3 and drawing.drawn == []
    async with CameraFarm(clips, drawing=drawing) as farm:
        key = StreamKey(3, TrackName.SUB)
        began = time.monotonic()
        with pytest.raises(NotDrawnYetError):
            await farm.stream(key)
        assert 4 < time.monotonic() - began < 6  # a client of ours waits 5 s
        running = asyncio.create_task(drawing.run())
        await until(lambda: drawing.drawn)
        assert (await farm.stream(key)).clip.pictures[0].keyframe
        await running
    assert drawing.drawn == [3, 1, 2]
    again = BackgroundDrawing(clips, [1, 2, 3])
    assert again.drawn == [1, 2, 3]


async def test_it_answers_at_once_and_its_workers_end_with_it(tmp_path: Path) -> None:
    async with simulator(tmp_path, "--cameras", "3", "--first", "2") as process:
        await until((tmp_path / "ports.json").exists)
        assert drawn_of(tmp_path / "progress.json") == []
        await until(lambda: len(children_of(process.pid)) >= 2)
        workers = children_of(process.pid)
        process.kill()
        await process.wait()
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 10)


async def test_a_stop_while_drawing_is_quick_and_leaves_nobody(tmp_path: Path) -> None:
    async with simulator(tmp_path, "--cameras", "2", "--loop-frames", "4000") as process:
        await until(lambda: len(children_of(process.pid)) >= 2)
        workers = children_of(process.pid)
        os.kill(process.pid, signal.SIGTERM)
        async with asyncio.timeout(5):
            assert await process.wait() == 0
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 10)
    assert not list(tmp_path.rglob("*.mp4"))


async def test_a_killed_worker_ends_the_simulator_so_that_it_is_started_again(
    tmp_path: Path,
) -> None:
    async with simulator(tmp_path, "--cameras", "2", "--loop-frames", "4000") as process:
        await until(lambda: any(tmp_path.rglob("*.part")))
        for pid in children_of(process.pid):
            os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            assert await process.wait() == 1
