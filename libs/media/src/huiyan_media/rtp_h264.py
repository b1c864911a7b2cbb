"""H.264 over RTP, packetization-mode 1 (RFC 6184: single NAL units, STAP-A, FU-A)."""

from huiyan_media.errors import NalError, RtpError
from huiyan_media.nal import START_CODE, H264NalType, h264_nal_type, split_annex_b
from huiyan_media.rtp_units import DEFAULT_MAX_PAYLOAD, Depacketiser, split_aggregate

STAP_A = 24
FU_A = 28
_FU_START = 0x80
_FU_END = 0x40
_MIN_MAX_PAYLOAD = 16
_PARAMETER_SETS = frozenset({H264NalType.SPS, H264NalType.PPS})


def packetise(payload: bytes, max_payload: int = DEFAULT_MAX_PAYLOAD) -> list[bytes]:
    """Return the RTP payloads of one Annex B access unit; the marker belongs to the last one.

    `max_payload` counts bytes after the 12-byte RTP header. What stands before a slice (SPS, PPS,
    SEI) goes into one STAP-A. A NAL unit that is too large becomes FU-A packets of exactly
    `max_payload` bytes and a short last one: runs of one size are what UDP GSO needs.
    Raises NalError when the unit is not Annex B and RtpError when `max_payload` is below 16.
    """
    if max_payload < _MIN_MAX_PAYLOAD:
        raise RtpError("the packets are too small")
    packets: list[bytes] = []
    waiting: list[bytes] = []
    for nal in split_annex_b(payload):
        if H264NalType.SLICE <= nal[0] & 0x1F <= H264NalType.IDR:
            if waiting:
                _aggregate(waiting, packets, max_payload)
                waiting = []
            if len(nal) <= max_payload:
                packets.append(nal)
            else:
                _fragment(nal, packets, max_payload)
        else:
            waiting.append(nal)
    if waiting:
        _aggregate(waiting, packets, max_payload)
    return packets


def _aggregate(nals: list[bytes], packets: list[bytes], max_payload: int) -> None:
    group: list[bytes] = []
    size = 1
    for nal in nals:
        if group and size + 2 + len(nal) > max_payload:
            packets.append(_stap_a(group))
            group, size = [], 1
        if len(nal) > max_payload:
            _fragment(nal, packets, max_payload)
            continue
        group.append(nal)
        size += 2 + len(nal)
    if group:
        packets.append(_stap_a(group))


def _stap_a(nals: list[bytes]) -> bytes:
    if len(nals) == 1:
        return nals[0]
    forbidden = max(nal[0] & 0x80 for nal in nals)
    importance = max(nal[0] & 0x60 for nal in nals)
    pieces = [bytes((forbidden | importance | STAP_A,))]
    for nal in nals:
        pieces += (len(nal).to_bytes(2, "big"), nal)
    return b"".join(pieces)


def _fragment(nal: bytes, packets: list[bytes], max_payload: int) -> None:
    kind = nal[0] & 0x1F
    indicator = nal[0] & 0xE0 | FU_A
    step = max_payload - 2
    middle = bytes((indicator, kind))
    last = len(packets)
    packets += [middle + nal[at : at + step] for at in range(1, len(nal), step)]
    packets[last] = bytes((indicator, kind | _FU_START)) + packets[last][2:]
    packets[-1] = bytes((indicator, kind | _FU_END)) + packets[-1][2:]


class H264Depacketiser(Depacketiser):
    """Access units out of RFC 6184 packets. Interleaved modes (25 to 27, 29) are malformed."""

    fragment_mask, fragment_type, fragment_header = 0x1F, FU_A, 1

    def _take(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if kind == FU_A:
            self._take_fragment(payload)
        elif self._fragments:
            raise RtpError("a fragmented NAL unit has no end")
        elif kind == STAP_A:
            for nal in split_aggregate(payload, 1):
                self._add_nal(nal)
        elif 0 < kind < STAP_A or payload.startswith(START_CODE):
            self._add_whole(payload)
        else:
            raise RtpError(f"packet type {kind} is not supported")

    def _take_fragment(self, payload: bytes) -> None:
        if len(payload) < 3:
            raise RtpError("a fragment without content")
        header = payload[1]
        if header & _FU_START:
            nal_header = bytes((payload[0] & 0xE0 | header & 0x1F,))
            self._begin_fragments(nal_header, payload[2:])
        elif self._fragments:
            self._fragments.append(payload[2:])
        else:
            raise RtpError("a fragment without a beginning")
        if header & _FU_END:
            self._add_whole(self._finish_fragments())

    def _add_whole(self, nal: bytes) -> None:
        """Some cameras send Annex B bytes in one packet: SPS, PPS and IDR with start codes."""
        if nal[0] == 0:
            nals = _split(nal)
        elif h264_nal_type(nal) in _PARAMETER_SETS and START_CODE in nal:
            nals = _split(START_CODE + nal)
        else:
            nals = [nal]
        for each in nals:
            self._add_nal(each)

    def _is_slice(self, nal: bytes) -> bool:
        return H264NalType.SLICE <= nal[0] & 0x1F <= H264NalType.IDR

    def _is_first_slice(self, nal: bytes) -> bool:
        return len(nal) > 1 and nal[1] & 0x80 != 0  # first_mb_in_slice is 0


def _split(data: bytes) -> list[bytes]:
    try:
        return split_annex_b(data)
    except NalError as error:
        raise RtpError(str(error)) from None
