"""One JPEG of one keyframe."""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import av
import av.error
from av.video.reformatter import VideoReformatter
from huiyan_media.access_unit import AccessUnit
from huiyan_media.codec import Codec

MAX_JPEG_BYTES = 512 * 1024
MAX_WIDTH = 1920
_DECODERS = {Codec.H264: "h264", Codec.H265: "hevc"}
_QUALITIES = (5, 10, 20, 31)  # mjpeg quantiser, smaller is better


class StillError(Exception):
    """The keyframe cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Still:
    """A JPEG and what it was made of."""

    jpeg: bytes
    width: int
    height: int
    captured_at_ns: int


class StillMaker:
    """Decodes in one thread, because its scaler is shared: a scaler for each picture would cost
    more than the picture."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="still")
        self._reformatter = VideoReformatter()

    async def make(self, keyframe: AccessUnit, max_width: int) -> Still:
        """At most `max_width` wide and never enlarged. StillError for an undecodable keyframe."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._make, keyframe, max_width)

    async def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _make(self, keyframe: AccessUnit, max_width: int) -> Still:
        try:
            frame = _decode(keyframe)
            width = min(frame.width, max(16, min(max_width or MAX_WIDTH, MAX_WIDTH))) // 2 * 2
            height = max(2, round(frame.height * width / frame.width / 2) * 2)
            scaled = self._reformatter.reformat(
                frame, width, height, format="yuvj420p", dst_color_range="JPEG", threads=1
            )
            return Still(_encode(scaled), width, height, keyframe.arrival_ns)
        except (av.error.FFmpegError, ValueError, OSError) as error:
            raise StillError(type(error).__name__) from None


def _decode(keyframe: AccessUnit) -> av.VideoFrame:
    decoder = av.CodecContext.create(_DECODERS[keyframe.codec], "r")
    if not isinstance(decoder, av.VideoCodecContext):
        raise StillError("no_decoder")
    decoder.thread_count = 1
    for packet in (av.Packet(keyframe.payload), None):
        for frame in decoder.decode(packet):
            return frame
    raise StillError("no_picture")


def _encode(frame: av.VideoFrame) -> bytes:
    for quality in _QUALITIES:
        encoder = av.CodecContext.create("mjpeg", "w")
        if not isinstance(encoder, av.VideoCodecContext):
            raise StillError("no_encoder")
        encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
        encoder.time_base = Fraction(1, 25)
        encoder.qmin = encoder.qmax = quality
        buffer = io.BytesIO()
        for packet in (*encoder.encode(frame), *encoder.encode(None)):
            buffer.write(bytes(packet))
        if buffer.tell() <= MAX_JPEG_BYTES:
            break
    if buffer.tell() > MAX_JPEG_BYTES:
        raise StillError("too_large")
    return buffer.getvalue()
