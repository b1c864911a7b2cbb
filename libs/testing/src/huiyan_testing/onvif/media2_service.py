"""The media service, version 2 (ONVIF Media2 specification): what Profile T cameras have."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from huiyan_testing.onvif.addresses import SNAPSHOT_PATH, Place
from huiyan_testing.onvif.device import OnvifDevice, Profile
from huiyan_testing.onvif.media_service import MULTICAST, profile_of
from huiyan_testing.onvif.soap import Call


def _encoder(profile: Profile, tag: str) -> str:
    return (
        f"<{tag} token={quoteattr('encoder_' + profile.track)}"
        f" GovLength={quoteattr(str(profile.gop))}"
        f" Profile={quoteattr(profile.h264_profile)}>"
        f"<tt:Name>{profile.track}</tt:Name><tt:UseCount>1</tt:UseCount>"
        f"<tt:Encoding>{profile.encoding}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{profile.width}</tt:Width><tt:Height>{profile.height}"
        "</tt:Height></tt:Resolution>"
        f'<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>{profile.fps}'
        f"</tt:FrameRateLimit><tt:BitrateLimit>{profile.kbps}</tt:BitrateLimit></tt:RateControl>"
        f"{MULTICAST}<tt:Quality>4</tt:Quality></{tag}>"
    )


def get_profiles(device: OnvifDevice, call: Call, place: Place) -> str:
    """Configurations are told when the request names their type, or `All`."""
    types = {(entry.text or "").strip() for entry in call.body.iterfind("{*}Type")}
    told = bool(types & {"All", "VideoEncoder"})
    entries = "".join(
        f'<tr2:Profiles token={quoteattr(profile.token)} fixed="true">'
        f"<tr2:Name>{escape(profile.name)}</tr2:Name>"
        + (
            f"<tr2:Configurations>{_encoder(profile, 'tr2:VideoEncoder')}</tr2:Configurations>"
            if told
            else ""
        )
        + "</tr2:Profiles>"
        for profile in device.profiles()
    )
    return f"<tr2:GetProfilesResponse>{entries}</tr2:GetProfilesResponse>"


def get_video_encoder_configurations(device: OnvifDevice, call: Call, place: Place) -> str:
    entries = "".join(_encoder(profile, "tr2:Configurations") for profile in device.profiles())
    return (
        "<tr2:GetVideoEncoderConfigurationsResponse>"
        f"{entries}</tr2:GetVideoEncoderConfigurationsResponse>"
    )


def get_stream_uri(device: OnvifDevice, call: Call, place: Place) -> str:
    url = place.stream_url(device, profile_of(device, call).track)
    return f"<tr2:GetStreamUriResponse><tr2:Uri>{escape(url)}</tr2:Uri></tr2:GetStreamUriResponse>"


def get_snapshot_uri(device: OnvifDevice, call: Call, place: Place) -> str:
    url = place.url(device, SNAPSHOT_PATH + profile_of(device, call).token)
    return (
        f"<tr2:GetSnapshotUriResponse><tr2:Uri>{escape(url)}</tr2:Uri></tr2:GetSnapshotUriResponse>"
    )


OPERATIONS = {
    "GetProfiles": get_profiles,
    "GetVideoEncoderConfigurations": get_video_encoder_configurations,
    "GetStreamUri": get_stream_uri,
    "GetSnapshotUri": get_snapshot_uri,
}
