"""What is told of one camera in the bucket `presence`: at each change, and every 30 s."""

import logging
from collections.abc import Sequence

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_kit import subjects
from huiyan_kit.bus.api import KeyValue
from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError

from huiyan_ingest.causes import Cause, state_of

log = logging.getLogger(__name__)
RETRY_S = 1.0


class PresenceWriter:
    """One for each camera; `since` is when the state (not only the cause) began."""

    def __init__(
        self, bucket: KeyValue, clock: Clock, *, town: str, camera: str, worker: str, every_s: float
    ) -> None:
        self._bucket = bucket
        self._clock = clock
        self._key = subjects.key(town, camera)
        self._every = every_s
        self._presence = pb.Presence(town=town, camera=camera, worker=worker)
        self._told: object = None
        self._due_at = 0.0

    @property
    def due_in_s(self) -> float:
        """Seconds until the next write without a change."""
        return max(0.0, self._due_at - self._clock.monotonic())

    async def claim(self, row_rev: int) -> int:
        """Write that we begin; return the bucket's revision, which grows with every write of any
        worker and so orders the runs of this camera. UNAVAILABLE without the bus."""
        self._set(Cause.OPENING, [], row_rev, 0, 0)
        return await self._bucket.put(self._key, self._presence.SerializeToString())

    async def tell(
        self,
        cause: Cause,
        tracks: Sequence[pb.TrackInfo],
        *,
        row_rev: int,
        last_frame_at_ns: int,
        reconnects: int,
    ) -> None:
        """Write when something that matters changed, or the time has come."""
        matters = (cause, row_rev, tuple(_matters(track) for track in tracks))
        if matters == self._told and self.due_in_s > 0:
            return
        self._set(cause, tracks, row_rev, last_frame_at_ns, reconnects)
        try:
            await self._bucket.put(self._key, self._presence.SerializeToString())
        except HuiyanError:
            log.debug("presence not written, the bus is away")
            self._due_at = self._clock.monotonic() + RETRY_S
            self._told = None
            return
        self._told = matters
        self._due_at = self._clock.monotonic() + self._every

    async def forget(self) -> None:
        """The camera is no longer ours: take its presence away."""
        try:
            await self._bucket.delete(self._key)
        except HuiyanError:
            log.debug("presence not removed, the bus is away")

    def _set(
        self,
        cause: Cause,
        tracks: Sequence[pb.TrackInfo],
        row_rev: int,
        last_frame_at_ns: int,
        reconnects: int,
    ) -> None:
        presence, now_ns = self._presence, self._clock.utc_ns()
        state = state_of(cause)
        if state != presence.state:
            presence.since_ns = now_ns
        presence.state = state
        presence.cause = cause.value
        presence.observed_at_ns = now_ns
        presence.row_rev = row_rev
        presence.reconnects = reconnects
        if last_frame_at_ns:
            presence.last_frame_at_ns = last_frame_at_ns
        del presence.tracks[:]
        presence.tracks.extend(tracks)


def _matters(track: pb.TrackInfo) -> tuple[object, ...]:
    """What readers must hear of at once; rates and offsets can wait."""
    return (
        track.track,
        track.codec,
        track.width,
        track.height,
        track.b_frames,
        track.fps > 0,
        track.gop_ms > 0,
        track.HasField("camera_minus_arrival_ns"),
    )
