"""Keeps one stream of one camera open: vet, ask, pull, watch for silence, open anew."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_kit.backoff import Backoff
from huiyan_kit.clock import Clock
from huiyan_kit.sealing import CameraCredential
from huiyan_media.access_unit import AccessUnit
from huiyan_media.errors import MediaError
from huiyan_media.gop import GopCache

from huiyan_ingest.address_guard import AddressGuard, StreamAddress
from huiyan_ingest.causes import CameraError, Cause
from huiyan_ingest.metrics import IngestMetrics
from huiyan_ingest.source import CameraSource, Medium, OpenSource, RawUnit
from huiyan_ingest.track import Track, VideoTrack

log = logging.getLogger(__name__)
AUDIO = "audio"
GOP_SECONDS = 8.0
GOP_BYTES = 4_000_000
_GOOD_RUN_S = 10.0
# The longest GOP of a believable camera; without a keyframe nobody can show its pictures.
_KEYFRAME_WITHIN_S = 30.0
Probe = Callable[[StreamAddress, CameraCredential | None, float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class PullLimits:
    """Seconds; see `IngestSettings`."""

    open_timeout_s: float = 5.0
    stall_after_s: float = 3.0
    reopen_after_s: float = 6.0
    backoff_first_s: float = 0.5
    backoff_most_s: float = 30.0


@dataclass(frozen=True, slots=True)
class PullPorts:
    """What every pull of the process works with."""

    guard: AddressGuard
    probe: Probe
    open_source: OpenSource
    clock: Clock
    metrics: IngestMetrics
    limits: PullLimits
    asks_first: bool
    """Probe each camera before its source is opened."""


@dataclass(frozen=True)
class StreamLogin:
    """Where a stream is and who we are there. A changed one means another pull."""

    url: str
    credential: CameraCredential | None


class PullListener(Protocol):
    """The camera that a pull belongs to."""

    def next_run_id(self) -> int:
        """A larger one at each call."""

    def on_pull_changed(self) -> None:
        """`cause` or the tracks of a pull are other ones now."""

    def on_access_unit(self, track: str, unit: AccessUnit) -> None:
        """One more unit of `main`, `sub` or `audio`."""


class Pull:
    """One stream, `main` or `sub`. Used once: `run` until cancelled."""

    def __init__(
        self, stream: str, login: StreamLogin, ports: PullPorts, listener: PullListener
    ) -> None:
        self.stream = stream
        self.login = login
        self.cause = Cause.OPENING
        self.reconnects = 0
        self.last_unit_at_ns = 0
        self.gop = GopCache(GOP_SECONDS, GOP_BYTES)
        self.video: VideoTrack | None = None
        self.audio: Track | None = None
        self.run_id = 0
        self.has_keyframe = asyncio.Event()
        self._ports = ports
        self._listener = listener
        self._source: CameraSource | None = None
        self._closed = asyncio.Event()
        self._closed_cause = Cause.NONE
        self._heard_at = 0.0
        self._opened_at = 0.0
        self._has_units = False
        self._urgent = False
        self._wants_audio = False

    def set_demand(self, *, urgent: bool, audio: bool) -> None:
        """Whether somebody watches, and whether audio is wanted."""
        self._urgent, self._wants_audio = urgent, audio
        if self._source is not None:
            self._source.urgent, self._source.wants_audio = urgent, audio

    def track_infos(self) -> list[pb.TrackInfo]:
        """What is known of the tracks of the current or last run."""
        return [track.info() for track in (self.video, self.audio) if track is not None]

    async def run(self) -> None:
        """Pull until cancelled; RTSP is closed when this returns."""
        ports = self._ports
        backoff = Backoff(ports.limits.backoff_first_s, ports.limits.backoff_most_s)
        while True:
            began = ports.clock.monotonic()
            try:
                cause = await self._run_once()
            except CameraError as failure:
                cause = failure.cause
            self.has_keyframe.clear()
            self._change(cause)
            if self.last_unit_at_ns and ports.clock.monotonic() - began > _GOOD_RUN_S:
                backoff.reset()
            ports.metrics.reconnects.labels(cause.value).inc()
            self.reconnects += 1
            log.info("stream lost", extra={"cause": cause.value, "stream": self.stream})
            await ports.clock.sleep(backoff.next_s())

    async def _run_once(self) -> Cause:
        """One RTSP session; why it ended. CameraError when there was none."""
        ports, login = self._ports, self.login
        address = await ports.guard.vet(login.url)
        if ports.asks_first:
            await ports.probe(address, login.credential, ports.limits.open_timeout_s)
        self.run_id = self._listener.next_run_id()
        self._closed.clear()
        self._has_units = False
        source = ports.open_source(address, login.credential, self)
        source.urgent, source.wants_audio = self._urgent, self._wants_audio
        self._source = source
        self._heard_at = ports.clock.monotonic()
        source.start()
        try:
            if await self._watch_for_silence():
                return Cause.NO_UNITS
        finally:
            self._source = None
            source.stop()
            await self._wait_closed()
        if self._closed_cause is Cause.CONNECTION_CLOSED and not self.has_keyframe.is_set():
            return Cause.NO_VIDEO  # it said that it plays, and no picture came
        return self._closed_cause

    async def _watch_for_silence(self) -> bool:
        """Return when the source closed, or True when it was silent for too long."""
        limits, clock = self._ports.limits, self._ports.clock
        # Before the first unit the source's own time-outs hold.
        while True:
            silent_s = clock.monotonic() - self._heard_at
            if self._has_units:
                if silent_s >= limits.reopen_after_s:
                    self._change(Cause.NO_UNITS)
                    return True
                if silent_s >= limits.stall_after_s:
                    self._change(Cause.NO_UNITS)
                    wait_s = limits.reopen_after_s - silent_s
                else:
                    wait_s = limits.stall_after_s - silent_s
            else:
                wait_s = limits.stall_after_s
            try:
                async with asyncio.timeout(wait_s + 0.01):
                    await self._closed.wait()
            except TimeoutError:
                continue
            return False

    async def _wait_closed(self) -> None:
        """The source ends by its read time-out at the latest."""
        limits = self._ports.limits
        try:
            async with asyncio.timeout(limits.open_timeout_s + limits.reopen_after_s):
                await self._closed.wait()
        except TimeoutError:
            log.error("a source does not end", extra={"stream": self.stream})

    # SourceListener

    def on_opened(self, video: Medium, audio: Medium | None) -> None:
        self._heard_at = self._opened_at = self._ports.clock.monotonic()
        try:
            self.video = VideoTrack(self.stream, video, self.run_id)
        except MediaError:
            self.video = VideoTrack(self.stream, Medium(video.codec, video.clock_rate), self.run_id)
        has_audio = audio is not None and self.stream == "main"
        self.audio = Track(AUDIO, audio, self.run_id) if audio and has_audio else None
        self._listener.on_pull_changed()

    def on_unit(self, unit: RawUnit) -> None:
        track = self.audio if unit.audio else self.video
        if self._source is None or track is None:
            return
        received = self._ports.metrics.received
        received.bytes += len(unit.payload)
        if unit.audio:
            received.audio_units += 1
        else:
            received.video_units += 1
        taken = track.take(unit)
        if taken is None:
            return
        if not unit.audio:
            self._heard_at = self._ports.clock.monotonic()
            self._has_units = True
            self.last_unit_at_ns = unit.arrival_ns
            self.gop.push(taken)
            if taken.keyframe:
                self.has_keyframe.set()
            if self.has_keyframe.is_set():
                self._change(Cause.NONE)
            elif self._heard_at - self._opened_at > _KEYFRAME_WITHIN_S:
                self._change(Cause.NO_VIDEO)  # it goes on: some cameras come to their senses
        self._listener.on_access_unit(track.name, taken)

    def on_closed(self, cause: Cause) -> None:
        self._closed_cause = cause
        self._closed.set()

    def _change(self, cause: Cause) -> None:
        if cause is not self.cause:
            self.cause = cause
            self._listener.on_pull_changed()
