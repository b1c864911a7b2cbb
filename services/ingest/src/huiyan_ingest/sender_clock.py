"""The camera's clock, from RTCP sender reports (RFC 3550 6.4.1)."""

import struct

from huiyan_media.ntp import ntp_to_utc_ns
from huiyan_media.rtp import u32_difference

_SENDER_REPORT, _GOODBYE = 200, 203
_REPORT = struct.Struct("!BBHIQI")
_HEADER = struct.Struct("!BBH")


class SenderClock:
    """Of one medium."""

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._report: tuple[int, int] | None = None
        self.said_goodbye = False

    def take(self, packet: bytes) -> None:
        """Read a compound RTCP packet; what is malformed is left out."""
        position = 0
        while position + _HEADER.size <= len(packet):
            _, kind, words = _HEADER.unpack_from(packet, position)
            size = 4 * (words + 1)
            if kind == _SENDER_REPORT and size >= _REPORT.size:
                if position + _REPORT.size > len(packet):
                    return
                *_, ntp, timestamp = _REPORT.unpack_from(packet, position)
                self._report = (ntp_to_utc_ns(ntp), timestamp)
            elif kind == _GOODBYE:
                self.said_goodbye = True
            position += size

    def offset_ns(self, timestamp: int, arrival_ns: int) -> int | None:
        """Camera clock at `timestamp` (u32 RTP ticks) minus arrival; None before a report."""
        if self._report is None:
            return None
        utc_ns, reported = self._report
        ticks = u32_difference(timestamp, reported)
        return utc_ns + ticks * 1_000_000_000 // self._rate - arrival_ns
