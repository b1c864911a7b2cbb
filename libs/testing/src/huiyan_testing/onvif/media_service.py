"""The media service, version 1 (ONVIF Media specification): H.264 only, as Profile S has it."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from huiyan_testing.onvif.addresses import SNAPSHOT_PATH, Place
from huiyan_testing.onvif.device import OnvifDevice, Profile
from huiyan_testing.onvif.soap import Call, SoapFaultError

MULTICAST = (
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address>"
    "</tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart>"
    "</tt:Multicast>"
)
PTZ_CONFIGURATION = (
    '<tt:PTZConfiguration token="ptz_config"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount>'
    "<tt:NodeToken>ptz_node</tt:NodeToken></tt:PTZConfiguration>"
)


def profile_of(device: OnvifDevice, call: Call) -> Profile:
    """The profile that a request names. SoapFaultError NoProfile."""
    token = call.text("ProfileToken")
    for profile in device.profiles():
        if profile.token == token:
            return profile
    raise SoapFaultError("no such profile", "ter:InvalidArgVal", "ter:NoProfile")


def _listed(device: OnvifDevice) -> list[Profile]:
    return [profile for profile in device.profiles() if profile.encoding == "H264"]


def _encoder(profile: Profile, tag: str) -> str:
    return (
        f"<{tag} token={quoteattr('encoder_' + profile.track)}>"
        f"<tt:Name>{profile.track}</tt:Name><tt:UseCount>1</tt:UseCount>"
        f"<tt:Encoding>{profile.encoding}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{profile.width}</tt:Width><tt:Height>{profile.height}"
        "</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>"
        f"<tt:RateControl><tt:FrameRateLimit>{profile.fps}</tt:FrameRateLimit>"
        "<tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>{profile.kbps}</tt:BitrateLimit></tt:RateControl>"
        f"<tt:H264><tt:GovLength>{profile.gop}</tt:GovLength>"
        f"<tt:H264Profile>{profile.h264_profile}</tt:H264Profile></tt:H264>"
        f"{MULTICAST}<tt:SessionTimeout>PT60S</tt:SessionTimeout></{tag}>"
    )


def get_profiles(device: OnvifDevice, call: Call, place: Place) -> str:
    entries = "".join(
        f'<trt:Profiles token={quoteattr(profile.token)} fixed="true">'
        f"<tt:Name>{escape(profile.name)}</tt:Name>"
        '<tt:VideoSourceConfiguration token="source_config"><tt:Name>source</tt:Name>'
        "<tt:UseCount>2</tt:UseCount><tt:SourceToken>source</tt:SourceToken>"
        '<tt:Bounds x="0" y="0" width="1280" height="720"/></tt:VideoSourceConfiguration>'
        f"{_encoder(profile, 'tt:VideoEncoderConfiguration')}"
        f"{PTZ_CONFIGURATION if device.ptz else ''}</trt:Profiles>"
        for profile in _listed(device)
    )
    return f"<trt:GetProfilesResponse>{entries}</trt:GetProfilesResponse>"


def get_video_encoder_configurations(device: OnvifDevice, call: Call, place: Place) -> str:
    entries = "".join(_encoder(profile, "trt:Configurations") for profile in _listed(device))
    return (
        "<trt:GetVideoEncoderConfigurationsResponse>"
        f"{entries}</trt:GetVideoEncoderConfigurationsResponse>"
    )


def _media_uri(url: str, name: str) -> str:
    return (
        f"<trt:{name}Response><trt:MediaUri><tt:Uri>{escape(url)}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout>"
        f"</trt:MediaUri></trt:{name}Response>"
    )


def get_stream_uri(device: OnvifDevice, call: Call, place: Place) -> str:
    profile = profile_of(device, call)
    return _media_uri(place.stream_url(device, profile.track), "GetStreamUri")


def get_snapshot_uri(device: OnvifDevice, call: Call, place: Place) -> str:
    profile = profile_of(device, call)
    return _media_uri(place.url(device, SNAPSHOT_PATH + profile.token), "GetSnapshotUri")


OPERATIONS = {
    "GetProfiles": get_profiles,
    "GetVideoEncoderConfigurations": get_video_encoder_configurations,
    "GetStreamUri": get_stream_uri,
    "GetSnapshotUri": get_snapshot_uri,
}
