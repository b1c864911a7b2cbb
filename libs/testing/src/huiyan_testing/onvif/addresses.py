"""The addresses that a camera advertises of itself."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from huiyan_testing.onvif.device import OnvifDevice


@dataclass(frozen=True, slots=True)
class Place:
    """Where the camera serves HTTP."""

    host: str
    port: int

    def url(self, device: OnvifDevice, path: str) -> str:
        """The address of a service, with the host that the camera likes to tell."""
        return f"http://{device.other_host or f'{self.host}:{self.port}'}{path}"

    def stream_url(self, device: OnvifDevice, track: str) -> str:
        """The address of a stream."""
        url = device.stream_url(track)
        if device.other_stream_host:
            url = urlsplit(url)._replace(netloc=device.other_stream_host).geturl()
        return url


DEVICE_PATH = "/onvif/device_service"
MEDIA_PATH = "/onvif/media_service"
MEDIA2_PATH = "/onvif/media2_service"
PTZ_PATH = "/onvif/ptz_service"
EVENTS_PATH = "/onvif/event_service"
SUBSCRIPTION_PATH = "/onvif/subscription/"
SNAPSHOT_PATH = "/onvif/snapshot/"
