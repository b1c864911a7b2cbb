"""What a camera answers over the bus: demands for its tracks, and still pictures."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from google.protobuf.message import DecodeError
from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan.ingest.v1.demand_pb2 import (
    DemandReply,
    DemandRequest,
    SnapshotReply,
    SnapshotRequest,
)
from huiyan_kit.bus.api import Message

from huiyan_ingest.causes import Cause, state_of
from huiyan_ingest.demand_reply import online_reply, refusal
from huiyan_ingest.last_picture import LastPicture
from huiyan_ingest.metrics import IngestMetrics
from huiyan_ingest.pull import AUDIO, Pull
from huiyan_ingest.still import StillError

SNAPSHOT = "snapshot"
STREAM_OF_TRACK = {"main": "main", "sub": "sub", AUDIO: "main"}


class AnsweringCamera(Protocol):
    """What the answers need of a camera."""

    last_picture: LastPicture

    @property
    def row(self) -> pb.CameraRow:
        """The newest row."""

    @property
    def pulls(self) -> Mapping[str, Pull]:
        """The open and opening pulls by stream."""

    @property
    def cause(self) -> Cause:
        """Why there is no picture."""

    @property
    def is_on(self) -> bool:
        """False while switched off."""

    def want(self, track: str) -> None:
        """Register a demand and open what it needs."""


class CameraAnswers:
    """Responders of one camera."""

    def __init__(
        self, camera: AnsweringCamera, metrics: IngestMetrics, *, first_keyframe_wait_s: float
    ) -> None:
        self._camera = camera
        self._metrics = metrics
        self._wait_s = first_keyframe_wait_s

    async def demand(self, message: Message) -> bytes:
        """DemandRequest on `demand.<camera>.<track>` -> DemandReply."""
        try:
            request = DemandRequest.FromString(message.payload)
        except DecodeError:
            request = DemandRequest()
        reply = await self._answer_demand(message.subject.rpartition(".")[2], request.want_gop)
        self._metrics.demands.labels(pb.PresenceState.Name(reply.state)).inc()
        return reply.SerializeToString()

    async def _answer_demand(self, track: str, want_gop: bool) -> DemandReply:
        camera = self._camera
        stream = STREAM_OF_TRACK.get(track)
        if not camera.is_on:
            return refusal(camera.cause)
        if stream is None or (stream == "sub" and not camera.row.sub_url):
            return refusal(Cause.NO_SUCH_TRACK)
        camera.want(track)
        pull = camera.pulls.get(stream)
        if pull is None:
            # No pull although it is wanted: no readable login, or the camera allows one session.
            refused = camera.cause is not Cause.NONE and not camera.pulls
            return refusal(camera.cause if refused else Cause.SESSION_LIMIT)
        if want_gop and pull.cause is Cause.OPENING:
            await _wait(pull.has_keyframe, self._wait_s)
        if camera.pulls.get(stream) is not pull:  # switched off, or another login, meanwhile
            return refusal(camera.cause or Cause.OPENING)
        return _reply_of_pull(pull, track, want_gop)

    async def snapshot(self, message: Message) -> bytes:
        """SnapshotRequest -> SnapshotReply; without a live picture the last one before."""
        try:
            request = SnapshotRequest.FromString(message.payload)
        except DecodeError:
            request = SnapshotRequest()
        camera = self._camera
        if camera.is_on and camera.last_picture.keyframe is None:
            await self._fetch_picture()
        reply = SnapshotReply(state=state_of(camera.cause), cause=camera.cause.value)
        try:
            still = await camera.last_picture.still(request.max_width)
        except StillError:
            self._metrics.snapshots.labels("undecodable").inc()
            return reply.SerializeToString()
        if still is not None:
            reply.jpeg = still.jpeg
            reply.width, reply.height = still.width, still.height
            reply.captured_at_ns = still.captured_at_ns
        self._metrics.snapshots.labels("made" if still else "none").inc()
        return reply.SerializeToString()

    async def _fetch_picture(self) -> None:
        """A cold camera is opened for a moment, without publishing anything."""
        self._camera.want(SNAPSHOT)
        if (pull := self._camera.pulls.get("main")) is not None:
            await _wait(pull.has_keyframe, self._wait_s)


def _reply_of_pull(pull: Pull, track: str, want_gop: bool) -> DemandReply:
    running = pull.audio if track == AUDIO else pull.video
    if pull.cause is not Cause.NONE or pull.video is None:
        return refusal(pull.cause)
    if running is None:
        return refusal(Cause.NO_SUCH_TRACK)
    units = pull.gop.snapshot() if want_gop and track != AUDIO else []
    if units and units[0].run_id != pull.run_id:
        units = []
    return online_reply(
        running.info(), pull.run_id, units, truncated=bool(units) and pull.gop.truncated
    )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
