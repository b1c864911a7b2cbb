"""Waits for the test picture of a camera and for what is measured while it runs."""

from dataclasses import dataclass
from typing import Protocol

from google.protobuf.message import DecodeError
from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan.ingest.v1.demand_pb2 import SnapshotReply, SnapshotRequest
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus
from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError

CHECK_S = 9.0
_PAUSE_S = 0.3
_ANSWER_S = 2.5
_WIDTH = 1280
# These do not change by waiting.
_FINAL = frozenset(
    {
        pb.PRESENCE_STATE_UNAUTHORISED,
        pb.PRESENCE_STATE_NOT_FOUND,
        pb.PRESENCE_STATE_REFUSED,
        pb.PRESENCE_STATE_UNSUPPORTED,
        pb.PRESENCE_STATE_GARBAGE,
    }
)


class Told(Protocol):
    """What ingest tells of cameras."""

    def told(self, town: str, camera: str) -> pb.Presence | None:
        """The presence, while the worker that told it lives."""


@dataclass(slots=True)
class Seen:
    """`jpeg` empty: no picture, for `cause` in `state`. `main` is the main track, once it runs."""

    jpeg: bytes = b""
    state: int = pb.PRESENCE_STATE_UNSPECIFIED
    cause: str = ""
    main: pb.TrackInfo | None = None

    @property
    def whole(self) -> bool:
        """True when everything is known."""
        main = self.main
        return bool(
            self.jpeg
            and main is not None
            and main.fps
            and main.gop_ms
            and main.HasField("camera_minus_arrival_ns")
        )


class LiveChecker:
    """Asks ingest over the bus; `presence` may lag behind a little."""

    def __init__(self, bus: Bus, presence: Told, clock: Clock) -> None:
        self._bus = bus
        self._presence = presence
        self._clock = clock

    async def look(self, town: str, camera: str, row_rev: int) -> Seen:
        """Return when all is known, when it is clear that nothing comes, or after 9 s. What older
        revisions of the camera's row brought does not count."""
        ends_at = self._clock.monotonic() + CHECK_S
        seen = Seen()
        while True:
            current = self._current(town, camera, row_rev)
            # Only ingest that obeys our row answers for this login and address.
            if current is not None:
                await self._ask(town, camera, seen)
                seen.main = next((t for t in current.tracks if t.track == "main"), seen.main)
                if not seen.jpeg and current.state in _FINAL:
                    seen.state, seen.cause = current.state, current.cause
                    return seen
            if seen.whole or self._clock.monotonic() >= ends_at:
                return seen
            await self._clock.sleep(_PAUSE_S)

    def _current(self, town: str, camera: str, row_rev: int) -> pb.Presence | None:
        told = self._presence.told(town, camera)
        return told if told is not None and told.row_rev >= row_rev else None

    async def _ask(self, town: str, camera: str, seen: Seen) -> None:
        request = SnapshotRequest(max_width=_WIDTH).SerializeToString()
        try:
            subject = subjects.snapshot(town, camera)
            answer = await self._bus.request(subject, request, timeout_s=_ANSWER_S)
            reply = SnapshotReply.FromString(answer)
        except (HuiyanError, DecodeError):
            return
        seen.state, seen.cause = reply.state, reply.cause
        # A picture from before a loss does not show that the camera works now.
        if reply.jpeg and reply.state == pb.PRESENCE_STATE_ONLINE:
            seen.jpeg = reply.jpeg
