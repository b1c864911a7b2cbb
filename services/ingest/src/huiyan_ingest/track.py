"""One track of one run: raw units become access units, and what is known of the track."""

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_media import h264, h265
from huiyan_media.access_unit import AccessUnit
from huiyan_media.codec import Codec
from huiyan_media.errors import MediaError
from huiyan_media.nal import split_annex_b
from huiyan_media.normalise import Normaliser

from huiyan_ingest.source import Medium, RawUnit
from huiyan_ingest.timeline import Timeline
from huiyan_ingest.track_rates import TrackRates

# B slices show within a few pictures of a stream that has them; 10 s of it decide.
_INSPECTED_UNITS = 250


class Track:
    """Common to video and audio. `name` is `main`, `sub` or `audio`."""

    def __init__(self, name: str, medium: Medium, run_id: int) -> None:
        self.name = name
        self.medium = medium
        self.run_id = run_id
        self.rates = TrackRates()
        self.malformed_units = 0
        self._next_seq = 0
        self._timeline = Timeline(medium.clock_rate)
        self._after_loss = True  # the first unit of a run follows a gap of unknown length
        self._offset_ns: int | None = None

    def take(self, raw: RawUnit) -> AccessUnit | None:
        """The access unit that a raw unit makes; None when it holds no picture."""
        return self._finish(raw, raw.payload, keyframe=True, reorders=False)

    def _finish(
        self, raw: RawUnit, payload: bytes, *, keyframe: bool, reorders: bool
    ) -> AccessUnit:
        unit = AccessUnit(
            self.medium.codec,
            keyframe,
            raw.after_loss or self._after_loss,
            self._timeline.map(raw.timestamp, raw.arrival_ns, reorders=reorders),
            self.run_id,
            self._next_seq,
            raw.arrival_ns,
            raw.camera_minus_arrival_ns,
            payload,
        )
        self._next_seq += 1
        self._after_loss = False
        self._offset_ns = raw.camera_minus_arrival_ns
        self.rates.add(raw.arrival_ns, len(payload), keyframe=keyframe)
        return unit

    def info(self) -> pb.TrackInfo:
        """What presence and demand answers tell of this track."""
        info = pb.TrackInfo(
            track=self.name, codec=self.medium.codec.name.lower(), kbps=self.rates.kbps
        )
        if self._offset_ns is not None:
            info.camera_minus_arrival_ns = self._offset_ns
        return info


class VideoTrack(Track):
    """H.264 or H.265. Units before the first keyframe are passed on too: they cost nothing and
    readers wait for a keyframe anyway. Raises ParameterSetError for unreadable extradata."""

    def __init__(self, name: str, medium: Medium, run_id: int) -> None:
        super().__init__(name, medium, run_id)
        self._normaliser = Normaliser(medium.codec, medium.extradata)
        self._sets_version = -1
        self._sps: h264.H264Sps | h265.H265Sps | None = None
        self._has_b_slices = False
        self._inspected = 0
        self.has_keyframe = False

    def take(self, raw: RawUnit) -> AccessUnit | None:
        try:
            normalised = self._normaliser.normalise(raw.payload)
        except MediaError:
            self.malformed_units += 1
            self._after_loss = True
            return None
        if normalised is None:
            return None
        if self._normaliser.parameter_set_version != self._sets_version:
            self._read_sps()
        self._look_for_b_slices(normalised.payload)
        self.has_keyframe = self.has_keyframe or normalised.keyframe
        return self._finish(
            raw, normalised.payload, keyframe=normalised.keyframe, reorders=self._reorders
        )

    @property
    def _reorders(self) -> bool:
        return self._sps is None or self._sps.may_reorder

    def _read_sps(self) -> None:
        self._sets_version = self._normaliser.parameter_set_version
        self._inspected = 0
        sets = self._normaliser.parameter_sets.sps
        if sets:
            parse = h264.parse_sps if self.medium.codec is Codec.H264 else h265.parse_sps
            self._sps = parse(sets[0])

    def _look_for_b_slices(self, payload: bytes) -> None:
        if (
            not self._has_b_slices
            and self._inspected < _INSPECTED_UNITS
            and self._reorders
            and self.medium.codec is Codec.H264
        ):
            self._inspected += 1
            self._has_b_slices = h264.has_b_slice(split_annex_b(payload))

    @property
    def b_frames(self) -> bool:
        """H.264: B slices were seen. H.265: the SPS allows reordering."""
        return self._has_b_slices or (self.medium.codec is Codec.H265 and self._reorders)

    def info(self) -> pb.TrackInfo:
        info = super().info()
        info.fps = self.rates.fps
        info.gop_ms = self.rates.gop_ms
        info.b_frames = self.b_frames
        if self._sps is not None:
            info.width, info.height = self._sps.width, self._sps.height
            info.codec_string = self._sps.codec_string
        return info
