"""H.264 over RTP, packetization-mode 1 (RFC 6184: single NAL units, STAP-A, FU-A)."""

from huiyan_media.errors import NalError, RtpError
from huiyan_media.nal import START_CODE, H264NalType, h264_nal_type, split_annex_b
from huiyan_media.rtp_packing import DEFAULT_MAX_PAYLOAD, Packing
from huiyan_media.rtp_units import Depacketiser, split_aggregate

STAP_A = 24
FU_A = 28
_FU_START = 0x80
_FU_END = 0x40
_PARAMETER_SETS = frozenset({H264NalType.SPS, H264NalType.PPS})


class _H264Packing(Packing):
    header_size = 1

    def is_slice(self, nal: bytes) -> bool:
        return H264NalType.SLICE <= nal[0] & 0x1F <= H264NalType.IDR

    def aggregate_header(self, nals: list[bytes]) -> bytes:
        forbidden = max(nal[0] & 0x80 for nal in nals)
        importance = max(nal[0] & 0x60 for nal in nals)
        return bytes((forbidden | importance | STAP_A,))

    def fragment_header(self, nal: bytes) -> tuple[bytes, int]:
        return bytes((nal[0] & 0xE0 | FU_A,)), nal[0] & 0x1F


_PACKING = _H264Packing()


def packetise(payload: bytes, max_payload: int = DEFAULT_MAX_PAYLOAD) -> list[bytes]:
    """Return the RTP payloads of one Annex B access unit; the marker belongs to the last one.

    `max_payload` counts bytes after the 12-byte RTP header. SPS, PPS and SEI go into one STAP-A,
    slices into FU-A (`rtp_packing`). Raises NalError when the unit is not Annex B and RtpError
    when `max_payload` is below 16.
    """
    return _PACKING.pack(split_annex_b(payload), max_payload)


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
