"""What ingest tells of cameras, believed only while the telling worker lives."""

import asyncio
import logging
import sys
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from google.protobuf.message import DecodeError
from huiyan.ingest.v1.camera_pb2 import Presence, PresenceState
from huiyan_kit import subjects
from huiyan_kit.worker_session import LiveWorkers

from huiyan_registry.presence.schemas import PresenceView, State, TrackView
from huiyan_registry.times import of_ns

_STATES: dict[int, State] = {
    PresenceState.PRESENCE_STATE_OFF: "off",
    PresenceState.PRESENCE_STATE_CONNECTING: "connecting",
    PresenceState.PRESENCE_STATE_ONLINE: "online",
    PresenceState.PRESENCE_STATE_STALLED: "stalled",
    PresenceState.PRESENCE_STATE_UNREACHABLE: "unreachable",
    PresenceState.PRESENCE_STATE_UNAUTHORISED: "unauthorised",
    PresenceState.PRESENCE_STATE_NOT_FOUND: "not_found",
    PresenceState.PRESENCE_STATE_REFUSED: "refused",
    PresenceState.PRESENCE_STATE_UNSUPPORTED: "unsupported",
    PresenceState.PRESENCE_STATE_GARBAGE: "garbage",
}
log = logging.getLogger(__name__)
INGEST_AWAY = "ingest_away"
_TICK_S = 1.0
Changed = Callable[[str, str], None]


class _Told(NamedTuple):
    """What ingest told of one camera. It is parsed again to be shown: as an object it would take
    eight times the memory, and there may be 100,000."""

    worker: str
    state: int
    message: bytes


class PresenceBoard:
    """Feed it the buckets `presence` and `workers`; it tells `changed(town, camera)`."""

    def __init__(self, workers: LiveWorkers, changed: Changed) -> None:
        self._workers = workers
        self._changed = changed
        self._told: dict[str, _Told] = {}
        self._cameras_of: dict[str, set[str]] = defaultdict(set)
        self._believed: set[str] = set()

    def on_change(self, key: str, value: bytes | None) -> None:
        """Take a change of the bucket `presence`."""
        old = self._told.pop(key, None)
        if old is not None:
            self._cameras_of[old.worker].discard(key)
        told = _parsed(value) if value is not None else None
        if told is not None:
            self._told[key] = told
            self._cameras_of[told.worker].add(key)
            if not self._workers.gone(told.worker):
                self._believed.add(told.worker)
        self._tell(key)

    def view(self, town: str, camera: str) -> PresenceView:
        """The presence to show. When its worker alone is gone: unreachable, cause `ingest_away`.

        When nobody is heard, the bus is silent: then the last that was told stands.
        """
        kept = self._told.get(subjects.key(town, camera))
        if kept is None:
            return PresenceView(state="connecting")
        alive = not self._workers.gone(kept.worker)
        told = Presence.FromString(kept.message)
        return PresenceView(
            state=_STATES.get(told.state, "connecting") if alive else "unreachable",
            since=of_ns(told.since_ns) if told.since_ns and alive else None,
            observed_at=of_ns(told.observed_at_ns) if told.observed_at_ns else None,
            cause=(told.cause or None) if alive else INGEST_AWAY,
            tracks=[
                TrackView(
                    track=track.track,
                    codec=track.codec,
                    width=track.width,
                    height=track.height,
                    fps=track.fps,
                    b_frames=track.b_frames,
                )
                for track in told.tracks
            ],
            last_frame_at=of_ns(told.last_frame_at_ns) if told.last_frame_at_ns else None,
        )

    def told(self, town: str, camera: str) -> Presence | None:
        """What ingest told last, whole; None when its worker is gone."""
        told = self._told.get(subjects.key(town, camera))
        if told is None or self._workers.gone(told.worker):
            return None
        return Presence.FromString(told.message)

    def online(self, town: str, camera: str) -> bool:
        """True while a living worker says so."""
        told = self._told.get(subjects.key(town, camera))
        return (
            told is not None
            and told.state == PresenceState.PRESENCE_STATE_ONLINE
            and not self._workers.gone(told.worker)
        )

    def tick(self) -> None:
        """Notice workers that fell silent or came back: no bucket event tells of that."""
        now = {worker for worker, keys in self._cameras_of.items() if keys}
        alive = {worker for worker in now if not self._workers.gone(worker)}
        for worker in alive ^ (self._believed & now):
            for key in self._cameras_of[worker]:
                self._tell(key)
        self._believed = alive

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            self.tick()
            await asyncio.sleep(_TICK_S)

    def _tell(self, key: str) -> None:
        town, _, camera = key.partition(".")
        self._changed(town, camera)


def _parsed(value: bytes) -> _Told | None:
    """None for what is no Presence: one bad writer must not stop the board."""
    try:
        told = Presence.FromString(value)
    except DecodeError:
        log.warning("a presence that cannot be read")
        return None
    return _Told(sys.intern(told.worker), told.state, value)
