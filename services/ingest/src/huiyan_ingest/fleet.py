"""All cameras of this process: follows the rows, starts and stops camera runners."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from huiyan.ingest.v1 import camera_pb2 as pb

from huiyan_ingest.assignment import Assignment
from huiyan_ingest.camera import Camera
from huiyan_ingest.causes import state_of
from huiyan_ingest.metrics import IngestMetrics

log = logging.getLogger(__name__)
_COUNT_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class _Running:
    camera: Camera
    removed: asyncio.Event
    task: asyncio.Task[None]


class Fleet:
    """`on_row` is the callback of the mirrors of the bucket `cameras`."""

    def __init__(
        self,
        make_camera: Callable[[pb.CameraRow], Camera],
        assignment: Assignment,
        metrics: IngestMetrics,
    ) -> None:
        self._make_camera = make_camera
        self._assignment = assignment
        self._metrics = metrics
        self._rows: dict[str, pb.CameraRow] = {}
        self._running: dict[str, _Running] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._left_out = 0

    def __len__(self) -> int:
        return len(self._running)

    @property
    def cameras(self) -> list[Camera]:
        """The cameras that run now."""
        return [running.camera for running in self._running.values()]

    def on_row(self, key: str, value: bytes | None) -> None:
        """A row was written or removed. A row that cannot be read counts as removed."""
        row = _read_row(key, value) if value is not None else None
        if row is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = row
        chosen = self._assignment.choose(self._rows)
        self._report_left_out()
        for gone in [one for one in self._running if one not in chosen]:
            self._stop(gone, removed=gone not in self._rows)
        for new in chosen:
            if new not in self._running:
                self._start(new)
        if row is not None and key in self._running:
            camera = self._running[key].camera
            if camera.row is not row:
                camera.obey(row)

    def _start(self, key: str) -> None:
        camera = self._make_camera(self._rows[key])
        removed = asyncio.Event()
        task = asyncio.create_task(self._run(key, camera, removed), name=f"camera {key}")
        self._running[key] = _Running(camera, removed, task)

    async def _run(self, key: str, camera: Camera, removed: asyncio.Event) -> None:
        if (before := self._ending.get(key)) is not None:
            await asyncio.wait({before})
        while True:
            try:
                await camera.run(removed=removed)
            except Exception:
                # One camera's fault must not end the process with all the others in it.
                log.exception("a camera runner failed and begins anew")
                await asyncio.sleep(1)

    def _stop(self, key: str, *, removed: bool) -> None:
        running = self._running.pop(key)
        if removed:
            running.removed.set()
        running.task.cancel()
        self._ending[key] = running.task
        running.task.add_done_callback(lambda task: self._forget(key, task))

    def _forget(self, key: str, task: asyncio.Task[None]) -> None:
        if self._ending.get(key) is task:
            del self._ending[key]

    def _report_left_out(self) -> None:
        left_out = self._assignment.left_out
        if left_out > self._left_out:
            log.warning("more cameras than this worker takes", extra={"left_out": left_out})
        self._left_out = left_out
        self._metrics.cameras_left_out.set(left_out)

    async def count(self) -> None:
        """Keep the gauges until cancelled."""
        while True:
            cameras, pulls, demanded = Counter[str](), Counter[str](), 0
            for camera in self.cameras:
                cameras[pb.PresenceState.Name(state_of(camera.cause))] += 1
                demanded += len(camera.book.living())
                pulls.update(
                    pb.PresenceState.Name(state_of(pull.cause)) for pull in camera.pulls.values()
                )
            for name in pb.PresenceState.DESCRIPTOR.values_by_name:
                self._metrics.cameras.labels(name).set(cameras[name])
                self._metrics.pulls.labels(name).set(pulls[name])
            self._metrics.demanded_tracks.set(demanded)
            await asyncio.sleep(_COUNT_EVERY_S)

    async def close(self) -> None:
        """Close every camera's RTSP sessions."""
        for key in list(self._running):
            self._stop(key, removed=False)
        if self._ending:
            await asyncio.wait([*self._ending.values()], timeout=4)


def _read_row(key: str, value: bytes) -> pb.CameraRow | None:
    try:
        row = pb.CameraRow.FromString(value)
    except DecodeError:
        log.warning("a camera row cannot be read", extra={"key": key})
        return None
    if f"{row.town}.{row.camera}" != key:
        log.warning("a camera row under a foreign key", extra={"key": key})
        return None
    return row
