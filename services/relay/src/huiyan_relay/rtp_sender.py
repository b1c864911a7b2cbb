"""One outgoing RTP stream: sequence numbers, history, retransmission (RFC 3550, 4585, 4588)."""

import secrets
import struct
from collections.abc import Sequence
from typing import Protocol

_HEADER = struct.Struct("!BBHII")
_VERSION = 0x80
_MARKER = 0x80
_OSN = struct.Struct("!H")
HISTORY_PACKETS = 2048
_HISTORY_MASK = HISTORY_PACKETS - 1
# A receiver asks again after a round trip; more than this in a second is no honest receiver.
MOST_RETRANSMITS_PER_S = 1500

_Kept = tuple[int, int, bool, bytes]


class Sender(Protocol):
    """Sends whole access units to one viewer."""

    @property
    def ready(self) -> bool:
        """True once units can leave."""

    def send_unit(self, payloads: Sequence[bytes], timestamp: int) -> int:
        """Send the RTP payloads of one unit; return the bytes that left, 0 when it was dropped."""


class Wire(Protocol):
    """Where packets leave; `aiortc_insides.RtpWire` over a PeerConnection."""

    payload_type: int
    rtx_payload_type: int | None
    ssrc: int
    rtx_ssrc: int

    @property
    def ready(self) -> bool:
        """True once packets can leave."""

    def send(self, packets: Sequence[bytes]) -> bool:
        """Send now or not at all."""

    def tell_report(self, timestamp: int, packets: int, octets: int) -> None:
        """Figures for the next sender report."""


class RtpSender:
    """Payloads are shared between viewers; only the 12-byte header is made for each.

    Sequence numbers begin in the lower half, so that a receiver's SRTP roll-over counter cannot
    start wrong. The history holds references, so that 2048 packets cost little.
    """

    def __init__(self, wire: Wire, *, marks_units: bool = True) -> None:
        """`marks_units` sets the marker on a unit's last packet, as video does."""
        self._wire = wire
        self._marks_units = marks_units
        self._sequence = secrets.randbelow(1 << 15)
        self._rtx_sequence = secrets.randbelow(1 << 15)
        self._history: list[_Kept | None] = [None] * HISTORY_PACKETS
        self._allowance = float(MOST_RETRANSMITS_PER_S)
        self._allowance_at = 0.0
        self.packets = 0
        self.octets = 0
        self.retransmitted = 0

    @property
    def ready(self) -> bool:
        return self._wire.ready

    def send_unit(
        self, payloads: Sequence[bytes], timestamp: int, payload_type: int | None = None
    ) -> int:
        wire = self._wire
        sequence, ssrc = self._sequence, wire.ssrc
        if payload_type is None:
            payload_type = wire.payload_type
        last = len(payloads) - 1 if self._marks_units else -1
        packets = []
        size = 0
        for index, payload in enumerate(payloads):
            is_last = index == last
            number = (sequence + index) & 0xFFFF
            second = payload_type | _MARKER if is_last else payload_type
            packets.append(_HEADER.pack(_VERSION, second, number, timestamp, ssrc) + payload)
            size += len(payload)
        if not packets or not wire.send(packets):
            return 0
        history = self._history
        for index, payload in enumerate(payloads):
            number = (sequence + index) & 0xFFFF
            history[number & _HISTORY_MASK] = (number, timestamp, index == last, payload)
        self._sequence = (sequence + len(packets)) & 0xFFFF
        self.packets += len(packets)
        self.octets += size
        wire.tell_report(timestamp, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF)
        return size

    def retransmit(self, lost: Sequence[int], now: float) -> int:
        """Send again what the history still has; `now` is monotonic seconds. Return how many."""
        self._allowance = min(
            float(MOST_RETRANSMITS_PER_S),
            self._allowance + (now - self._allowance_at) * MOST_RETRANSMITS_PER_S,
        )
        self._allowance_at = now
        packets = []
        for number in lost:
            kept = self._history[number & _HISTORY_MASK]
            if kept is None or kept[0] != number or self._allowance < 1:
                continue
            self._allowance -= 1
            packets.append(self._again(kept))
        if not packets or not self._wire.send(packets):
            return 0
        self.retransmitted += len(packets)
        return len(packets)

    def _again(self, kept: _Kept) -> bytes:
        number, timestamp, is_last, payload = kept
        wire = self._wire
        if wire.rtx_payload_type is None:
            second = wire.payload_type | (_MARKER if is_last else 0)
            return _HEADER.pack(_VERSION, second, number, timestamp, wire.ssrc) + payload
        second = wire.rtx_payload_type | (_MARKER if is_last else 0)
        header = _HEADER.pack(_VERSION, second, self._rtx_sequence, timestamp, wire.rtx_ssrc)
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        return header + _OSN.pack(number) + payload
