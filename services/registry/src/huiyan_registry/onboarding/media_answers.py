"""Reads what devices answer, as zeep hands it on: anything may be absent or of another kind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from huiyan_registry.onboarding.stream_profile import StreamProfile

_LONGEST = 80
_MOST_PIXELS = 16_384
_MOST = 2**31 - 1
_CODECS = {"h264": "h264", "avc": "h264", "h265": "h265", "hevc": "h265"}
_BY_CATEGORY = {
    "Events": "http://www.onvif.org/ver10/events/wsdl",
    "Media": "http://www.onvif.org/ver10/media/wsdl",
    "PTZ": "http://www.onvif.org/ver20/ptz/wsdl",
}


def text(told: Any, name: str, longest: int = _LONGEST) -> str:
    """A printable text; empty when there is none."""
    value = getattr(told, name, None)
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value.strip() if char.isprintable())[:longest]


def number(told: Any, name: str, most: int = _MOST) -> int:
    """A whole number from 0 to `most`; 0 when there is none."""
    value = getattr(told, name, None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        return 0
    return int(value)


def _each(told: Any) -> Iterator[Any]:
    if isinstance(told, list):
        yield from told
    elif told is not None:
        yield told


def device_time(told: Any) -> datetime | None:
    """The UTC time of GetSystemDateAndTime."""
    utc = getattr(told, "UTCDateTime", None)
    date: Any = getattr(utc, "Date", None)
    time: Any = getattr(utc, "Time", None)
    try:
        return datetime(
            date.Year,
            date.Month,
            date.Day,
            time.Hour,
            time.Minute,
            min(time.Second, 59),
            tzinfo=UTC,
        )
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


def services(told: Any) -> dict[str, str]:
    """Address by namespace, of GetServices."""
    pairs = ((text(one, "Namespace", 200), text(one, "XAddr", 1024)) for one in _each(told))
    return {namespace: address for namespace, address in pairs if namespace and address}


def capabilities(told: Any) -> dict[str, str]:
    """Address by namespace, of GetCapabilities."""
    pairs = (
        (namespace, text(getattr(told, category, None), "XAddr", 1024))
        for category, namespace in _BY_CATEGORY.items()
    )
    return {namespace: address for namespace, address in pairs if address}


def profiles(told: Any) -> list[StreamProfile]:
    """Profiles with video, of Media's GetProfiles."""
    found = []
    for one in _each(told):
        encoder = getattr(one, "VideoEncoderConfiguration", None)
        h264 = getattr(encoder, "H264", None)
        rate = getattr(encoder, "RateControl", None)
        made = _profile(one, encoder, rate, number(h264, "GovLength"), text(h264, "H264Profile"))
        found += [made] if made is not None else []
    return found


def profiles2(told: Any) -> list[StreamProfile]:
    """Profiles with video, of Media2's GetProfiles."""
    found = []
    for one in _each(told):
        encoder = getattr(getattr(one, "Configurations", None), "VideoEncoder", None)
        rate = getattr(encoder, "RateControl", None)
        gop, kind = number(encoder, "GovLength"), text(encoder, "Profile")
        made = _profile(one, encoder, rate, gop, kind)
        found += [made] if made is not None else []
    return found


def _profile(one: Any, encoder: Any, rate: Any, gop: int, kind: str) -> StreamProfile | None:
    token, codec = text(one, "token", 64), text(encoder, "Encoding", 20).lower()
    if encoder is None or not token:
        return None
    size = getattr(encoder, "Resolution", None)
    return StreamProfile(
        token=token,
        name=text(one, "Name") or token,
        codec=_CODECS.get(codec, codec),
        width=number(size, "Width", _MOST_PIXELS),
        height=number(size, "Height", _MOST_PIXELS),
        fps=number(rate, "FrameRateLimit", 1000),
        kbps=number(rate, "BitrateLimit"),
        gop=gop,
        h264_profile=kind,
        url="",
    )


def with_url(profile: StreamProfile, told: Any) -> StreamProfile:
    """The profile with the address of GetStreamUri (Media: an object, Media2: the text itself)."""
    url = told if isinstance(told, str) else text(told, "Uri", 1025)
    return replace(profile, url=url.strip())
