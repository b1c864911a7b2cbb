"""From the RTP packets of one medium to raw units, without I/O."""

from huiyan_media.codec import Codec
from huiyan_media.errors import RtpError
from huiyan_media.rtp import RtpPacket, parse_rtp, u32_difference
from huiyan_media.rtp_h264 import H264Depacketiser
from huiyan_media.rtp_h265 import H265Depacketiser

from huiyan_ingest.sender_clock import SenderClock
from huiyan_ingest.session_description import DescribedMedium
from huiyan_ingest.source import Medium, RawUnit

MAX_BAD_PACKETS = 100


class MediaReceiver:
    """Takes packets in order; `bad_packets` counts those in a row that could not be read."""

    def __init__(self, medium: Medium, payload_type: int) -> None:
        self.medium = medium
        self.clock = SenderClock(medium.clock_rate)
        self.bad_packets = 0
        self._payload_type = payload_type
        self._last: int | None = None
        self._unwrapped = 0
        self._depacketiser: H264Depacketiser | H265Depacketiser | None = None
        if medium.codec.is_video:
            is_h264 = medium.codec is Codec.H264
            self._depacketiser = H264Depacketiser() if is_h264 else H265Depacketiser()

    def take(self, packets: list[bytes], arrival_ns: int) -> list[RawUnit]:
        """The units that these packets complete."""
        units: list[RawUnit] = []
        depacketiser = self._depacketiser
        index, end = 0, len(packets)
        while index < end:
            if depacketiser is not None:
                index = depacketiser.take_inner(packets, index, self._payload_type)
                if index == end:
                    break
            packet = self._read(packets[index])
            index += 1
            if packet is None:
                continue
            if depacketiser is None:
                for payload, shift in _audio_payloads(packet, self.medium.codec):
                    units.append(self._unit(payload, packet.timestamp + shift, False, arrival_ns))
                continue
            for unit in depacketiser.push(packet):
                units.append(
                    self._unit(unit.annex_b, unit.timestamp, unit.discontinuity, arrival_ns)
                )
        return units

    def _read(self, data: bytes) -> RtpPacket | None:
        try:
            packet = parse_rtp(data)
        except RtpError:
            self.bad_packets += 1
            return None
        if packet.payload_type != self._payload_type:
            self.bad_packets += 1
            return None
        self.bad_packets = 0
        return packet

    def _unit(self, payload: bytes, timestamp: int, after_loss: bool, arrival_ns: int) -> RawUnit:
        if self._last is None:
            self._unwrapped = timestamp
        else:
            self._unwrapped += u32_difference(timestamp, self._last)
        self._last = timestamp
        return RawUnit(
            self._depacketiser is None,
            payload,
            self._unwrapped,
            after_loss,
            arrival_ns,
            self.clock.offset_ns(timestamp, arrival_ns),
        )


_AAC_FRAME_TICKS = 1024


def _audio_payloads(packet: RtpPacket, codec: Codec) -> list[tuple[bytes, int]]:
    """(audio frame, ticks after the packet's timestamp)."""
    if codec is not Codec.AAC:
        return [(packet.payload, 0)] if packet.payload else []
    frames = split_aac_hbr(packet.payload)
    return [(frame, number * _AAC_FRAME_TICKS) for number, frame in enumerate(frames)]


def split_aac_hbr(payload: bytes) -> list[bytes]:
    """The access units of one packet of mode AAC-hbr (RFC 3640 3.3.6: 13 bits of size, 3 of index).
    Units that are cut over packets are left out: they are longer than any camera sends."""
    header_bits = int.from_bytes(payload[:2], "big")
    count = header_bits // 16
    position = 2 + 2 * count
    frames = []
    for number in range(count):
        start = 2 + 2 * number
        size = int.from_bytes(payload[start : start + 2], "big") >> 3
        if position + size > len(payload) or not size:
            break
        frames.append(payload[position : position + size])
        position += size
    return frames


def receivable(described: DescribedMedium) -> Medium | None:
    """The medium when we can receive it, else None."""
    codec = described.codec
    if codec is None or codec is Codec.OPUS or not described.clock_rate:
        return None
    if codec is not Codec.AAC:
        return Medium(codec, described.clock_rate, described.parameter_sets)
    parameters = described.format_parameters
    if parameters.get("mode", "").lower() != "aac-hbr":
        return None
    try:
        config = bytes.fromhex(parameters.get("config", ""))
    except ValueError:
        config = b""
    return Medium(codec, described.clock_rate, config)
