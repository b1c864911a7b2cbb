"""Media profiles of a device, and which of them to use. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

_SCHEMES = frozenset({"rtsp", "rtsps"})
_LONGEST_URL = 1024
# D1 and its 16:9 relatives; larger streams are too much for a far phone.
_SUB_PIXELS = 704 * 576


@dataclass(frozen=True, slots=True)
class StreamProfile:
    """`codec` is `h264`, `h265` or what the device calls it in lower case. fps, kbps and gop
    (frames) are 0 where the device does not tell. `url` has neither user info nor another host."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float
    kbps: int
    gop: int
    h264_profile: str
    url: str

    @property
    def pixels(self) -> int:
        return self.width * self.height


def own_url(text: str, host: str) -> tuple[str, bool] | None:
    """(The stream address at `host` without user info, whether it named another host).

    None for what is no RTSP address. Devices behind a router, and hostile ones, advertise hosts
    that are not theirs: only the host that was vetted is used.
    """
    if not text or len(text) > _LONGEST_URL or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        named, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in _SCHEMES or not named or port == 0 or "\\" in text:
        return None
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port is None else f"{shown}:{port}"
    url = urlunsplit((parts.scheme.lower(), netloc, parts.path, parts.query, ""))
    return url, named.lower() != host.lower()


def at_host(profile: StreamProfile, host: str) -> tuple[StreamProfile, bool] | None:
    """The profile with its address at `host`; None when it has no usable address."""
    found = own_url(profile.url, host)
    return None if found is None else (replace(profile, url=found[0]), found[1])


def suggest(profiles: Sequence[StreamProfile]) -> tuple[str, str | None]:
    """Tokens of (main, sub): the largest H.264 picture, and the largest small one beside it.
    Without H.264 the main stream is the largest of any codec. `profiles` is not empty."""
    h264 = [profile for profile in profiles if profile.codec == "h264"]
    main = max(h264 or profiles, key=lambda profile: (profile.pixels, profile.fps))
    small = [
        profile
        for profile in h264
        if profile.token != main.token and 0 < profile.pixels <= min(_SUB_PIXELS, main.pixels)
    ]
    sub = max(small, key=lambda profile: (profile.pixels, profile.fps), default=None)
    return main.token, sub.token if sub is not None else None
