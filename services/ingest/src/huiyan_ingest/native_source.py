"""A camera source on our own RTSP client, in the event loop.

It never connects to anything but the vetted address, whatever the camera answers and whenever, and
needs a fraction of the CPU time of libavformat: no thread, one read for many packets. RTP over
TCP only. Drop policy: none of its own; a loop that is late leaves the bytes in the socket buffer.
"""

import asyncio
import logging
import re
import time

from huiyan_kit.sealing import CameraCredential

from huiyan_ingest.address_guard import StreamAddress
from huiyan_ingest.causes import CameraError, Cause
from huiyan_ingest.interleaved import InterleavedReader
from huiyan_ingest.media_receiver import MAX_BAD_PACKETS, MediaReceiver, receivable
from huiyan_ingest.pyav_causes import cause_of_os_error
from huiyan_ingest.rtsp_dialogue import RtspDialogue
from huiyan_ingest.rtsp_reply import Reply, RtspSyntaxError
from huiyan_ingest.session_description import DescribedMedium, parse_session_description
from huiyan_ingest.source import SourceListener

log = logging.getLogger(__name__)
# Some cameras send nothing before their next keyframe.
_FIRST_PATIENCE = 2
_CHANNELS = re.compile(r"interleaved=(\d{1,3})-(\d{1,3})")
_TIMEOUT = re.compile(r"timeout=(\d{1,4})")
_DEFAULT_SESSION_S = 60  # RFC 2326 12.37


