"""One RTSP connection: the edge between asyncio and the message, digest and stream modules."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from typing import Protocol, cast

from huiyan_testing.camera.camera import Camera
from huiyan_testing.camera.digest import Challenge, Credential, DigestAlgorithm
from huiyan_testing.camera.errors import (
    ClipError,
    NotDrawnYetError,
    RouteError,
    RtspSyntaxError,
)
from huiyan_testing.camera.fault import Fault, FaultKind
from huiyan_testing.camera.route import Route, StreamKey, parse_route
from huiyan_testing.camera.rtsp import Request, RequestReader, build_response
from huiyan_testing.camera.sdp import build_sdp
from huiyan_testing.camera.stream import AUDIO, VIDEO, LiveStream

SESSION_TIMEOUT_S = 60
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
_MEDIA_BITS = {0: VIDEO, 1: AUDIO}
_CLOSING = {FaultKind.UNAUTHORISED, FaultKind.NOT_FOUND, FaultKind.END}
_SILENT = {FaultKind.STALL, FaultKind.HANG}


class Hub(Protocol):
    """What a connection needs of its farm."""

    credential: Credential | None
    digest_algorithm: DigestAlgorithm
    write_buffer_bytes: int

    def camera(self, number: int) -> Camera: ...

    async def stream(self, key: StreamKey) -> LiveStream: ...

    def counter(self, number: int) -> int: ...

    def opened(self, connection: Connection) -> None: ...

    def closed(self, connection: Connection) -> None: ...


class Connection(asyncio.Protocol):
    """Requests are handled one after the other by a task; media is written by the streams."""

    def __init__(self, hub: Hub) -> None:
        self.media = 0
        self.playing = False
        self.last_heard = 0.0
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader()
        self._requests: asyncio.Queue[Request] = asyncio.Queue(32)
        self._challenge = Challenge(secrets.token_hex(16), algorithm=hub.digest_algorithm)
        self._session = f"{secrets.randbelow(10**8):08d}"
        self._transport: asyncio.Transport | None = None
        self._worker: asyncio.Task[None] | None = None
        self._camera: Camera | None = None
        self._stream: LiveStream | None = None
        self._url_fault: Fault | None = None
        self._silent = False
        self._awaits_keyframe = True
        self._congested = False
        self._timers: list[asyncio.TimerHandle] = []

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # a cast, as uvloop's transports are no subclasses of asyncio.Transport
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=self._hub.write_buffer_bytes)
        self.last_heard = self._loop.time()
        self._hub.opened(self)
        self._worker = self._loop.create_task(self._work())

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_media()
        if self._camera is not None:
            self._camera.detach(self)
        if self._worker is not None:
            self._worker.cancel()
        for timer in self._timers:
            timer.cancel()
        self._transport = None
        self._hub.closed(self)

    def data_received(self, data: bytes) -> None:
        self.last_heard = self._loop.time()
        try:
            for message in self._reader.feed(data):
                if isinstance(message, Request):
                    self._requests.put_nowait(message)
        except (RtspSyntaxError, asyncio.QueueFull):
            self.close()

    def pause_writing(self) -> None:
        self._congested = True

    def resume_writing(self) -> None:
        self._congested = False

    # Client of a LiveStream

    def deliver(self, wire: bytes, keyframe: bool) -> bool:
        """Slow clients lose everything up to the next keyframe that finds room in the buffer."""
        if self._transport is None or self._silent:
            return False
        if self._congested:
            self._awaits_keyframe = True
            self._count_skip()
            return False
        if self._awaits_keyframe:
            if not keyframe:
                return False
            self._awaits_keyframe = False
        if self._fault_kind() is FaultKind.GARBAGE_MEDIA:
            wire = _garbage_like(wire, framed=not keyframe)
        self._transport.write(wire)
        return True

    # CameraSession

    def fault_changed(self) -> None:
        kind = self._fault_kind()
        was_silent = self._silent
        self._silent = False
        if was_silent:
            self._awaits_keyframe = True
        if self.playing:
            self._schedule_fault()
        elif kind is FaultKind.DROP:
            self.abort()

    def close(self) -> None:
        if self._transport is not None:
            self._stop_media()
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._stop_media()
            self._transport.abort()

    # requests

    async def _work(self) -> None:
        while True:
            request = await self._requests.get()
            try:
                await self._handle(request)
            except RouteError:
                self._answer(request, 404)
            except NotDrawnYetError:
                # Silence, as of a camera that is just booting: any answer would name another fault.
                continue
            except ClipError:
                self._answer(request, 500)

    async def _handle(self, request: Request) -> None:
        route = None if request.path in ("*", "/") else parse_route(request.path)
        if route is not None:
            self._address(route)
            if await self._misbehaves(request):
                return
            if not self._authorised(request, route):
                self._refuse(request)
                return
        match request.method:
            case "OPTIONS":
                self._answer(request, headers={"Public": METHODS})
            case "DESCRIBE" if route is not None:
                await self._describe(request, route)
            case "SETUP" if route is not None:
                await self._set_up(request, route)
            case "PLAY":
                self._play(request)
            case "PAUSE":
                self._stop_media()
                self._answer(request)
            case "GET_PARAMETER" | "SET_PARAMETER":
                self._answer(request)
            case "TEARDOWN":
                self._answer(request)
                self.close()
            case _:
                self._answer(request, 405)

    def _address(self, route: Route) -> None:
        """Remember which camera this connection talks to."""
        camera = self._hub.camera(route.key.camera)
        if self._camera is not camera:
            if self._camera is not None:
                self._camera.detach(self)
            self._camera = camera
            camera.connect_attempts += 1
            camera.attach(self)
        self._url_fault = route.fault

    async def _misbehaves(self, request: Request) -> bool:
        """Faults that show in an answer; True when the request has been dealt with."""
        fault = self._fault()
        if fault is None:
            return False
        kind, options = fault.kind, request.method == "OPTIONS"
        if kind is FaultKind.HANG or (kind is FaultKind.HANG_DESCRIBE and not options):
            return True
        if kind is FaultKind.SLOW:
            await asyncio.sleep(fault.after_s)
        elif kind is FaultKind.DROP and fault is not self._url_fault and not fault.after_s:
            self.abort()
            return True
        elif kind is FaultKind.UNAUTHORISED and not options:
            self._refuse(request)
            return True
        elif kind is FaultKind.NOT_FOUND and not options:
            self._answer(request, 404)
            return True
        elif kind is FaultKind.GARBAGE and not options:
            self._write(os.urandom(2048))
            return True
        return False

    def _authorised(self, request: Request, route: Route) -> bool:
        if not route.auth or request.method == "OPTIONS":
            return True
        credential = self._hub.credential
        given = request.headers.get("authorization", "")
        return credential is not None and self._challenge.accepts(given, request.method, credential)

    def _refuse(self, request: Request) -> None:
        if self._camera is not None:
            self._camera.refusals += 1
        self._answer(request, 401, {"WWW-Authenticate": self._challenge.header()})

    async def _describe(self, request: Request, route: Route) -> None:
        self._hub.camera(route.key.camera).describes += 1
        stream = await self._hub.stream(route.key)
        audio = stream.audio.format if stream.audio is not None else None
        body = build_sdp(stream.clip.format, audio).encode()
        base = request.url.rstrip("/") + "/"
        self._answer(
            request, 200, {"Content-Base": base, "Content-Type": "application/sdp"}, body=body
        )

    async def _set_up(self, request: Request, route: Route) -> None:
        if self.playing:
            self._answer(request, 455)
            return
        transport = request.headers.get("transport", "")
        if not re.search(r"RTP/AVP/TCP", transport, re.IGNORECASE):
            self._answer(request, 461)
            return
        stream = await self._hub.stream(route.key)
        index = route.media_index or 0
        if index == 1 and stream.audio is None:
            self._answer(request, 404)
            return
        self._stream = stream
        self.media |= _MEDIA_BITS[index]
        self._answer(
            request,
            headers={
                "Transport": f"RTP/AVP/TCP;unicast;interleaved={index * 2}-{index * 2 + 1}",
                "Session": f"{self._session};timeout={SESSION_TIMEOUT_S}",
            },
        )

    def _play(self, request: Request) -> None:
        if self._stream is None:
            self._answer(request, 455)
            return
        self._answer(request, headers={"Range": "npt=now-"})
        if self.playing:
            return
        counter = self._hub.counter(self._stream.key.camera)
        self._write(self._stream.first_reports(counter, self.media))
        self.playing = True
        self._awaits_keyframe = bool(self.media & VIDEO)
        self._stream.clients.add(self)
        self._schedule_fault()

    # faults and media

    def _fault(self) -> Fault | None:
        return self._camera.effective_fault(self._url_fault) if self._camera else self._url_fault

    def _fault_kind(self) -> FaultKind | None:
        fault = self._fault()
        return fault.kind if fault is not None else None

    def _schedule_fault(self) -> None:
        fault = self._fault()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if fault is None:
            return
        if fault.kind in _SILENT:
            self._later(fault.after_s, self._fall_silent)
        elif fault.kind is FaultKind.DROP:
            self._later(fault.after_s, self.abort)
        elif fault.kind in _CLOSING:
            self._later(fault.after_s, self._end)

    def _later(self, delay_s: float, action: object) -> None:
        assert callable(action)
        if delay_s <= 0:
            action()
        else:
            self._timers.append(self._loop.call_later(delay_s, action))

    def _fall_silent(self) -> None:
        self._silent = True

    def _end(self) -> None:
        """As a camera does that restarts its stream: goodbye, then close."""
        if self._stream is not None and self.playing:
            self._write(self._stream.byes(self.media))
        self.close()

    def _stop_media(self) -> None:
        self.playing = False
        if self._stream is not None:
            self._stream.clients.discard(self)

    def _count_skip(self) -> None:
        if self._camera is not None:
            self._camera.skipped_units += 1

    def _answer(
        self,
        request: Request,
        status: int = 200,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        fields = dict(headers or {})
        if self._stream is not None and "Session" not in fields and request.method != "DESCRIBE":
            fields["Session"] = self._session
        self._write(build_response(request.cseq, status, fields, body))

    def _write(self, chunk: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(chunk)


def _garbage_like(wire: bytes, framed: bool) -> bytes:
    """Random bytes of the same length; `framed` keeps one valid interleaved header."""
    noise = os.urandom(len(wire))
    if not framed or len(noise) > 65_000:
        return noise
    return b"$\0" + len(noise).to_bytes(2, "big") + noise
