"""What all sessions of one process share, and the one rule on what a grant may show now."""

from collections.abc import Callable
from dataclasses import dataclass

from huiyan_kit.clock import Clock
from huiyan_kit.grants import Grant

from huiyan_relay.access import Access, EndReason
from huiyan_relay.camera_board import CameraBoard
from huiyan_relay.feed import TrackFeed
from huiyan_relay.hub import Hub
from huiyan_relay.metrics import RelayMetrics
from huiyan_relay.tile_status import TileState, TileStatus, status_of_picture
from huiyan_relay.views import ViewLog


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a tile may show nothing: what the page is told, and the reason for the register."""

    status: TileStatus
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Rooms:
    """Handed to every session."""

    hub: Hub
    board: CameraBoard
    access: Access
    views: ViewLog
    metrics: RelayMetrics
    clock: Clock
    bus_silent: Callable[[], bool]

    def why_not(self, grant: Grant, camera: str, stream: str) -> Refusal | None:
        """Why this camera may not be shown now: revocation, grant, the camera's row; or None."""
        if self.access.camera_void(grant, camera):
            return Refusal(TileStatus(TileState.REVOKED), EndReason.REVOKED)
        if not grant.allows(camera, stream):
            return Refusal(TileStatus(TileState.REFUSED), EndReason.REVOKED)
        row = self.board.row(grant.iss, camera)
        if row is None:
            return Refusal(TileStatus(TileState.OFFLINE, "not_found"), EndReason.CAMERA_OFF)
        if row.off or (row.valid_until_ns and row.valid_until_ns < self.clock.utc_ns()):
            return Refusal(TileStatus(TileState.OFFLINE, "off"), EndReason.CAMERA_OFF)
        return None

    def status_of(self, feed: TrackFeed) -> TileStatus:
        """What a feed's picture is like now."""
        return status_of_picture(
            flowing=feed.flowing,
            had_units=feed.had_units,
            bus_silent=self.bus_silent(),
            reply_state=feed.reply_state,
            presence=self.board.presence(feed.key.town, feed.key.camera),
        )
