"""Which of the towns' cameras this worker runs."""

from collections.abc import Collection, Mapping
from typing import Protocol

from huiyan.ingest.v1 import camera_pb2 as pb


class Assignment(Protocol):
    """Chooses among all rows; asked again whenever rows change. A claim protocol with a lease for
    each worker (scale.md) can replace the static one without a change elsewhere."""

    def choose(self, rows: Mapping[str, pb.CameraRow]) -> Collection[str]:
        """Keys of `rows` that this worker runs."""

    @property
    def left_out(self) -> int:
        """Rows of our reach that nobody runs because we are full."""


class StaticAssignment:
    """This worker takes every row of its reach, up to `max_cameras`. A camera that it has stays;
    free places go to the smallest keys."""

    def __init__(self, max_cameras: int, reaches: Collection[str]) -> None:
        self._max = max_cameras
        self._reaches = frozenset(reaches)
        self._chosen: set[str] = set()
        self.left_out = 0

    def choose(self, rows: Mapping[str, pb.CameraRow]) -> Collection[str]:
        ours = {key for key, row in rows.items() if row.reach in self._reaches}
        self._chosen &= ours
        waiting = sorted(ours - self._chosen)
        free = self._max - len(self._chosen)
        self._chosen.update(waiting[:free])
        self.left_out = max(0, len(waiting) - free)
        return frozenset(self._chosen)