class NativeSource:
    """Conforms to `CameraSource`. `urgent` changes nothing here: units are handed over at once."""

    def __init__(
        self,
        address: StreamAddress,
        credential: CameraCredential | None,
        listener: SourceListener,
        *,
        open_s: float,
        read_s: float,
    ) -> None:
        self.urgent = False
        self.wants_audio = False
        self._address = address
        self._credential = credential
        self._listener = listener
        self._open_s = open_s
        self._read_s = read_s
        self._task: asyncio.Task[Cause] | None = None
        self._receivers: dict[int, MediaReceiver] = {}
        self._reports: dict[int, MediaReceiver] = {}
        self._session = ""
        self._session_s = _DEFAULT_SESSION_S
        self._base = address.url
        self._heard_at = 0.0

    def start(self) -> None:
        self._task = asyncio.create_task(self._pull(), name="rtsp source")
        self._task.add_done_callback(self._ended)

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[Cause]) -> None:
        """Tell it once, also when the task was cancelled before it began."""
        if task.cancelled():
            cause = Cause.NONE
        elif (error := task.exception()) is None:
            cause = task.result()
        elif isinstance(error, CameraError):
            cause = error.cause
        else:
            log.error("a source failed", exc_info=error)
            cause = Cause.NO_RTSP
        self._listener.on_closed(cause)

    async def _pull(self) -> Cause:
        async with RtspDialogue(
            self._address, self._credential, timeout_s=self._open_s
        ) as dialogue:
            video, audio = await self._set_up(dialogue)
            await dialogue.ask("PLAY", self._base, Session=self._session, Range="npt=0.000-")
            self._listener.on_opened(video.medium, audio.medium if audio is not None else None)
            try:
                return await self._read(dialogue)
            finally:
                dialogue.send("TEARDOWN", self._base, Session=self._session)

    # opening

    async def _set_up(self, dialogue: RtspDialogue) -> tuple[MediaReceiver, MediaReceiver | None]:
        url = self._address.url
        await dialogue.ask("OPTIONS", url)
        reply = await dialogue.ask("DESCRIBE", url, Accept="application/sdp")
        self._base = reply.headers.get("content-base") or url
        try:
            described = parse_session_description(reply.body)
        except RtspSyntaxError:
            raise CameraError(Cause.NO_RTSP) from None
        videos = [one for one in described if one.kind == "video"]
        audios = [one for one in described if one.kind == "audio"]
        if not videos:
            raise CameraError(Cause.NO_VIDEO)
        video = await self._set_up_first(dialogue, videos)
        if video is None:
            raise CameraError(Cause.CODEC_UNSUPPORTED)
        return video, await self._set_up_first(dialogue, audios)

    async def _set_up_first(
        self, dialogue: RtspDialogue, described: list[DescribedMedium]
    ) -> MediaReceiver | None:
        """Set up the first medium that we can receive."""
        for one in described:
            medium = receivable(one)
            if medium is None:
                continue
            receiver = MediaReceiver(medium, int(one.payload_type))
            channel = 2 * len(self._receivers)
            headers = {"Transport": f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"}
            if self._session:
                headers["Session"] = self._session
            reply = await dialogue.ask("SETUP", control_url(self._base, one.control), **headers)
            self._take_session(reply, receiver)
            return receiver
        return None

    def _take_session(self, reply: Reply, receiver: MediaReceiver) -> None:
        channels = _CHANNELS.search(reply.headers.get("transport", ""))
        if channels is None:  # it insists on UDP, perhaps to another host
            raise CameraError(Cause.TRANSPORT_UNSUPPORTED)
        self._receivers[int(channels[1])] = receiver
        self._reports[int(channels[2])] = receiver
        session = reply.headers.get("session", "")
        self._session = session.partition(";")[0].strip()
        if seconds := _TIMEOUT.search(session):
            self._session_s = max(4, int(seconds[1]))

    # playing

    async def _read(self, dialogue: RtspDialogue) -> Cause:
        """Watches while pictures come: silence, keep-alive, the end."""
        loop = asyncio.get_running_loop()
        reader = InterleavedReader()
        ended: asyncio.Future[Cause] = loop.create_future()
        self._heard_at = loop.time() + (_FIRST_PATIENCE - 1) * self._read_s

        def take(data: bytes) -> None:
            if ended.done():
                return
            try:
                if (cause := self._take(reader, dialogue, data)) is not None:
                    ended.set_result(cause)
            except Exception as error:  # ours, not the camera's: `_ended` tells it
                ended.set_exception(error)

        lost = dialogue.play(take)
        alive_due = loop.time() + self._session_s / 2
        while True:
            now = loop.time()
            silent_at = self._heard_at + self._read_s
            if now >= silent_at:
                await asyncio.sleep(0)  # a loop that was late itself takes what waits first
                if loop.time() >= self._heard_at + self._read_s:
                    return Cause.NO_UNITS
                continue
            if now >= alive_due:
                alive_due = now + self._session_s / 2
                dialogue.send("GET_PARAMETER", self._base, Session=self._session)
            await asyncio.wait(
                (lost, ended),
                timeout=min(silent_at, alive_due) - now,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if ended.done():
                return ended.result()
            if lost.done():
                error = lost.result()
                return Cause.CONNECTION_CLOSED if error is None else cause_of_os_error(error)

    def _take(self, reader: InterleavedReader, dialogue: RtspDialogue, data: bytes) -> Cause | None:
        """Take apart what came; the cause when the pull is over."""
        self._heard_at = asyncio.get_running_loop().time()
        arrival_ns = time.time_ns()
        try:
            channels = reader.feed(data)
        except RtspSyntaxError:
            return Cause.NO_RTSP
        for reply in reader.replies:
            dialogue.take_challenge(reply)
        for channel, packets in channels.items():
            receiver = self._receivers.get(channel)
            if receiver is not None:
                for unit in receiver.take(packets, arrival_ns):
                    if not unit.audio or self.wants_audio:
                        self._listener.on_unit(unit)
                if receiver.bad_packets >= MAX_BAD_PACKETS:
                    return Cause.NO_VIDEO
            elif (reported := self._reports.get(channel)) is not None:
                for packet in packets:
                    reported.clock.take(packet)
                if reported.clock.said_goodbye:
                    return Cause.CONNECTION_CLOSED
        return None


def control_url(base: str, control: str) -> str:
    """The URL of a medium (RFC 2326 C.1.1). It is only a name inside our connection."""
    if not control or control == "*":
        return base
    if control.lower().startswith(("rtsp://", "rtsps://")):
        return control
    return base + control if base.endswith("/") else f"{base}/{control}"
