"""Draws the cameras' clips while the farm answers already; a camera is there when its clip is."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

from huiyan_testing.parent_death import end_this_process_with
from huiyan_testing.scenes.render import RenderJob, render

_NICE = 10


class DrawingList(Protocol):
    """Knows what is still to be drawn of a camera."""

    def missing(self, number: int) -> RenderJob | None:
        """The job that draws both tracks; None when the clip is there."""


class BackgroundDrawing:
    """Draws in the given order, in processes of its own that give way to everybody else (only
    the first camera is drawn at full speed) and end with this one.

    Run it in the main thread: the workers live as long as the thread that started them.
    """

    def __init__(
        self,
        clips: DrawingList,
        order: Sequence[int],
        *,
        processes: int = 2,
        on_drawn: Callable[[], None] = lambda: None,
    ) -> None:
        self._jobs = [(number, clips.missing(number)) for number in dict.fromkeys(order)]
        self._processes = processes
        self._on_drawn = on_drawn
        self._done = {number: asyncio.Event() for number, _ in self._jobs}
        self.drawn: list[int] = []
        for number, job in self._jobs:
            if job is None:
                self._mark(number)

    @property
    def wanted(self) -> int:
        """How many cameras there will be."""
        return len(self._jobs)

    async def run(self) -> None:
        """Draw what is missing; cancelling it ends the workers at once. Raises what a worker
        raised, and BrokenProcessPool when one was killed."""
        futures: dict[RenderJob, asyncio.Future[int]] = {}
        pool = ProcessPoolExecutor(
            self._processes,
            mp_context=get_context("spawn"),
            initializer=_become_worker,
            initargs=(os.getpid(),),
        )
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as drawing:
                for number, job in self._jobs:
                    if job is None:
                        continue
                    if job not in futures:
                        gives_way = bool(futures)
                        futures[job] = loop.run_in_executor(pool, _render, job, gives_way)
                    drawing.create_task(self._await_drawn(number, futures[job]))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.kill()  # a clip appears whole or not at all

    async def wait(self, number: int, most_s: float) -> bool:
        """True as soon as the camera is drawn (at once for one that is not on the list), False
        when that takes longer."""
        done = self._done.get(number)
        if done is None:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await done.wait()
        return done.is_set()

    async def _await_drawn(self, number: int, future: asyncio.Future[int]) -> None:
        await future
        self._mark(number)
        self._on_drawn()

    def _mark(self, number: int) -> None:
        self.drawn.append(number)
        self._done[number].set()


def write_progress(path: Path, drawing: BackgroundDrawing) -> None:
    """JSON {"drawn": [camera, …], "wanted": n}, written whole."""
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps({"drawn": drawing.drawn, "wanted": drawing.wanted}))
    draft.replace(path)


def _become_worker(parent: int) -> None:
    # A signal to the whole group is for the parent; it ends its workers.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_this_process_with(parent)


def _render(job: RenderJob, gives_way: bool) -> int:
    if gives_way:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    return render(job)
