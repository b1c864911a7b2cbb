"""One WHEP session: a grant, a connection, its tiles, and whoever listens on its channel."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.grants import Grant
from huiyan_media.codec import Codec

from huiyan_relay.access import EndReason, same_holder
from huiyan_relay.aiortc_insides import MediaAddress
from huiyan_relay.audio_tile import AudioTile
from huiyan_relay.feed import FeedKey, TrackFeed
from huiyan_relay.link_quality import Level, LinkQuality
from huiyan_relay.offer import Offer
from huiyan_relay.pacer import Pacer
from huiyan_relay.peer import Peer, PeerEvents
from huiyan_relay.rooms import Refusal, Rooms
from huiyan_relay.tile import Tile
from huiyan_relay.tile_status import TileState, TileStatus
from huiyan_relay.track_choice import choose_track
from huiyan_relay.views import View

log = logging.getLogger(__name__)


class Channel(Protocol):
    """A page that listens to the session."""

    def changed(self) -> None:
        """The states have changed."""

    def tell(self, message: dict[str, Any]) -> None:
        """Pass a message on."""

    def ended(self, reason: EndReason) -> None:
        """The session is over."""


@dataclass(slots=True)
class Place:
    """A tile and what the viewer wants to see there."""

    tile: Tile
    camera: str | None = None
    stream: str = "main"
    refused: TileStatus | None = None
    quality: LinkQuality = field(default_factory=lambda: LinkQuality((Level.FULL,)))
    h265: set[str] = field(default_factory=set)
    view: View | None = None


class WhepSession:
    """Ends itself when its grant does; every change goes through here."""

    def __init__(
        self,
        session_id: str,
        grant: Grant,
        offer: Offer,
        address: MediaAddress,
        rooms: Rooms,
        *,
        is_wall: bool,
        burst_kbps: int,
        on_end: Callable[["WhepSession"], None],
    ) -> None:
        self.id = session_id
        self.kind = "wall" if is_wall else "view"
        self.grant = grant
        self.ufrag = offer.ufrag
        self.created_at = rooms.clock.monotonic()
        self.connected = False
        self.end_reason: EndReason | None = None
        self.channels: set[Channel] = set()
        self._rooms = rooms
        self._on_end = on_end
        self._pacer = Pacer(burst_kbps * 1000)
        self._saw_first_unit = False
        self.peer = Peer(
            offer,
            address,
            PeerEvents(
                ready=self._ready,
                keyframe_wanted=lambda place: self.places[place].tile.replay(),
                nacked=self._nacked,
                loss_reported=self._loss_reported,
                lost=lambda: self.end(EndReason.LOST),
            ),
            with_audio=not is_wall and any("audio" in view.actions for view in grant.views),
        )
        self._sound: AudioTile | None = None
        self._sound_feed: TrackFeed | None = None
        if self.peer.audio is not None:
            self._sound = AudioTile(self.peer.audio, offer.g711, rooms.clock.monotonic)
        self.places = [
            Place(
                Tile(
                    index,
                    sender,
                    self._pacer,
                    rooms.metrics,
                    rooms.clock,
                    on_first_unit=self._first_unit,
                    on_feed_changed=self._feed_changed,
                )
            )
            for index, sender in enumerate(self.peer.senders)
        ]

    # -- what the viewer asks

    def assign(self, index: int, camera: str | None, stream: str) -> int | None:
        """Show a camera in a tile, or nothing; frames after the returned RTP timestamp are of it.

        HuiyanError INVALID (no_tile) only: a camera that the grant does not cover becomes the
        tile's state `refused`.
        """
        if not 0 <= index < len(self.places):
            raise HuiyanError(
                ErrorKind.INVALID, "没有这个画面格", "There is no such tile", code="no_tile"
            )
        place = self.places[index]
        after = place.tile.last_rtp
        if (place.camera, place.stream) == (camera, stream) and place.refused is None:
            return after
        self._clear(place, EndReason.SWITCHED)
        place.camera, place.stream = camera, stream
        place.h265.clear()
        place.quality = LinkQuality((Level.FULL,))
        if camera is not None:
            self._open(place)
        self._changed()
        return after

    def renew(self, grant: Grant) -> None:
        """Go on with a newer token of the same grant. FORBIDDEN (not_yours) for another's."""
        if not same_holder(grant, self.grant):
            raise HuiyanError(
                ErrorKind.FORBIDDEN,
                "这不是您打开的画面",
                "The session belongs to another grant",
                code="not_yours",
            )
        if grant.iat >= self.grant.iat:
            self.grant = grant
            for place in self.places:
                if place.camera is not None and place.refused is not None:
                    self._open(place)

    # -- what the world does

    def check(self) -> None:
        """End what may no longer go on; called often."""
        rooms = self._rooms
        if (reason := rooms.access.why_over(self.grant)) is not None:
            self.end(reason)
            return
        for place in self.places:
            if place.camera is None:
                continue
            refusal = rooms.why_not(self.grant, place.camera, place.stream)
            if not self.grant.allows(place.camera, "main", "audio"):
                self._close_sound()
            if refusal is None:
                if place.refused is not None and place.refused.state is not TileState.UNSUPPORTED:
                    self._open(place)
                    self._changed()
                continue
            if self.kind == "view":
                self.end(refusal.reason)
                return
            if place.refused != refusal.status:
                self._refuse(place, refusal)
                self._changed()

    def end(self, reason: EndReason) -> None:
        """Stop at once; idempotent. The connection is closed by the owner."""
        if self.end_reason is not None:
            return
        self.end_reason = reason
        for place in self.places:
            self._clear(place, reason)
        self._pacer.close()
        for channel in list(self.channels):
            channel.ended(reason)
        self._on_end(self)

    def tell_moved(self) -> None:
        """Pages shall go to another relay; pictures go on meanwhile."""
        for channel in list(self.channels):
            channel.ended(EndReason.MOVED)

    # -- tiles

    def _open(self, place: Place) -> None:
        grant, camera = self.grant, place.camera
        assert camera is not None
        if refusal := self._rooms.why_not(grant, camera, place.stream):
            self._refuse(place, refusal)
            return
        row = self._rooms.board.row(grant.iss, camera)
        view = grant.view_of(camera)
        assert row is not None
        assert view is not None
        wanted = "sub" if place.quality.level is Level.SUB else place.stream
        presence = self._rooms.board.presence(grant.iss, camera)
        choice = choose_track(row, presence, wanted, view.streams, place.h265)
        if choice.track is None:
            unsupported = TileStatus(TileState.UNSUPPORTED, choice.cause)
            self._refuse(place, Refusal(unsupported, EndReason.CLOSED))
            return
        place.refused = None
        if len(place.quality.steps) == 1:
            can_shrink = choice.track == "main" and row.sub_url and "sub" in view.streams
            place.quality = LinkQuality(
                (Level.FULL, Level.SUB, Level.KEYFRAMES)
                if can_shrink
                else (Level.FULL, Level.KEYFRAMES)
            )
        place.tile.keyframes_only = place.quality.level is Level.KEYFRAMES
        self._watch(place, FeedKey(grant.iss, camera, choice.track))

    def _watch(self, place: Place, key: FeedKey) -> None:
        if place.tile.feed is not None and place.tile.feed.key == key:
            return
        self._clear(place, EndReason.SWITCHED)
        feed = self._rooms.hub.join(key, place.tile)
        place.tile.set_source(feed)
        place.tile.show_cached()
        self._open_sound(key)

    def _open_sound(self, key: FeedKey) -> None:
        if self._sound is not None and self.grant.allows(key.camera, "main", "audio"):
            self._sound_feed = self._rooms.hub.join(replace(key, track="audio"), self._sound)

    def _close_sound(self) -> None:
        if self._sound is not None and self._sound_feed is not None:
            self._rooms.hub.leave(self._sound_feed, self._sound)
            self._sound_feed = None

    def _refuse(self, place: Place, refusal: Refusal) -> None:
        self._clear(place, refusal.reason)
        place.refused = refusal.status

    def _clear(self, place: Place, reason: EndReason) -> None:
        tile = place.tile
        if place.view is not None:
            self._rooms.views.ended(place.view, tile.sent.last_at_ns, tile.sent.frames, reason)
            place.view = None
        if tile.feed is not None:
            self._close_sound()
            self._rooms.hub.leave(tile.feed, tile)
            tile.set_source(None)
        place.refused = None

    # -- events of tiles and of the connection

    def _ready(self, index: int) -> None:
        self.connected = True
        self.places[index].tile.show_cached()
        self._changed()

    def _first_unit(self, tile: Tile) -> None:
        place = self.places[tile.index]
        if not self._saw_first_unit:
            self._saw_first_unit = True
            waited = self._rooms.clock.monotonic() - self.created_at
            self._rooms.metrics.first_frame.observe(waited)
        if place.camera is not None and tile.feed is not None:
            place.view = View(self.grant, place.camera, tile.feed.key.track, tile.sent.first_at_ns)
            self._rooms.views.started(place.view)
        self._changed()

    def _feed_changed(self, tile: Tile) -> None:
        place = self.places[tile.index]
        feed = tile.feed
        if feed is not None and feed.codec is Codec.H265 and feed.key.track not in place.h265:
            place.h265.add(feed.key.track)
            self._open(place)
        self._changed()

    def _nacked(self, index: int, lost: list[int]) -> None:
        metrics = self._rooms.metrics
        metrics.nacked.inc(len(lost))
        now = self._rooms.clock.monotonic()
        metrics.retransmits.inc(self.peer.senders[index].retransmit(lost, now))

    def _loss_reported(self, index: int, loss: float) -> None:
        place = self.places[index]
        if place.camera is None or place.refused is not None or place.tile.feed is None:
            return
        before = place.quality.level
        if not place.quality.report(loss, self._rooms.clock.monotonic()):
            return
        level = place.quality.level
        self._open(place)
        if level > before:
            self._rooms.metrics.weak.inc()
            for channel in list(self.channels):
                channel.tell({"type": "weak", "tile": index, "stream": "sub"})
        elif not place.tile.keyframes_only:
            place.tile.replay()
        self._changed()

    # -- what the channel tells

    def states(self) -> list[dict[str, Any]]:
        """One entry for each tile with a camera, as in contracts.md."""
        entries: list[dict[str, Any]] = []
        for place in self.places:
            if place.camera is None:
                continue
            status, sent = self._status(place), place.tile.sent
            captured = sent.captured_at_ns
            entries.append(
                {
                    "tile": place.tile.index,
                    "camera": place.camera,
                    "stream": place.tile.feed.key.track if place.tile.feed else place.stream,
                    "state": status.state.value,
                    "cause": status.cause,
                    "rtp": sent.rtp,
                    "captured_at": None if captured is None else captured // 1_000_000,
                    "audio": self._sound is not None and self._sound.sounding,
                }
            )
        return entries

    def _status(self, place: Place) -> TileStatus:
        feed = place.tile.feed
        if place.refused is not None or feed is None or place.camera is None:
            return place.refused or TileStatus(TileState.WAITING)
        return self._rooms.status_of(feed)

    def tile_states(self) -> list[TileState]:
        """For the metrics."""
        return [self._status(place).state for place in self.places if place.camera is not None]

    def _changed(self) -> None:
        for channel in list(self.channels):
            channel.changed()
