"""A headless WHEP viewer on aiortc: for `huiyan watch`, tests and benchmarks.

It counts access units by RTP timestamp and marker, after retransmission, and decodes only when
asked. `Impairment` makes its link bad; a stalled viewer connects and then ignores all media.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import av
import httpx
import numpy as np
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from huiyan_testing.unit_counter import UnitCounter

OnPicture = Callable[[int, NDArray[np.uint8]], None]
"""Tile and luma (H, W) of each decoded picture."""
OnUnit = Callable[[int, int], None]
"""Tile and RTP timestamp of each complete access unit."""
_JITTER_BUFFER = "_RTCRtpReceiver__jitter_buffer"
_ICE_TRANSPORTS = "_RTCPeerConnection__iceTransports"
_CONNECT_S = 10.0


@dataclass(frozen=True, slots=True)
class Impairment:
    """What the link does to media: fraction lost, round trip in seconds."""

    loss: float = 0.0
    round_trip_s: float = 0.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class WatchResult:
    """What a viewer saw. `lost` counts RTP packets that never came, also after NACK."""

    camera: str
    first_frame_ms: float | None
    fps: float
    frames: int
    lost: int
    bytes: int
    seconds: float


class WhepError(Exception):
    """The relay refused: HTTP status and the code of its problem document."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


@dataclass(slots=True)
class TileCount:
    """What came for one tile; times are time.monotonic()."""

    counter: UnitCounter = field(default_factory=UnitCounter)
    first_at: float | None = None
    last_at: float | None = None
    last_timestamp: int | None = None
    pictures: int = 0


class _CountingJitterBuffer:
    """Stands where aiortc puts packets after RTX was unwrapped; hands them on to decode."""

    def __init__(self, inner: Any | None, tell: Callable[[RtpPacket], None]) -> None:
        self._inner = inner
        self._tell = tell

    def add(self, packet: RtpPacket) -> tuple[bool, Any]:
        self._tell(packet)
        if self._inner is None:
            return False, None
        taken: tuple[bool, Any] = self._inner.add(packet)
        return taken


