"""From RTP packets to access units: what H.264 and H.265 have in common.

Subclasses read the payload formats; here are order, loss, unit ends and bounds. Packets must come
in order (RTSP over TCP, or behind a jitter buffer); late ones are left out.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

from huiyan_media.errors import RtpError
from huiyan_media.nal import join_annex_b
from huiyan_media.rtp import HEADER, HEADER_SIZE, PLAIN, RtpPacket, u16_add, u16_difference

DEFAULT_MAX_UNIT_BYTES = 8 * 1024 * 1024
_LATE_WINDOW = 512
_FU_ENDS = 0xC0  # start and end bit of a fragmentation unit's header


class RtpUnit(NamedTuple):
    """One access unit out of RTP, as NAL units without start codes."""

    timestamp: int
    nals: list[bytes]
    discontinuity: bool
    """Packets were lost, or a unit was dropped, before this one."""

    @property
    def annex_b(self) -> bytes:
        """The unit with start codes."""
        return join_annex_b(self.nals)


class Depacketiser(ABC):
    """Joins the packets of one SSRC. Drop policy: a unit with a lost, malformed or oversized part
    is dropped whole and the next good one is marked as a discontinuity; counters tell of it.

    A unit ends at the marker bit, or at another timestamp for cameras that never set the marker.
    A marker before the first slice is not believed: some cameras set it on each parameter set.
    """

    fragment_mask: int
    """Which bits of a payload's first byte tell its type,"""
    fragment_type: int
    """and what they are for a fragment;"""
    fragment_header: int
    """where in the payload its header with start and end bit stands."""

    def __init__(self, max_unit_bytes: int = DEFAULT_MAX_UNIT_BYTES) -> None:
        self.lost_packets = 0
        self.late_packets = 0
        self.malformed_packets = 0
        self.dropped_units = 0
        self._max_unit_bytes = max_unit_bytes
        self._expected_sequence: int | None = None
        self._timestamp: int | None = None
        self._discontinuity = False
        self._nals: list[bytes] = []
        self._fragments: list[bytes] = []
        self._size = 0
        self._damaged = False
        self._has_parts = False
        self._has_slice = False
        self._may_lack_beginning = True

    def push(self, packet: RtpPacket) -> list[RtpUnit]:
        """Take the next packet; return the units it completes (0, 1 or 2). Raises nothing."""
        gap = self._follow_sequence(packet.sequence)
        if gap is None:
            return []
        units: list[RtpUnit] = []
        is_new_unit = packet.timestamp != self._timestamp
        if gap:
            self._discontinuity = True
            if self._has_parts:
                self._damaged = True
        if is_new_unit:
            if self._has_parts:
                self._close(units)
            self._begin_unit(may_lack_beginning=gap or self._timestamp is None)
            self._timestamp = packet.timestamp
        elif gap:
            self._may_lack_beginning = True
        if packet.payload:  # an empty one is a keep-alive or bandwidth probe
            self._take_checked(packet.payload)
        if packet.marker and self._has_slice:
            self._close(units)
            self._begin_unit(may_lack_beginning=False)
        return units

    def take_inner(self, packets: list[bytes], index: int, payload_type: int) -> int:
        """Take the run of whole RTP packets from `index` on that just go on with the open
        fragmented NAL unit, and return where it ends: at a packet for `push`, or behind the last.

        Most packets of a camera are such, and `push` costs five times as much for each.
        """
        fragments, timestamp = self._fragments, self._timestamp
        if not fragments or self._damaged or self._expected_sequence is None:
            return index
        expected, size, most = self._expected_sequence, self._size, self._max_unit_bytes
        mask, kind = self.fragment_mask, self.fragment_type
        header_at = HEADER_SIZE + self.fragment_header
        body_at = header_at + 1
        end = len(packets)
        while index < end:
            data = packets[index]
            if len(data) <= body_at:
                break
            first, second, sequence, stamp, _ = HEADER.unpack_from(data)
            if (
                first != PLAIN
                or second != payload_type
                or sequence != expected
                or stamp != timestamp
                or data[HEADER_SIZE] & mask != kind
                or data[header_at] & _FU_ENDS
                or size + len(data) > most
            ):
                break
            fragments.append(data[body_at:])
            size += len(data) - HEADER_SIZE
            expected = (expected + 1) & 0xFFFF
            index += 1
        self._expected_sequence, self._size = expected, size
        return index

    def _follow_sequence(self, sequence: int) -> bool | None:
        """False: the next packet, True: after a gap, None: late or a duplicate."""
        expected = self._expected_sequence
        distance = 0 if expected is None else u16_difference(sequence, expected)
        if -_LATE_WINDOW <= distance < 0:
            self.late_packets += 1
            return None
        self._expected_sequence = u16_add(sequence, 1)
        if distance > 0:
            self.lost_packets += distance
        return distance != 0  # far back: the camera began to count anew

    def _begin_unit(self, may_lack_beginning: bool) -> None:
        self._nals = []
        self._fragments = []
        self._size = 0
        self._damaged = False
        self._has_parts = False
        self._has_slice = False
        self._may_lack_beginning = may_lack_beginning

    def _take_checked(self, payload: bytes) -> None:
        self._has_parts = True
        self._size += len(payload)
        if self._size > self._max_unit_bytes:
            self._damaged = True
        if self._damaged:
            self._nals.clear()
            self._fragments.clear()
            self._has_slice = True  # so that the marker ends it
            return
        try:
            self._take(payload)
        except RtpError:
            self.malformed_packets += 1
            self._damaged = True
            self._has_slice = True

    def _close(self, units: list[RtpUnit]) -> None:
        if self._fragments or (self._may_lack_beginning and not self._begins_picture()):
            self._damaged = True
        if self._damaged or not self._nals:
            self.dropped_units += 1
            self._discontinuity = True
            return
        assert self._timestamp is not None
        units.append(RtpUnit(self._timestamp, self._nals, self._discontinuity))
        self._discontinuity = False

    def _begins_picture(self) -> bool:
        first = next((nal for nal in self._nals if self._is_slice(nal)), None)
        return first is None or self._is_first_slice(first)

    def _add_nal(self, nal: bytes) -> None:
        self._nals.append(nal)
        if not self._has_slice and self._is_slice(nal):
            self._has_slice = True

    def _begin_fragments(self, header: bytes, fragment: bytes) -> None:
        if self._fragments:
            raise RtpError("a fragmented NAL unit begins inside another one")
        self._fragments = [header, fragment]

    def _finish_fragments(self) -> bytes:
        nal = b"".join(self._fragments)
        self._fragments = []
        return nal

    @abstractmethod
    def _take(self, payload: bytes) -> None:
        """Read one payload that is not empty; raises RtpError."""

    @abstractmethod
    def _is_slice(self, nal: bytes) -> bool:
        """True for coded slices."""

    @abstractmethod
    def _is_first_slice(self, nal: bytes) -> bool:
        """True for the slice that begins a picture."""


def split_aggregate(data: bytes, start: int) -> list[bytes]:
    """The NAL units of a STAP-A or AP from `start` on: a two-byte length before each.

    Raises RtpError when a length is zero or points past the end.
    """
    nals = []
    position, end = start, len(data)
    while position < end:
        begin = position + 2
        position = begin + int.from_bytes(data[position:begin], "big")
        if position > end or position == begin:
            raise RtpError("an aggregated NAL unit is cut or empty")
        nals.append(data[begin:position])
    if not nals:
        raise RtpError("an aggregate without NAL units")
    return nals
