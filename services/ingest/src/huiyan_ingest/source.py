"""What a camera source is: it opens one RTSP stream and hands raw units to the event loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from huiyan_kit.sealing import CameraCredential
from huiyan_media.codec import Codec

from huiyan_ingest.address_guard import StreamAddress
from huiyan_ingest.causes import Cause


@dataclass(frozen=True, slots=True)
class Medium:
    """One elementary stream of the camera, as its session description tells."""

    codec: Codec
    clock_rate: int
    """RTP ticks a second."""
    extradata: bytes = b""
    """Parameter sets (video: Annex B, avcC or hvcC) or AudioSpecificConfig."""


class RawUnit(NamedTuple):
    """One access unit as the source received it."""

    audio: bool
    payload: bytes
    timestamp: int | None
    """RTP ticks, not wrapped; None when the source does not know it."""
    after_loss: bool
    arrival_ns: int
    """UTC."""
    camera_minus_arrival_ns: int | None


class SourceListener(Protocol):
    """Hears of a source, always in the event loop and in this order."""

    def on_opened(self, video: Medium, audio: Medium | None) -> None:
        """The camera plays; at most once."""

    def on_unit(self, unit: RawUnit) -> None:
        """One unit, only between opened and closed."""

    def on_closed(self, cause: Cause) -> None:
        """The source has ended and holds nothing any more; exactly once, also after `stop`."""


class CameraSource(Protocol):
    """One attempt to pull one stream. Not used again after it closed."""

    urgent: bool
    """Somebody watches: hand units over at once, else they may be gathered for a moment."""
    wants_audio: bool
    """Deliver audio units; video always comes."""

    def start(self) -> None:
        """Begin to connect."""

    def stop(self) -> None:
        """Ask it to end soon; `on_closed` tells when it has."""


OpenSource = Callable[[StreamAddress, CameraCredential | None, SourceListener], CameraSource]
