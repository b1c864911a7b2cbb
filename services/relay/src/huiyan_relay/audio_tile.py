"""The sound beside a picture: G.711 as the camera sent it, one packet for each unit (RFC 3551)."""

from collections.abc import Callable, Collection, Sequence

from huiyan_media.codec import Codec

from huiyan_relay.outgoing_unit import OutgoingUnit
from huiyan_relay.rtp_sender import RtpSender
from huiyan_relay.timeline import Timeline

AUDIO_CLOCK = 8000
_SOUNDING_S = 3.0
_MOST_BYTES = 1180


class AudioTile:
    """Sends live units only: old sound would be heard late. Units that do not fit one packet, or
    of a codec that was not offered, are left out."""

    def __init__(
        self, sender: RtpSender, offered: Collection[Codec], monotonic: Callable[[], float]
    ) -> None:
        self._sender = sender
        self._offered = frozenset(offered)
        self._monotonic = monotonic
        self._timeline = Timeline(monotonic, clock_rate=AUDIO_CLOCK)
        self._sent_at = float("-inf")

    @property
    def sounding(self) -> bool:
        """True while sound leaves."""
        return self._monotonic() - self._sent_at < _SOUNDING_S

    def catch_up(self, units: Sequence[OutgoingUnit]) -> None:
        for unit in units[-1:]:
            self.live(unit)

    def live(self, unit: OutgoingUnit) -> None:
        au = unit.au
        payload_type = au.codec.static_payload_type
        if (
            au.codec not in self._offered
            or payload_type is None
            or not self._sender.ready
            or not 0 < len(au.payload) <= _MOST_BYTES
        ):
            return
        if au.discontinuity:
            self._timeline.switch()
        stamp = self._timeline.live(au.rtp_timestamp)
        if self._sender.send_unit([au.payload], stamp, payload_type):
            self._sent_at = self._monotonic()

    def feed_changed(self) -> None:
        """Sound has no state of its own."""
