"""One picture place of a WHEP session: takes units from a feed, sends them to one viewer."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from huiyan_kit.clock import Clock
from huiyan_media.codec import Codec

from huiyan_relay.feed import TrackFeed
from huiyan_relay.metrics import RelayMetrics
from huiyan_relay.outgoing_unit import OutgoingUnit
from huiyan_relay.pacer import Pacer
from huiyan_relay.rtp_sender import Sender
from huiyan_relay.timeline import Timeline

MOST_WAITING_UNITS = 600
MOST_WAITING_BYTES = 8 * 1024 * 1024
# A player that lost a frame asks for a keyframe more than once before our answer arrives.
REPLAY_AT_MOST_EVERY_S = 0.4
# A player whose source stands still asks too: the past shown again would look like the present.
REPLAY_NOTHING_OLDER_NS = 1_000_000_000


@dataclass(slots=True)
class Sent:
    """What has left for a viewer since the source was set; times UTC ns, 0 = nothing yet."""

    frames: int = 0
    first_at_ns: int = 0
    last_at_ns: int = 0
    rtp: int | None = None
    captured_at_ns: int | None = None


class Tile:
    """Sends one feed at a time to one Sender.

    Drop policy: what waits is bounded; when the bound is reached, or the socket takes no more,
    everything that waits is dropped and counted, and sending goes on at the next keyframe.
    """

    def __init__(
        self,
        index: int,
        sender: Sender,
        pacer: Pacer,
        metrics: RelayMetrics,
        clock: Clock,
        *,
        on_first_unit: Callable[["Tile"], None],
        on_feed_changed: Callable[["Tile"], None],
    ) -> None:
        self.index = index
        self.sent = Sent()
        self.feed: TrackFeed | None = None
        self.keyframes_only = False
        self._sender = sender
        self._pacer = pacer
        self._metrics = metrics
        self._clock = clock
        self._on_first_unit = on_first_unit
        self._on_feed_changed = on_feed_changed
        self._timeline = Timeline(clock.monotonic)
        self._waiting: deque[tuple[OutgoingUnit, int]] = deque()
        self._waiting_bytes = 0
        self._needs_keyframe = True
        self._replayed_at = float("-inf")

    @property
    def last_rtp(self) -> int | None:
        """Timestamp of the newest unit that ever left here; what comes later is newer."""
        return self._timeline.last

    def set_source(self, feed: TrackFeed | None) -> None:
        """Forget the old source; then ask for `show_cached`."""
        self.feed = feed
        self.sent = Sent()
        self._drop_waiting()
        self._needs_keyframe = True
        self._timeline.switch()

    def show_cached(self) -> None:
        """The source was set, or the connection is up: send what is cached."""
        if self.feed is not None and (cached := self.feed.cached()):
            self.catch_up(cached)

    def replay(self) -> None:
        """The player has lost the picture: answer from the cache, never from the camera."""
        now = self._clock.monotonic()
        if now - self._replayed_at < REPLAY_AT_MOST_EVERY_S or self.feed is None or self._waiting:
            return
        if cached := self.feed.cached():
            if self._clock.utc_ns() - cached[-1].au.arrival_ns > REPLAY_NOTHING_OLDER_NS:
                return
            self._replayed_at = now
            self._metrics.replays.inc()
            self.catch_up(cached)

    def catch_up(self, units: Sequence[OutgoingUnit]) -> None:
        if not self._sender.ready:
            return
        start = next((at for at, unit in enumerate(units) if unit.au.keyframe), None)
        if start is None:
            for unit in units:
                self.live(unit)
            return
        chosen = [unit for unit in units[start:] if self._wanted(unit)]
        if not chosen:
            return
        self._drop_waiting()
        self._needs_keyframe = False
        stamps = self._timeline.burst([unit.au.rtp_timestamp for unit in chosen])
        for unit, stamp in zip(chosen, stamps, strict=True):
            self._wait(unit, stamp)
        self._pacer.drain(self)

    def live(self, unit: OutgoingUnit) -> None:
        if not self._sender.ready or not self._wanted(unit):
            return
        au = unit.au
        if self._needs_keyframe:
            if not au.keyframe:
                self._metrics.units_dropped.labels("until_keyframe").inc()
                return
            self._needs_keyframe = False
        if au.discontinuity:
            self._timeline.switch()
        stamp = self._timeline.live(au.rtp_timestamp)
        if not self._waiting:
            self._send(unit, stamp)
            return
        if (
            len(self._waiting) >= MOST_WAITING_UNITS
            or self._waiting_bytes + len(au.payload) > MOST_WAITING_BYTES
        ):
            self._metrics.units_dropped.labels("queue_full").inc(len(self._waiting) + 1)
            self._drop_waiting()
            self._needs_keyframe = True
            return
        self._wait(unit, stamp)

    def feed_changed(self) -> None:
        self._on_feed_changed(self)

    def send_next(self) -> int:
        """For the pacer: send one waiting unit; -1 when none waits."""
        if not self._waiting:
            return -1
        unit, stamp = self._waiting.popleft()
        self._waiting_bytes -= len(unit.au.payload)
        self._send(unit, stamp)
        return len(unit.au.payload)

    def _wanted(self, unit: OutgoingUnit) -> bool:
        return unit.au.codec is Codec.H264 and (unit.au.keyframe or not self.keyframes_only)

    def _wait(self, unit: OutgoingUnit, stamp: int) -> None:
        self._waiting.append((unit, stamp))
        self._waiting_bytes += len(unit.au.payload)

    def _drop_waiting(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0

    def _send(self, unit: OutgoingUnit, stamp: int) -> None:
        if not self._sender.send_unit(unit.payloads, stamp):
            self._metrics.units_dropped.labels("socket_full").inc(len(self._waiting) + 1)
            self._drop_waiting()
            self._needs_keyframe = True
            return
        self._metrics.units_out.inc()
        sent = self.sent
        now_ns = self._clock.utc_ns()
        sent.frames += 1
        sent.last_at_ns = now_ns
        sent.rtp = stamp
        sent.captured_at_ns = unit.au.arrival_ns
        if not sent.first_at_ns:
            sent.first_at_ns = now_ns
            self._on_first_unit(self)
