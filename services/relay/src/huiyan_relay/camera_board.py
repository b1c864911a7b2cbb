"""What the bus says of cameras: rows of the registry, presence by ingest, living workers."""

from collections.abc import Callable

from google.protobuf.message import DecodeError
from huiyan.ingest.v1.camera_pb2 import CameraRow, Presence
from huiyan_kit.worker_session import LiveWorkers


class CameraBoard:
    """Feed it the changes of `cameras`, `presence` and `workers`; keys are `<town>.<id>`."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.workers = LiveWorkers()
        self._rows: dict[str, CameraRow] = {}
        self._presence: dict[str, Presence] = {}
        self._on_change = on_change

    def on_row(self, key: str, value: bytes | None) -> None:
        """Take a change of `cameras`."""
        self._rows.pop(key, None)
        if value is not None:
            try:
                self._rows[key] = CameraRow.FromString(value)
            except DecodeError:
                return
        self._on_change()

    def on_presence(self, key: str, value: bytes | None) -> None:
        """Take a change of `presence`."""
        self._presence.pop(key, None)
        if value is not None:
            try:
                self._presence[key] = Presence.FromString(value)
            except DecodeError:
                return
        self._on_change()

    def row(self, town: str, camera: str) -> CameraRow | None:
        """The camera's row, or None when the town has no such camera."""
        return self._rows.get(f"{town}.{camera}")

    def presence(self, town: str, camera: str) -> Presence | None:
        """What was observed, while the observer lives; None is `unreachable`, `ingest_away`."""
        presence = self._presence.get(f"{town}.{camera}")
        if presence is None or not self.workers.alive(presence.worker):
            return None
        return presence
