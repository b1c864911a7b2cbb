"""The farm: many simulated cameras behind one RTSP port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from huiyan_testing.camera.camera import Camera
from huiyan_testing.camera.clip import Clip
from huiyan_testing.camera.connection import SESSION_TIMEOUT_S, Connection
from huiyan_testing.camera.digest import Credential, DigestAlgorithm
from huiyan_testing.camera.drawing import BackgroundDrawing
from huiyan_testing.camera.errors import NotDrawnYetError
from huiyan_testing.camera.pacer import DEFAULT_SLOTS, Pacer
from huiyan_testing.camera.route import AudioCodec, StreamKey, build_path
from huiyan_testing.camera.stream import LiveStream
from huiyan_testing.camera.tone import AudioLoop, encode_loop
from huiyan_testing.scenes.rendition import TrackName, VideoVariant

_PHASE_STEP_FRAMES = 37  # so that the cameras' keyframes do not coincide
_SSRC_BASE = 0x48590000
# As long as our client waits for an answer (5 s), nearly: a clip that comes meanwhile is shown.
_HOLD_S = 4.5


class ClipSource(Protocol):
    """Gives the coded loop of a camera; may render it first, so it is called in a thread."""

    def clip(self, number: int, track: TrackName, variant: VideoVariant) -> Clip: ...


class CameraFarm:
    """RTSP server for cameras 1…65535; cameras come into being when they are first named.

    `credentials` are asked for below `/auth/`. `write_buffer_bytes` bounds what waits for one slow
    client. A camera that `drawing` has not drawn yet keeps a client waiting for 4.5 s and
    then does not answer: it comes again.

    Use as an async context manager or with `start` and `stop`.
    """

    def __init__(
        self,
        clips: ClipSource,
        *,
        credentials: Credential | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        digest_algorithm: DigestAlgorithm = DigestAlgorithm.MD5,
        write_buffer_bytes: int = 1 << 20,
        log_capacity: int = 3000,
        wall_ns: Callable[[], int] = time.time_ns,
        drawing: BackgroundDrawing | None = None,
        slots: int = DEFAULT_SLOTS,
    ) -> None:
        self.credential = credentials
        self.digest_algorithm = digest_algorithm
        self.write_buffer_bytes = write_buffer_bytes
        self.connections: set[Connection] = set()
        self._clips = clips
        self._host = host
        self._port = port
        self._log_capacity = log_capacity
        self._wall_ns = wall_ns
        self._drawing = drawing
        self._cameras: dict[int, Camera] = {}
        self._streams: dict[StreamKey, asyncio.Task[LiveStream]] = {}
        self._live: dict[int, list[LiveStream]] = {}
        self._sounds: dict[AudioCodec, AudioLoop] = {}
        self._pacer = Pacer(slots)
        self._server: asyncio.Server | None = None
        self._reaper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), self._host, self._port, backlog=1024
        )
        self._port = self._server.sockets[0].getsockname()[1]
        self._pacer.start()
        self._reaper = loop.create_task(self._reap_silent_sessions())

    async def stop(self) -> None:
        """Close the port, all connections and all timers."""
        if self._server is None:
            return
        self._server.close()
        self._pacer.stop()
        pending: list[asyncio.Task[None] | asyncio.Task[LiveStream]] = [*self._streams.values()]
        if self._reaper is not None:
            pending.append(self._reaper)
        for task in pending:
            task.cancel()
        for connection in tuple(self.connections):
            connection.abort()
        await asyncio.gather(*pending, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> CameraFarm:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        return self._port

    def url(self, number: int, track: str = "main", *options: str) -> str:
        """`url(3, "sub", "auth", "fault/stall5")`; never with user info."""
        return f"rtsp://{self._host}:{self._port}{build_path(number, track, *options)}"

    def camera(self, number: int) -> Camera:
        if number not in self._cameras:
            self._cameras[number] = Camera(number, self._log_capacity)
        return self._cameras[number]

    async def preload(self, *keys: StreamKey) -> None:
        """Load (and render, if needed) streams before a client asks for them."""
        for key in keys:
            await self.stream(key)

    # Hub

    async def stream(self, key: StreamKey) -> LiveStream:
        """The stream of this key. Raises ClipError, NotDrawnYetError; neither is remembered."""
        if not await self._is_drawn(key):
            raise NotDrawnYetError
        task = self._streams.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._open_stream(key))
            self._streams[key] = task
            task.add_done_callback(lambda done: self._forget_failed(key, done))
        return await asyncio.shield(task)

    async def _is_drawn(self, key: StreamKey) -> bool:
        """The other variants are nobody's but tests': drawn when they are asked for."""
        if self._drawing is None or key.variant is not VideoVariant.H264:
            return True
        return await self._drawing.wait(key.camera, _HOLD_S)

    def counter(self, number: int) -> int:
        """The access-unit counter of a camera now."""
        return self._pacer.current_tick() + _phase(number)

    def opened(self, connection: Connection) -> None:
        self.connections.add(connection)

    def closed(self, connection: Connection) -> None:
        self.connections.discard(connection)

    async def _open_stream(self, key: StreamKey) -> LiveStream:
        clip = await asyncio.to_thread(self._clips.clip, key.camera, key.track, key.variant)
        audio = await self._sound(key.audio) if key.audio is not None else None
        ssrc = _SSRC_BASE + 2 * len(self._streams)
        stream = LiveStream(
            key,
            clip,
            audio,
            log=self.camera(key.camera).log,
            wall_ns=self._wall_ns,
            ssrc=ssrc,
        )
        streams = self._live.get(key.camera)
        if streams is None:
            streams = self._live[key.camera] = []
            self._pacer.add(_ticker(streams, _phase(key.camera)))
        streams.append(stream)
        return stream

    async def _sound(self, codec: AudioCodec) -> AudioLoop:
        if codec not in self._sounds:
            self._sounds[codec] = await asyncio.to_thread(encode_loop, codec)
        return self._sounds[codec]

    def _forget_failed(self, key: StreamKey, task: asyncio.Task[LiveStream]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._streams.pop(key, None)

    async def _reap_silent_sessions(self) -> None:
        """RFC 2326 12.37: a session without any sign of life is ended; keep-alive is any byte."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(5)
            oldest = loop.time() - 1.5 * SESSION_TIMEOUT_S
            for connection in tuple(self.connections):
                if connection.last_heard < oldest:
                    connection.close()


def _phase(number: int) -> int:
    return number * _PHASE_STEP_FRAMES


def _ticker(streams: list[LiveStream], phase: int) -> Callable[[int], None]:
    def tick(number: int) -> None:
        for stream in streams:
            stream.tick(number + phase)

    return tick
