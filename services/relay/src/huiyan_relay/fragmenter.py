"""Access units into fragmented MP4 for MSE: init segments when the format changes, fragments."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from huiyan_media.access_unit import AccessUnit
from huiyan_media.fmp4 import VideoTrack, fragment, init_segment, mime_type, video_sample
from huiyan_media.nal import split_annex_b
from huiyan_media.parameter_sets import ParameterSetKeeper
from huiyan_media.timestamps import Rebase

_TRACK = 1
_DEFAULT_DURATION = 3600


@dataclass(frozen=True, slots=True)
class Init:
    """What a page needs before the fragments: the MSE type, the picture size, ftyp and moov."""

    mime: str
    width: int
    height: int
    segment: bytes


class Fragmenter:
    """One output timeline, from 0 on, without holes: after a gap the next unit follows closely."""

    def __init__(self) -> None:
        self._rebase = Rebase()
        self._keeper: ParameterSetKeeper | None = None
        self._version = -1
        self._codec: int | None = None
        self._sequence = 0
        self._duration = _DEFAULT_DURATION

    @property
    def newest(self) -> int:
        """Decode time of the newest sample, 90 kHz from 0."""
        return self._rebase.unwrapped

    def skip(self) -> None:
        """Units were dropped before the next one."""
        self._rebase.switch()

    def init_for(self, keyframe: AccessUnit) -> Init | None:
        """The init segment to send before this keyframe, or None when the last one holds.

        Raises MediaError when the keyframe has no usable parameter sets.
        """
        if self._keeper is None or keyframe.codec is not self._codec:
            self._keeper = ParameterSetKeeper(keyframe.codec)
            self._codec = keyframe.codec
            self._version = -1
        for nal in split_annex_b(keyframe.payload):
            if self._keeper.table_of(nal) is not None:
                self._keeper.keep(nal)
        if self._keeper.version == self._version:
            return None
        track = VideoTrack.from_parameter_sets(_TRACK, keyframe.codec, self._keeper.current)
        init = Init(mime_type([track]), track.width, track.height, init_segment([track]))
        self._version = self._keeper.version
        return init

    def fragment(self, units: Sequence[AccessUnit]) -> bytes:
        """One fragment of these units, in order. Raises MediaError."""
        times = []
        for unit in units:
            if unit.discontinuity:
                self._rebase.switch()
            self._rebase.map(unit.rtp_timestamp)
            times.append(self._rebase.unwrapped)
        steps = [after - before for before, after in pairwise(times)]
        if steps:
            self._duration = steps[-1]
        self._sequence += 1
        samples = [
            video_sample(unit.codec, unit.payload, duration, unit.keyframe)
            for unit, duration in zip(units, [*steps, self._duration], strict=True)
        ]
        return fragment(self._sequence, _TRACK, times[0], samples)
