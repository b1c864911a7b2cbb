"""An access unit on its way to viewers: packetised once, however many they are."""

from huiyan_media.access_unit import AccessUnit
from huiyan_media.errors import MediaError
from huiyan_media.rtp_h264 import packetise

# IPv4 + UDP + RTP + SRTP tag + RTX number on a 1280-byte path (IPv6's least MTU).
MAX_PAYLOAD = 1180


class OutgoingUnit:
    """A unit and its RTP payloads, made at first use."""

    __slots__ = ("_payloads", "au")

    def __init__(self, au: AccessUnit) -> None:
        self.au = au
        self._payloads: list[bytes] | None = None

    @property
    def payloads(self) -> list[bytes]:
        """RTP payloads of an H.264 unit (RFC 6184); empty when the unit is malformed."""
        if self._payloads is None:
            try:
                self._payloads = packetise(self.au.payload, MAX_PAYLOAD)
            except MediaError:
                self._payloads = []
        return self._payloads