class WhepViewer:
    """One WHEP session of `tiles` pictures. Use it as an async context manager."""

    def __init__(
        self,
        whep_url: str,
        token: str,
        *,
        tiles: int = 1,
        decode: bool = False,
        on_picture: OnPicture | None = None,
        on_unit: OnUnit | None = None,
        impairment: Impairment | None = None,
        stalled: bool = False,
        channel_url: str | None = None,
    ) -> None:
        self.tiles = [TileCount() for _ in range(tiles)]
        self.session_url = ""
        self.etag = ""
        self.answer = ""
        self.started_at = 0.0
        self.messages: list[dict[str, Any]] = []
        """What the session channel told, newest last; only with `channel_url`."""
        self.heard = asyncio.Event()
        self._url = whep_url
        self._token = token
        self._decode = decode or on_picture is not None
        self._on_picture = on_picture
        self._on_unit = on_unit
        self._impairment = impairment
        self._stalled = stalled
        self._channel_url = channel_url
        self._channel: ClientConnection | None = None
        self._random = random.Random(impairment.seed if impairment else 0)
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        try:
            await self.connect()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def connection_state(self) -> str:
        """`new`, `connecting`, `connected`, `failed` or `closed`."""
        return self._peer.connectionState

    async def offer(self) -> str:
        """The SDP offer, with this machine's candidates."""
        capabilities = RTCRtpReceiver.getCapabilities("video")
        assert capabilities is not None
        codecs = [
            codec for codec in capabilities.codecs if codec.mimeType in ("video/H264", "video/rtx")
        ]
        for index in range(len(self.tiles)):
            transceiver = self._peer.addTransceiver("video", direction="recvonly")
            transceiver.setCodecPreferences(codecs)
            self._count(index, transceiver)
        self._gather_near(urlsplit(self._url).hostname or "127.0.0.1")
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return str(self._peer.localDescription.sdp)

    async def connect(self) -> None:
        """Offer, answer, connect. Raises WhepError, or TimeoutError after 10 s."""
        self.started_at = time.monotonic()
        sdp = await self.offer()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/sdp"}
        async with httpx.AsyncClient(timeout=_CONNECT_S) as client:
            response = await client.post(self._url, content=sdp, headers=headers)
        if response.status_code != 201:
            raise _refusal(response)
        self.session_url = urljoin(self._url, response.headers["location"])
        self.etag = response.headers.get("etag", "")
        self.answer = response.text
        if self._impairment is not None or self._stalled:
            self._spoil_link()
        await self._peer.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        if self._decode:
            for index, transceiver in enumerate(self._peer.getTransceivers()):
                self._tasks.append(asyncio.create_task(self._show(index, transceiver)))
        if self._channel_url is not None:
            await self._open_channel(self._channel_url)
        async with asyncio.timeout(_CONNECT_S):
            while self._peer.connectionState not in ("connected", "failed", "closed"):
                await asyncio.sleep(0.01)
        if self._peer.connectionState != "connected":
            raise WhepError(0, "not_connected", "ICE or DTLS failed")

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message on the session channel."""
        assert self._channel is not None
        await self._channel.send(json.dumps(message))

    async def wait_for(
        self, accepts: Callable[[dict[str, Any]], bool], timeout_s: float = 10.0
    ) -> dict[str, Any]:
        """The first channel message, old or new, that `accepts` takes. TimeoutError."""
        checked = 0
        async with asyncio.timeout(timeout_s):
            while True:
                self.heard.clear()
                for message in self.messages[checked:]:
                    if accepts(message):
                        return message
                checked = len(self.messages)
                await self.heard.wait()

    async def wait_units(self, units: int, *, tile: int = 0, timeout_s: float = 10.0) -> None:
        """Return when a tile has so many complete units. TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while self.tiles[tile].counter.units < units:
                await asyncio.sleep(0.01)

    def result(self, camera: str, seconds: float) -> WatchResult:
        """The sum over all tiles."""
        counts = self.tiles
        firsts = [count.first_at for count in counts if count.first_at is not None]
        first_ms = (min(firsts) - self.started_at) * 1000 if firsts else None
        frames = sum(count.counter.units for count in counts)
        watched_s = max(
            (count.last_at - min(firsts) for count in counts if count.last_at is not None),
            default=0.0,
        )
        return WatchResult(
            camera=camera,
            first_frame_ms=first_ms,
            fps=frames / watched_s if watched_s > 0 else 0.0,
            frames=frames,
            lost=sum(count.counter.lost for count in counts),
            bytes=sum(count.counter.bytes for count in counts),
            seconds=seconds,
        )

    async def close(self) -> None:
        """DELETE the session and leave; nothing is raised when the relay has gone."""
        if self._channel is not None:
            await self._channel.close()
        if self.session_url:
            headers = {"Authorization": f"Bearer {self._token}"}
            with suppress(httpx.HTTPError):
                async with httpx.AsyncClient(timeout=2) as client:
                    await client.delete(self.session_url, headers=headers)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._peer.close()

    async def _open_channel(self, base: str) -> None:
        session = self.session_url.rpartition("/")[2]
        self._channel = await connect(f"{base.rstrip('/')}/{session}")
        await self.send({"type": "grant", "token": self._token})
        self._tasks.append(asyncio.create_task(self._listen(self._channel)))

    async def _listen(self, channel: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in channel:
                self.messages.append(json.loads(text))
                self.heard.set()

    def _count(self, index: int, transceiver: RTCRtpTransceiver) -> None:
        receiver = transceiver.receiver
        inner = getattr(receiver, _JITTER_BUFFER) if self._decode else None

        def take(packet: RtpPacket) -> None:
            self._take(index, packet)

        setattr(receiver, _JITTER_BUFFER, _CountingJitterBuffer(inner, take))

    def _take(self, index: int, packet: RtpPacket) -> None:
        tile = self.tiles[index]
        completed = tile.counter.add(
            packet.sequence_number, bool(packet.marker), len(packet.payload)
        )
        if completed:
            tile.last_at = time.monotonic()
            tile.first_at = tile.first_at or tile.last_at
            tile.last_timestamp = packet.timestamp
            if self._on_unit is not None:
                self._on_unit(index, packet.timestamp)

    async def _show(self, index: int, transceiver: RTCRtpTransceiver) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await transceiver.receiver.track.recv()
                assert isinstance(frame, av.VideoFrame)
                self.tiles[index].pictures += 1
                if self._on_picture is not None:
                    luma = np.asarray(frame.reformat(format="gray").to_ndarray(), dtype=np.uint8)
                    self._on_picture(index, luma)

    def _gather_near(self, host: str) -> None:
        """aioice leaves loopback out; add the address that packets to the relay leave from."""
        with socket.socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM
        ) as probe:
            probe.connect((host, 9))
            near = str(probe.getsockname()[0])
        for transport in getattr(self._peer, _ICE_TRANSPORTS):
            connection = transport._connection
            stock = connection.get_component_candidates

            async def gather(
                component: int, addresses: list[str], timeout: int = 5, stock: Any = stock
            ) -> Any:
                return await stock(component, list(dict.fromkeys([near, *addresses])), timeout)

            connection.get_component_candidates = gather

    def _spoil_link(self) -> None:
        for transport in getattr(self._peer, _ICE_TRANSPORTS):
            for protocol in transport._connection._protocols:
                stock = protocol.datagram_received

                def receive(data: bytes, address: Any, stock: Any = stock) -> None:
                    self._spoil(data, address, stock)

                protocol.datagram_received = receive

    def _spoil(self, data: bytes, address: Any, stock: Callable[[bytes, Any], None]) -> None:
        is_media = 127 < data[0] < 192
        impairment = self._impairment
        if is_media and self._stalled:
            return
        if not is_media or impairment is None:
            stock(data, address)
            return
        if self._random.random() < impairment.loss:
            return
        loop = asyncio.get_running_loop()
        loop.call_later(impairment.round_trip_s, stock, data, address)


async def watch(
    whep_url: str,
    token: str,
    seconds: float,
    *,
    channel_url: str | None = None,
    decode: bool = False,
    on_picture: OnPicture | None = None,
    impairment: Impairment | None = None,
    stalled: bool = False,
) -> WatchResult:
    """Watch one camera for so long. Raises WhepError when the relay refuses."""
    camera = urlsplit(whep_url).path.rstrip("/").split("/")[-2]
    async with WhepViewer(
        whep_url,
        token,
        decode=decode,
        on_picture=on_picture,
        impairment=impairment,
        stalled=stalled,
        channel_url=channel_url,
    ) as viewer:
        await asyncio.sleep(seconds)
        return viewer.result(camera, seconds)


def _refusal(response: httpx.Response) -> WhepError:
    try:
        problem = response.json()
        return WhepError(response.status_code, str(problem["code"]), str(problem["detail_en"]))
    except (ValueError, KeyError, TypeError):
        return WhepError(response.status_code, "unknown", "no problem document")
