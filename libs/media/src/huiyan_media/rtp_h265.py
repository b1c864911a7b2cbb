"""H.265 over RTP (RFC 7798: single NAL units, AP, FU), without decoding order numbers.

Streams with sprop-max-don-diff above zero (interleaving) and PACI packets are not supported.
"""

from huiyan_media.errors import NalError, RtpError
from huiyan_media.nal import START_CODE, H265NalType, h265_nal_type, split_annex_b
from huiyan_media.rtp_packing import DEFAULT_MAX_PAYLOAD, Packing
from huiyan_media.rtp_units import Depacketiser, split_aggregate

AP = 48
FU = 49
_FU_START = 0x80
_FU_END = 0x40
_PARAMETER_SETS = frozenset({H265NalType.VPS, H265NalType.SPS, H265NalType.PPS})


class _H265Packing(Packing):
    header_size = 2

    def is_slice(self, nal: bytes) -> bool:
        return (nal[0] >> 1) & 0x3F < H265NalType.VPS

    def aggregate_header(self, nals: list[bytes]) -> bytes:
        # F is set when any is set; LayerId and TID are the lowest ones (4.4.2)
        forbidden = max(nal[0] & 0x80 for nal in nals)
        layer = min((nal[0] & 1) << 5 | nal[1] >> 3 for nal in nals)
        temporal = min(nal[1] & 7 for nal in nals)
        return bytes((forbidden | AP << 1 | layer >> 5, (layer & 0x1F) << 3 | temporal))

    def fragment_header(self, nal: bytes) -> tuple[bytes, int]:
        return bytes((nal[0] & 0x81 | FU << 1, nal[1])), (nal[0] >> 1) & 0x3F


_PACKING = _H265Packing()


def packetise(payload: bytes, max_payload: int = DEFAULT_MAX_PAYLOAD) -> list[bytes]:
    """Return the RTP payloads of one Annex B access unit; the marker belongs to the last one.

    As `rtp_h264.packetise`: VPS, SPS, PPS and SEI in one AP, slices in FU. Raises NalError when
    the unit is not Annex B or holds a NAL unit that is shorter than its header, and RtpError when
    `max_payload` is below 16.
    """
    nals = split_annex_b(payload)
    if any(len(nal) < 2 for nal in nals):
        raise NalError("a NAL unit shorter than its header")
    return _PACKING.pack(nals, max_payload)


class H265Depacketiser(Depacketiser):
    """Access units out of RFC 7798 packets."""

    fragment_mask, fragment_type, fragment_header = 0x7E, FU << 1, 2

    def _take(self, payload: bytes) -> None:
        if payload.startswith(START_CODE):
            self._add_whole(payload)
            return
        if len(payload) < 3:
            raise RtpError("a payload without content")
        kind = h265_nal_type(payload)
        if kind == FU:
            self._take_fragment(payload)
        elif self._fragments:
            raise RtpError("a fragmented NAL unit has no end")
        elif kind == AP:
            for nal in split_aggregate(payload, 2):
                self._add_nal(nal)
        elif kind < AP:
            self._add_whole(payload)
        else:
            raise RtpError(f"packet type {kind} is not supported")

    def _take_fragment(self, payload: bytes) -> None:
        if len(payload) < 4:
            raise RtpError("a fragment without content")
        header = payload[2]
        if header & _FU_START:
            nal_header = bytes((payload[0] & 0x81 | (header & 0x3F) << 1, payload[1]))
            self._begin_fragments(nal_header, payload[3:])
        elif self._fragments:
            self._fragments.append(payload[3:])
        else:
            raise RtpError("a fragment without a beginning")
        if header & _FU_END:
            self._add_whole(self._finish_fragments())

    def _add_whole(self, nal: bytes) -> None:
        """Some cameras send Annex B bytes in one packet: parameter sets with start codes."""
        if nal.startswith(START_CODE):
            nals = split_annex_b(nal)
        elif h265_nal_type(nal) in _PARAMETER_SETS and START_CODE in nal:
            nals = split_annex_b(START_CODE + nal)
        else:
            nals = [nal]
        for each in nals:
            self._add_nal(each)

    def _is_slice(self, nal: bytes) -> bool:
        return (nal[0] >> 1) & 0x3F < H265NalType.VPS

    def _is_first_slice(self, nal: bytes) -> bool:
        return len(nal) > 2 and nal[2] & 0x80 != 0  # first_slice_segment_in_pic_flag
