"""A camera source on libavformat: one thread that reads one RTSP stream over TCP.

libavformat may only be closed by the thread that reads it, so stopping is a flag which the thread
sees at the next packet, or at the latest when its read timeout has passed.

libavformat follows redirects. A probe before each opening refuses cameras that redirect, but one
that answers the probe well and redirects later would be followed: set `source=pyav` only where
cameras are trusted. The default source cannot be sent anywhere.
"""

import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

import av
import av.container
import av.error
import av.packet
import av.stream
from huiyan_kit.sealing import CameraCredential
from huiyan_media.codec import Codec

from huiyan_ingest.address_guard import StreamAddress
from huiyan_ingest.causes import CameraError, Cause
from huiyan_ingest.handoff import Handoff
from huiyan_ingest.metrics import IngestMetrics
from huiyan_ingest.pyav_causes import cause_of_open_error, cause_of_read_error
from huiyan_ingest.source import Medium, RawUnit, SourceListener

AnyPacket: TypeAlias = "av.packet.Packet[av.stream.Stream]"

_CODECS = {
    "h264": Codec.H264,
    "hevc": Codec.H265,
    "pcm_alaw": Codec.PCMA,
    "pcm_mulaw": Codec.PCMU,
    "aac": Codec.AAC,
}
MAX_PENDING_PACKETS = 250
_GENERATE_PTS = 0x0001  # AVFMT_FLAG_GENPTS, which PyAV sets on every container
_PRODUCER_TIME = struct.Struct("<q")  # AVProducerReferenceTime: wall clock in µs, then flags
_FIXED_OPTIONS = {
    "rtsp_transport": "tcp",
    # No file, http or udp, whatever a camera's answer asks for.
    "protocol_whitelist": "rtsp,rtsps,rtp,tcp,tls",
    "allowed_media_types": "video+audio",
    # The session description and the parameter sets tell enough; do not wait for pictures.
    "analyzeduration": "0",
    "fpsprobesize": "0",
}


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How long libavformat may wait, in seconds."""

    open_s: float
    read_s: float


class PyavSource:
    """Conforms to `CameraSource`. Drop policy: while 250 packets of this camera wait for the event
    loop, packets are dropped and counted, then all up to the next keyframe.

    The thread does nothing but read: it wakes for each picture with cold caches, where each line
    costs several times what it costs in the loop, which takes packets in batches.
    """

    def __init__(
        self,
        address: StreamAddress,
        credential: CameraCredential | None,
        listener: SourceListener,
        *,
        handoff: Handoff,
        limits: ReadLimits,
        metrics: IngestMetrics,
    ) -> None:
        self.urgent = False
        self.wants_audio = False
        self._address = address
        self._credential = credential
        self._listener = listener
        self._handoff = handoff
        self._limits = limits
        self._metrics = metrics
        self._stopped = False
        self._given = 0  # only the thread writes this
        self._taken = 0  # only the loop writes this
        self._audio_index: int | None = None
        self._offset_ns: int | None = None

    def start(self) -> None:
        self._handoff.open()
        threading.Thread(target=self._run, name="rtsp reader", daemon=True).start()

    def stop(self) -> None:
        self._stopped = True

    def _run(self) -> None:
        try:
            cause = self._pull()
        except CameraError as failure:
            cause = failure.cause
        except Exception:  # a source that dies silently would leave its camera without a picture
            cause = Cause.NO_RTSP
        self._handoff.post(self._deliver_closed, cause)

    def _pull(self) -> Cause:
        with closing(self._open()) as container:
            if self._stopped:
                return Cause.NONE
            # RTP gives each picture its time: filling in missing ones costs 0.2 ms a camera-second.
            container.flags &= ~_GENERATE_PTS
            video = next(iter(container.streams.video), None)
            if video is None:
                return Cause.CODEC_UNSUPPORTED
            audio = next((one for one in container.streams.audio if _medium(one)), None)
            medium = _medium(video)
            if medium is None:
                return Cause.CODEC_UNSUPPORTED
            opened = (medium, _medium(audio) if audio is not None else None)
            self._handoff.post(self._deliver_opened, opened)
            try:
                self._read(container, video, audio)
            except (av.error.FFmpegError, OSError) as error:
                return cause_of_read_error(error)
            # A connection that was dropped looks like a file that ended.
            return Cause.CONNECTION_CLOSED

    def _open(self) -> av.container.InputContainer:
        limits = self._limits
        options = _FIXED_OPTIONS | {"timeout": str(round(limits.read_s * 1e6))}
        began = time.monotonic()
        try:
            return av.open(
                _url_with_login(self._address, self._credential),
                format="rtsp",
                options=options,
                # No read timeout of PyAV's: to look at its clock it takes the interpreter lock for
                # each poll of the socket, which doubled the cost of 40 cameras. libavformat's own
                # `timeout` bounds each wait for the socket.
                timeout=(limits.open_s, None),
            )
        except Exception as error:
            timed_out = time.monotonic() - began >= 0.9 * min(limits.open_s, limits.read_s)
            cause = cause_of_open_error(error, timed_out=timed_out)
        # Outside of the handler: the exception with the password in its text is gone.
        raise CameraError(cause)

    def _read(
        self,
        container: av.container.InputContainer,
        video: av.stream.Stream,
        audio: av.stream.Stream | None,
    ) -> None:
        packets: Iterator[AnyPacket] = container.demux(
            *(stream for stream in (video, audio) if stream is not None)
        )
        self._audio_index = None if audio is None else audio.index
        video_index = video.index
        put, deliver, clock = self._handoff.put, self._deliver_packet, time.time_ns
        after_loss = False
        for packet in packets:
            arrival_ns = clock()
            if self._stopped:
                return
            if self._given - self._taken >= MAX_PENDING_PACKETS:
                after_loss = True
                self._metrics.dropped_units.labels("handoff").inc()
                continue
            if after_loss and not (packet.stream_index == video_index and packet.is_keyframe):
                self._metrics.dropped_units.labels("handoff").inc()
                continue
            self._given += 1
            put((deliver, (packet, arrival_ns, after_loss), arrival_ns))
            after_loss = False
            if self.urgent:
                self._handoff.wake()

    def _note_clock(self, packet: AnyPacket, arrival_ns: int) -> None:
        """Camera clock minus arrival; known after the first RTCP sender report (RFC 3550 6.4).
        It drifts by seconds a day: once a GOP is enough."""
        if packet.has_sidedata("prft"):
            (wall_us,) = _PRODUCER_TIME.unpack_from(bytes(packet.get_sidedata("prft")))
            self._offset_ns = wall_us * 1000 - arrival_ns

    def _deliver_opened(self, media: tuple[Medium, Medium | None]) -> None:
        self._listener.on_opened(*media)

    def _deliver_closed(self, cause: Cause) -> None:
        self._handoff.close()
        self._listener.on_closed(cause)

    def _deliver_packet(self, item: tuple[AnyPacket, int, bool]) -> None:
        self._taken += 1
        packet, arrival_ns, after_loss = item
        is_audio = self._audio_index is not None and packet.stream_index == self._audio_index
        if is_audio and not self.wants_audio:
            return
        payload = bytes(packet)
        if not payload:
            return
        if packet.is_keyframe:
            self._note_clock(packet, arrival_ns)
        unit = RawUnit(
            is_audio,
            payload,
            packet.pts,
            after_loss or packet.is_corrupt,
            arrival_ns,
            self._offset_ns,
        )
        self._listener.on_unit(unit)


def _medium(stream: av.stream.Stream) -> Medium | None:
    codec = _CODECS.get(stream.codec_context.name)
    if codec is None or stream.time_base is None:
        return None
    return Medium(codec, stream.time_base.denominator, stream.codec_context.extradata or b"")


def _url_with_login(address: StreamAddress, credential: CameraCredential | None) -> str:
    if credential is None:
        return address.url
    login = f"{quote(credential.user, safe='')}:{quote(credential.password, safe='')}"
    return f"{address.scheme}://{login}@{address.netloc}{address.target}"
