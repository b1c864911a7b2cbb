"""Stands where ingest stands: real H.264 with a clock bar, presence, demand answers, media frames.

For tests and benchmarks of what reads the bus; no camera and no RTSP is needed.
"""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction

import av
import numpy as np
from huiyan.ingest.v1.camera_pb2 import CameraRow, Presence, PresenceState, TrackInfo, WorkerSession
from huiyan.ingest.v1.demand_pb2 import DemandReply, DemandRequest, SnapshotReply
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus, Message, Subscription
from huiyan_kit.worker_session import keep_session
from huiyan_media.access_unit import AccessUnit
from huiyan_media.codec import Codec
from huiyan_media.gop import GopCache
from huiyan_media.media_frame import encode

from huiyan_testing.scenes.bar import draw_bar

TOWN = "510799101000"
FPS = 25
GOP = 25
Clip = list[tuple[bytes, bool]]


def make_clip(camera: int, width: int = 320, height: int = 180, frames: int = 50) -> Clip:
    """Annex B units with the clock bar, a keyframe each second, no B-frames."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, FPS), Fraction(FPS, 1)
    codec.gop_size = GOP
    codec.thread_count = 1
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "main",
        "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:repeat-headers=1",
    }
    random = np.random.default_rng(camera)
    ground = random.integers(95, 115, (height, width), dtype=np.uint8)
    units: Clip = []
    for number in range(frames):
        luma = np.roll(ground, number * 2, axis=1)
        chroma = (
            np.full((height // 2, width // 2), 128, np.uint8),
            np.full((height // 2, width // 2), 128, np.uint8),
        )
        draw_bar(luma, chroma, camera, number)
        planes = np.concatenate([luma.ravel(), chroma[0].ravel(), chroma[1].ravel()])
        frame = av.VideoFrame.from_ndarray(planes.reshape(height * 3 // 2, width), "yuv420p")
        frame.pts = number
        for packet in codec.encode(frame):
            units.append((bytes(packet), packet.is_keyframe))
    for packet in codec.encode(None):
        units.append((bytes(packet), packet.is_keyframe))
    assert len(units) == frames
    return units


class MediaPublisher:
    """Stands where ingest stands: presence, worker session, demand answers, media frames."""

    def __init__(
        self,
        bus: Bus,
        camera: str,
        clip: Clip,
        *,
        tracks: tuple[str, ...] = ("main", "sub"),
        state: PresenceState.ValueType = PresenceState.PRESENCE_STATE_ONLINE,
        codecs: dict[str, str] | None = None,
        frame_codecs: dict[str, Codec] | None = None,
        row_bus: Bus | None = None,
    ) -> None:
        """`codecs` is what presence says of a track, `frame_codecs` what its frames say.
        `row_bus` writes the camera row, where users may only do what is theirs."""
        self.camera = camera
        self.clip = clip
        self.run_id = 1
        self.demands: dict[str, int] = {}
        self.gops_asked = 0
        self.published = 0
        self.state = state
        self._codecs = codecs or {}
        self._bus = bus
        self._frame_codecs = frame_codecs or {}
        self._row_bus = row_bus or bus
        self._tracks = tracks
        self._caches = {track: GopCache() for track in tracks}
        self._wanted: dict[str, float] = {}
        self._seq = 0
        self._subscription: Subscription | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.worker = "ingest-00000001"

    async def start(self) -> None:
        row = CameraRow(
            town=TOWN,
            camera=self.camera,
            main_url="rtsp://10.0.0.1/main",
            sub_url="rtsp://10.0.0.1/sub" if "sub" in self._tracks else "",
        )
        await self.put_row(row)
        await self.put_presence()
        await self.serve()
        self._tasks = [asyncio.create_task(self._live()), asyncio.create_task(self._flow())]

    async def serve(self) -> None:
        subject = subjects.demand_any_track(TOWN, self.camera)
        self._subscription = await self._bus.respond(subject, self._answer)
        await self._bus.respond(subjects.snapshot(TOWN, self.camera), self._snapshot)

    async def stop_serving(self) -> None:
        assert self._subscription is not None
        await self._subscription.close()

    async def put_row(self, row: CameraRow) -> None:
        key = subjects.key(TOWN, self.camera)
        await self._row_bus.key_value("cameras").put(key, row.SerializeToString())

    async def put_presence(self) -> None:
        presence = Presence(
            town=TOWN,
            camera=self.camera,
            state=self.state,
            worker=self.worker,
            tracks=[
                TrackInfo(track=track, codec=self._codecs.get(track, "h264"))
                for track in self._tracks
            ],
        )
        key = subjects.key(TOWN, self.camera)
        await self._bus.key_value("presence").put(key, presence.SerializeToString())

    async def _live(self) -> None:
        session = WorkerSession(worker=self.worker, service="ingest")
        await keep_session(self._bus.key_value("workers"), [TOWN], session)

    async def _answer(self, message: Message) -> bytes:
        track = message.subject.rpartition(".")[2]
        request = DemandRequest.FromString(message.payload)
        self.demands[track] = self.demands.get(track, 0) + 1
        if track not in self._caches:
            not_found = PresenceState.PRESENCE_STATE_NOT_FOUND
            return DemandReply(state=not_found, cause="no_such_track").SerializeToString()
        self._wanted[track] = time.monotonic() + 6
        reply = DemandReply(state=self.state, run_id=self.run_id)
        if request.want_gop and self.state == PresenceState.PRESENCE_STATE_ONLINE:
            self.gops_asked += 1
            for unit in self._caches[track].snapshot():
                reply.gop.extend(encode(unit))
        return reply.SerializeToString()

    async def _snapshot(self, message: Message) -> bytes:
        return SnapshotReply(
            state=self.state, jpeg=b"\xff\xd8\xff\xd9", captured_at_ns=1_700_000_000_000_000_000
        ).SerializeToString()

    def new_run(self) -> None:
        """As after a reconnection of the camera."""
        self.run_id += 1
        self._seq = 0

    async def _flow(self) -> None:
        loop = asyncio.get_running_loop()
        started, number = loop.time(), 0
        while True:
            payload, keyframe = self.clip[number % len(self.clip)]
            unit = AccessUnit(
                codec=Codec.H264,
                keyframe=keyframe,
                discontinuity=False,
                rtp_timestamp=number * 3600 & 0xFFFFFFFF,
                run_id=self.run_id,
                au_seq=self._seq,
                arrival_ns=time.time_ns(),
                camera_minus_arrival_ns=None,
                payload=payload,
            )
            self._seq += 1
            number += 1
            now = time.monotonic()
            for track in self._tracks:
                told = unit._replace(codec=self._frame_codecs.get(track, Codec.H264))
                self._caches[track].push(told)
                if self._wanted.get(track, 0) > now:
                    self.published += 1
                    for message in encode(told):
                        await self._bus.publish(subjects.media(TOWN, self.camera, track), message)
            await asyncio.sleep(max(0, started + number / FPS - loop.time()))

    async def has_units(self, units: int, track: str = "main") -> None:
        """Return once so many units stand since its last keyframe: who asks now gets a burst."""
        async with asyncio.timeout(10):
            while len(self._caches[track].snapshot()) < units:
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
