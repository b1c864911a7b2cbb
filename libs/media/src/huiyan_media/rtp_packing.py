"""From NAL units to RTP payloads: what H.264 (RFC 6184) and H.265 (RFC 7798) have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from huiyan_media.errors import RtpError

DEFAULT_MAX_PAYLOAD = 1200
_MIN_MAX_PAYLOAD = 16
_FU_START = 0x80
_FU_END = 0x40


class Packing(ABC):
    """One payload format. What stands before a slice goes into one aggregation packet; a NAL unit
    that is too large becomes fragments of exactly `max_payload` bytes and a short last one: runs
    of one size are what UDP GSO needs."""

    header_size: int
    """Of a NAL unit, and of an aggregation packet."""

    def pack(self, nals: Iterable[bytes], max_payload: int) -> list[bytes]:
        """The payloads of one access unit. Raises RtpError when `max_payload` is below 16."""
        if max_payload < _MIN_MAX_PAYLOAD:
            raise RtpError("the packets are too small")
        packets: list[bytes] = []
        waiting: list[bytes] = []
        for nal in nals:
            if not self.is_slice(nal):
                waiting.append(nal)
                continue
            if waiting:
                self._pack_together(waiting, packets, max_payload)
                waiting = []
            if len(nal) <= max_payload:
                packets.append(nal)
            else:
                self._fragment(nal, packets, max_payload)
        if waiting:
            self._pack_together(waiting, packets, max_payload)
        return packets

    def _pack_together(self, nals: list[bytes], packets: list[bytes], max_payload: int) -> None:
        group: list[bytes] = []
        size = self.header_size
        for nal in nals:
            if group and size + 2 + len(nal) > max_payload:
                packets.append(self._aggregate(group))
                group, size = [], self.header_size
            if len(nal) > max_payload:
                self._fragment(nal, packets, max_payload)
                continue
            group.append(nal)
            size += 2 + len(nal)
        if group:
            packets.append(self._aggregate(group))

    def _aggregate(self, nals: list[bytes]) -> bytes:
        if len(nals) == 1:
            return nals[0]
        pieces = [self.aggregate_header(nals)]
        for nal in nals:
            pieces += (len(nal).to_bytes(2, "big"), nal)
        return b"".join(pieces)

    def _fragment(self, nal: bytes, packets: list[bytes], max_payload: int) -> None:
        header, kind = self.fragment_header(nal)
        middle = header + bytes((kind,))
        start, step = len(middle), max_payload - len(middle)
        first = len(packets)
        packets += [middle + nal[at : at + step] for at in range(self.header_size, len(nal), step)]
        packets[first] = header + bytes((kind | _FU_START,)) + packets[first][start:]
        packets[-1] = header + bytes((kind | _FU_END,)) + packets[-1][start:]

    @abstractmethod
    def is_slice(self, nal: bytes) -> bool:
        """True for coded slices."""

    @abstractmethod
    def aggregate_header(self, nals: list[bytes]) -> bytes:
        """The header of a packet that holds these NAL units."""

    @abstractmethod
    def fragment_header(self, nal: bytes) -> tuple[bytes, int]:
        """The payload header of this NAL unit's fragments, and its type."""
