"""One track of one camera, taken from the bus once for all its viewers."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from huiyan.ingest.v1.camera_pb2 import PresenceState, TrackInfo
from huiyan.ingest.v1.demand_pb2 import DemandReply, DemandRequest
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus, Message
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_media.access_unit import AccessUnit
from huiyan_media.assembler import Assembler
from huiyan_media.codec import Codec
from huiyan_media.errors import MediaFrameError
from huiyan_media.gop import GopCache
from huiyan_media.order import JoinPoint

from huiyan_relay.metrics import RelayMetrics
from huiyan_relay.outgoing_unit import OutgoingUnit

log = logging.getLogger(__name__)
DEMAND_EVERY_S = 2.0
_ASK_AGAIN_S = 0.5
_REPLY_TIMEOUT_S = 2.0
# Without a unit for so long the picture stands still.
STALLED_AFTER_S = 3.0
# Live units that wait for the first demand reply; more means the reply is very late.
_MOST_HELD = 256


class Listener(Protocol):
    """Who watches a feed; called in the event loop, must return at once."""

    def catch_up(self, units: Sequence[OutgoingUnit]) -> None:
        """Units from a keyframe on, all at once: the cached GOP, or what an outage held back."""

    def live(self, unit: OutgoingUnit) -> None:
        """The next unit; `au.discontinuity` marks a keyframe after a loss."""

    def feed_changed(self) -> None:
        """What ingest says of the track has changed."""


@dataclass(frozen=True, slots=True)
class FeedKey:
    """Names a feed."""

    town: str
    camera: str
    track: str


class TrackFeed:
    """Subscribes, demands every 2 s, joins GOP and live flow, and tells its listeners.

    While ingest does not answer it keeps asking; after the bus was lost it asks again at once.
    """

    def __init__(
        self,
        key: FeedKey,
        bus: Bus,
        worker: str,
        metrics: RelayMetrics,
        monotonic: Callable[[], float],
    ) -> None:
        self.key = key
        self.listeners: set[Listener] = set()
        self.reply_state: PresenceState.ValueType = PresenceState.PRESENCE_STATE_UNSPECIFIED
        self.reply_cause = ""
        self.track: TrackInfo | None = None
        self.codec: Codec | None = None
        self._bus = bus
        self._worker = worker
        self._metrics = metrics
        self._monotonic = monotonic
        self._cache = GopCache()
        self._assembler = Assembler()
        self._join = JoinPoint()
        self._held: list[AccessUnit] | None = []
        self._last_unit_at: float | None = None
        self._wake = asyncio.Event()
        self._want_gop = True

    @property
    def flowing(self) -> bool:
        """True while units arrive."""
        return (
            self._last_unit_at is not None
            and self._monotonic() - self._last_unit_at < STALLED_AFTER_S
        )

    @property
    def had_units(self) -> bool:
        """True once a unit has come."""
        return self._last_unit_at is not None

    def cached(self) -> list[OutgoingUnit]:
        """The units since the last keyframe."""
        return [OutgoingUnit(au) for au in self._cache.snapshot()]

    def forget_picture(self) -> None:
        """Empty the cache, when the camera is switched off."""
        self._cache.clear()

    def bus_is_back(self) -> None:
        """Ask anew at once: what was sent meanwhile is lost."""
        self._want_gop = True
        self._wake.set()

    async def run(self) -> None:
        """Feed the listeners until cancelled."""
        while True:
            try:
                await self._run_once()
            except Exception:
                # Viewers of other cameras go on; this one gets a fresh subscription.
                log.exception("a feed failed and begins anew")
                await asyncio.sleep(DEMAND_EVERY_S)

    async def _run_once(self) -> None:
        subject = subjects.media(self.key.town, self.key.camera, self.key.track)
        while True:
            try:
                subscription = await self._bus.subscribe(subject, self._on_message)
                break
            except HuiyanError:
                await asyncio.sleep(_ASK_AGAIN_S)
        try:
            while True:
                pause_s = await self._demand()
                try:
                    async with asyncio.timeout(pause_s):
                        await self._wake.wait()
                except TimeoutError:
                    continue
                self._wake.clear()
        finally:
            await subscription.close()

    async def _demand(self) -> float:
        """Ask once; return how long to wait before the next time."""
        key = self.key
        want_gop = self._want_gop or self._cache.last_keyframe is None
        if want_gop and self._held is None and self._join.waiting_for_keyframe:
            self._held = []
        request = DemandRequest(worker=self._worker, want_gop=want_gop)
        try:
            answer = await self._bus.request(
                subjects.demand(key.town, key.camera, key.track),
                request.SerializeToString(),
                timeout_s=_REPLY_TIMEOUT_S,
            )
            reply = DemandReply.FromString(answer)
        except HuiyanError as error:
            self._release([])
            self._note(PresenceState.PRESENCE_STATE_UNSPECIFIED, "")
            # Nobody serves it just now: a claim may be moving. Late is as good as lost.
            return DEMAND_EVERY_S / 2 if error.kind is ErrorKind.TIMEOUT else _ASK_AGAIN_S
        except ValueError:
            self._metrics.bad_messages.inc()
            self._release([])
            return DEMAND_EVERY_S
        if reply.HasField("track"):
            self.track = reply.track
        online = reply.state == PresenceState.PRESENCE_STATE_ONLINE
        self._release(self._units_of(reply))
        self._want_gop = not online
        self._note(reply.state, reply.cause)
        return DEMAND_EVERY_S if online else DEMAND_EVERY_S / 2

    def _units_of(self, reply: DemandReply) -> list[AccessUnit]:
        assembler = Assembler()
        units = []
        for message in reply.gop:
            try:
                unit = assembler.push(message)
            except MediaFrameError:
                self._metrics.bad_messages.inc()
                break
            if unit is not None:
                units.append(unit)
        return units

    def _release(self, gop: list[AccessUnit]) -> None:
        """Take the GOP, then what came live while we waited for it."""
        held, self._held = self._held or [], None
        taken = [unit for au in (*gop, *held) if (unit := self._take(au)) is not None]
        if taken:
            for listener in list(self.listeners):
                listener.catch_up(taken)

    async def _on_message(self, message: Message) -> None:
        try:
            au = self._assembler.push(message.payload)
        except MediaFrameError:
            self._metrics.bad_messages.inc()
            return
        if au is None:
            return
        if self._held is not None and len(self._held) < _MOST_HELD:
            self._held.append(au)
            return
        unit = self._take(au)
        if unit is not None:
            for listener in list(self.listeners):
                listener.live(unit)

    def _take(self, au: AccessUnit) -> OutgoingUnit | None:
        accepted = self._join.accept(au)
        if accepted is None:
            return None
        self._metrics.units_in.inc()
        was_flowing = self.flowing
        self._cache.push(accepted)
        self._last_unit_at = self._monotonic()
        changed = accepted.codec is not self.codec or not was_flowing
        self.codec = accepted.codec
        if changed:
            self._tell_changed()
        return OutgoingUnit(accepted)

    def _note(self, state: PresenceState.ValueType, cause: str) -> None:
        if (state, cause) != (self.reply_state, self.reply_cause):
            self.reply_state, self.reply_cause = state, cause
            self._tell_changed()

    def _tell_changed(self) -> None:
        for listener in list(self.listeners):
            listener.feed_changed()
