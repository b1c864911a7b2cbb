"""The newest parameter sets of one video track."""

from typing import NamedTuple

from huiyan_media import h264, h265
from huiyan_media.codec import Codec
from huiyan_media.errors import ParameterSetError
from huiyan_media.nal import H264NalType, H265NalType, h264_nal_type, h265_nal_type

MAX_SET_BYTES = 4096
MAX_SETS_PER_KIND = 16


class ParameterSets(NamedTuple):
    """Parameter sets as NAL units with header. `vps` is empty for H.264."""

    vps: tuple[bytes, ...]
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]

    @property
    def nals(self) -> tuple[bytes, ...]:
        """All of them in the order in which a decoder needs them."""
        return self.vps + self.sps + self.pps


class ParameterSetKeeper:
    """Keeps the newest VPS, SPS and PPS by their numbers.

    Bounds: 16 sets of each kind (the one that was kept longest goes), 4096 bytes each. A set that
    cannot be read is refused and counted in `refused`: a decoder could not use it either.
    """

    def __init__(self, codec: Codec) -> None:
        if not codec.is_video:
            raise ParameterSetError(f"{codec.name} has no parameter sets")
        self.refused = 0
        self.version = 0
        """Goes up with each change; equal versions mean equal sets."""
        self._is_h264 = codec is Codec.H264
        self._vps: dict[int, bytes] = {}
        self._sps: dict[int, bytes] = {}
        self._pps: dict[int, bytes] = {}

    def table_of(self, nal: bytes) -> dict[int, bytes] | None:
        """Where this NAL unit would be kept, or None when it is no parameter set."""
        if self._is_h264:
            kind = h264_nal_type(nal)
            if kind == H264NalType.SPS:
                return self._sps
            return self._pps if kind == H264NalType.PPS else None
        match h265_nal_type(nal):
            case H265NalType.VPS:
                return self._vps
            case H265NalType.SPS:
                return self._sps
            case H265NalType.PPS:
                return self._pps
        return None

    def keep(self, nal: bytes) -> bool:
        """Keep a parameter set; return True when it is new or differs from that before."""
        table = self.table_of(nal)
        if table is None:
            raise ParameterSetError("not a parameter set")
        if nal in table.values():
            return False
        try:
            if len(nal) > MAX_SET_BYTES:
                raise ParameterSetError("a parameter set is too long")
            number = self._readable_number(nal, table)
        except ParameterSetError:
            self.refused += 1
            return False
        if number not in table and len(table) >= MAX_SETS_PER_KIND:
            del table[next(iter(table))]
        table[number] = nal
        self.version += 1
        return True

    def _readable_number(self, nal: bytes, table: dict[int, bytes]) -> int:
        if not self._is_h264:
            return h265.parameter_set_id(nal)
        return h264.parse_sps(nal).sps_id if table is self._sps else h264.parameter_set_id(nal)

    @property
    def is_complete(self) -> bool:
        """True when a decoder can begin: an SPS and a PPS, and a VPS for H.265."""
        return bool(self._sps and self._pps and (self._is_h264 or self._vps))

    @property
    def current(self) -> ParameterSets:
        """The newest sets."""
        return ParameterSets(
            tuple(self._vps.values()), tuple(self._sps.values()), tuple(self._pps.values())
        )
