"""One live stream of a camera: builds the wire bytes of each tick once, for all its clients."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from huiyan_testing.camera.clip import Clip
from huiyan_testing.camera.route import StreamKey
from huiyan_testing.camera.rtcp import goodbye, interleaved, sender_report
from huiyan_testing.camera.sdp import AUDIO_PAYLOAD_TYPES, VIDEO_PAYLOAD_TYPE
from huiyan_testing.camera.sent_log import SentLog, SentUnit
from huiyan_testing.camera.stamp import Stamp, build_stamp
from huiyan_testing.camera.tone import AudioLoop
from huiyan_testing.scenes.rendition import FRAMES_PER_SECOND

VIDEO_CLOCK = 90_000
TICKS_PER_FRAME = VIDEO_CLOCK // FRAMES_PER_SECOND
REPORT_INTERVAL_FRAMES = 5 * FRAMES_PER_SECOND
VIDEO, AUDIO = 1, 2  # bits of a client's media mask
_MARKER = 0x80
_INTERLEAVED_RTP = struct.Struct("!BBHBBHII")  # RFC 2326 10.12 and RFC 3550 5.1


class Client(Protocol):
    """A connection in PLAY. `media` is a mask of VIDEO and AUDIO."""

    media: int

    def deliver(self, wire: bytes, keyframe: bool) -> bool:
        """Take the bytes of one tick; False when skipped."""


class RtpSender:
    """Sequence number, counts and channel of one RTP source."""

    def __init__(self, channel: int, payload_type: int, ssrc: int, clock_rate: int) -> None:
        self.channel = channel
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self._payload_type = payload_type
        self._sequence = ssrc & 0x7FFF
        self._base = (ssrc * 2_654_435_761) & 0xFFFFFFFF  # a fixed, arbitrary timestamp origin
        self._packets = 0
        self._octets = 0

    def append(self, parts: list[bytes], payload: bytes, ticks: int, marker: bool) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        size = len(payload)
        self._packets += 1
        self._octets += size
        parts.append(
            _INTERLEAVED_RTP.pack(
                0x24,
                self.channel,
                size + 12,
                0x80,
                self._payload_type | (_MARKER if marker else 0),
                self._sequence,
                (self._base + ticks) & 0xFFFFFFFF,
                self.ssrc,
            )
        )
        parts.append(payload)

    def report(self, wall_ns: int, ticks: int) -> bytes:
        packet = sender_report(self.ssrc, wall_ns, self._base + ticks, self._packets, self._octets)
        return interleaved(self.channel + 1, packet)

    def bye(self) -> bytes:
        return interleaved(self.channel + 1, goodbye(self.ssrc))


class LiveStream:
    """Loops a clip (and a sound) for the connections that play it.

    Channels are fixed (video 0-1, audio 2-3), so that all clients share the same bytes.
    """

    def __init__(
        self,
        key: StreamKey,
        clip: Clip,
        audio: AudioLoop | None,
        *,
        log: SentLog,
        wall_ns: Callable[[], int],
        ssrc: int,
    ) -> None:
        self.key = key
        self.clip = clip
        self.audio = audio
        self.clients: set[Client] = set()
        self._log = log
        self._wall_ns = wall_ns
        self._video = RtpSender(0, VIDEO_PAYLOAD_TYPE, ssrc, VIDEO_CLOCK)
        self._sound: RtpSender | None = None
        if audio is not None:
            self._sound = RtpSender(
                2, AUDIO_PAYLOAD_TYPES[audio.format.codec], ssrc + 1, audio.format.clock_rate
            )

    def tick(self, counter: int) -> None:
        """Send access unit `counter` to all clients; nothing is built while there are none."""
        if not self.clients:
            return
        wall_ns = self._wall_ns()
        picture = self.clip.pictures[counter % len(self.clip.pictures)]
        video = self._video_parts(counter, wall_ns)
        wires = {VIDEO: b"".join(video)}
        if self._sound is not None:
            sound = self._sound_parts(counter, wall_ns)
            wires[AUDIO] = b"".join(sound)
            wires[VIDEO | AUDIO] = wires[VIDEO] + wires[AUDIO]
        sent = 0
        for client in tuple(self.clients):
            sent += client.deliver(wires[client.media], picture.keyframe)
        if sent:
            size = len(wires.get(VIDEO | AUDIO, wires[VIDEO]))
            self._log.add(SentUnit(self.key, counter, wall_ns, picture.keyframe, size, sent))

    def first_reports(self, counter: int, media: int) -> bytes:
        """Sender reports for a client that begins now."""
        wall_ns = self._wall_ns()
        return b"".join(s.report(wall_ns, self._ticks(s, counter)) for s in self._senders(media))

    def byes(self, media: int) -> bytes:
        return b"".join(sender.bye() for sender in self._senders(media))

    def _video_parts(self, counter: int, wall_ns: int) -> list[bytes]:
        clip = self.clip
        loop, index = divmod(counter, len(clip.pictures))
        picture = clip.pictures[index]
        ticks = (loop * len(clip.pictures) + picture.frame) * TICKS_PER_FRAME
        parts: list[bytes] = []
        if counter % REPORT_INTERVAL_FRAMES == 0:
            parts.append(self._video.report(wall_ns, self._ticks(self._video, counter)))
        for payload in picture.lead:
            self._video.append(parts, payload, ticks, marker=False)
        stamp = Stamp(self.key.camera, counter, wall_ns)
        self._video.append(parts, build_stamp(stamp, clip.codec), ticks, marker=False)
        for payload in picture.slices[:-1]:
            self._video.append(parts, payload, ticks, marker=False)
        self._video.append(parts, picture.slices[-1], ticks, marker=True)
        return parts

    def _sound_parts(self, counter: int, wall_ns: int) -> list[bytes]:
        """Audio packets whose first sample falls into this tick."""
        assert self.audio is not None
        assert self._sound is not None
        parts: list[bytes] = []
        if counter % REPORT_INTERVAL_FRAMES == 0:
            parts.append(self._sound.report(wall_ns, self._ticks(self._sound, counter)))
        step = self.audio.samples_per_packet
        begin = -(-self._ticks(self._sound, counter) // step)
        end = -(-self._ticks(self._sound, counter + 1) // step)
        for number in range(begin, end):
            payload = self.audio.payloads[number % len(self.audio.payloads)]
            self._sound.append(parts, payload, number * step, marker=True)
        return parts

    def _senders(self, media: int) -> list[RtpSender]:
        senders = [self._video] if media & VIDEO else []
        if media & AUDIO and self._sound is not None:
            senders.append(self._sound)
        return senders

    @staticmethod
    def _ticks(sender: RtpSender, counter: int) -> int:
        return counter * sender.clock_rate // FRAMES_PER_SECOND
