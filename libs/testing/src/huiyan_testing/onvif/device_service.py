"""The device management service (ONVIF Core specification, section 8)."""

from __future__ import annotations

from urllib.parse import quote
from xml.sax.saxutils import escape

from huiyan_testing.onvif import soap
from huiyan_testing.onvif.addresses import (
    DEVICE_PATH,
    EVENTS_PATH,
    MEDIA2_PATH,
    MEDIA_PATH,
    PTZ_PATH,
    Place,
)
from huiyan_testing.onvif.device import OnvifDevice
from huiyan_testing.onvif.soap import Call

# What anybody may ask (access class PRE_AUTH).
WITHOUT_LOGIN = frozenset(
    {"GetSystemDateAndTime", "GetServices", "GetCapabilities", "GetServiceCapabilities"}
)


def scopes(device: OnvifDevice) -> list[str]:
    """ONVIF scopes, URIs."""
    words = ["type/video_encoder", "Profile/Streaming"]
    words += ["Profile/T"] if device.media2 else []
    words += ["type/ptz"] if device.ptz else []
    words += [f"name/{quote(device.model)}", f"hardware/{quote(device.model)}"]
    return [f"onvif://www.onvif.org/{word}" for word in words]


def services(device: OnvifDevice) -> list[tuple[str, str, str]]:
    """(namespace, path, version) of every service that exists."""
    listed = [(soap.DEVICE, DEVICE_PATH, "2.60"), (soap.EVENTS, EVENTS_PATH, "2.60")]
    if device.media:
        listed.append((soap.MEDIA, MEDIA_PATH, "2.60"))
    if device.media2:
        listed.append((soap.MEDIA2, MEDIA2_PATH, "2.60"))
    if device.ptz:
        listed.append((soap.PTZ, PTZ_PATH, "2.50"))
    return listed


def get_system_date_and_time(device: OnvifDevice, call: Call, place: Place) -> str:
    now = device.now()
    both = "".join(
        f"<tt:{kind}><tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
        f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
        f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date></tt:{kind}>"
        for kind in ("UTCDateTime", "LocalDateTime")
    )
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
        "<tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
        f"<tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone>{both}"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def get_services(device: OnvifDevice, call: Call, place: Place) -> str:
    entries = []
    for namespace, path, version in services(device):
        major, _, minor = version.partition(".")
        entries.append(
            f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace>"
            f"<tds:XAddr>{escape(place.url(device, path))}</tds:XAddr>"
            f"<tds:Version><tt:Major>{major}</tt:Major><tt:Minor>{minor}</tt:Minor></tds:Version>"
            "</tds:Service>"
        )
    return f"<tds:GetServicesResponse>{''.join(entries)}</tds:GetServicesResponse>"


def get_capabilities(device: OnvifDevice, call: Call, place: Place) -> str:
    def x_addr(path: str) -> str:
        return f"<tt:XAddr>{escape(place.url(device, path))}</tt:XAddr>"

    parts = [
        f"<tt:Device>{x_addr(DEVICE_PATH)}</tt:Device>",
        f"<tt:Events>{x_addr(EVENTS_PATH)}<tt:WSSubscriptionPolicySupport>false"
        "</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>true</tt:WSPullPointSupport>"
        "<tt:WSPausableSubscriptionManagerInterfaceSupport>false"
        "</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>",
    ]
    if device.media:
        parts.append(
            f"<tt:Media>{x_addr(MEDIA_PATH)}<tt:StreamingCapabilities><tt:RTP_RTSP_TCP>true"
            "</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>"
        )
    if device.ptz:
        parts.append(f"<tt:PTZ>{x_addr(PTZ_PATH)}</tt:PTZ>")
    return (
        f"<tds:GetCapabilitiesResponse><tds:Capabilities>{''.join(parts)}</tds:Capabilities>"
        "</tds:GetCapabilitiesResponse>"
    )


def get_device_information(device: OnvifDevice, call: Call, place: Place) -> str:
    return (
        "<tds:GetDeviceInformationResponse>"
        f"<tds:Manufacturer>{escape(device.maker)}</tds:Manufacturer>"
        f"<tds:Model>{escape(device.model)}</tds:Model>"
        f"<tds:FirmwareVersion>{escape(device.firmware)}</tds:FirmwareVersion>"
        f"<tds:SerialNumber>{escape(device.serial)}</tds:SerialNumber>"
        f"<tds:HardwareId>{escape(device.model)}</tds:HardwareId>"
        "</tds:GetDeviceInformationResponse>"
    )


def get_scopes(device: OnvifDevice, call: Call, place: Place) -> str:
    items = "".join(
        f"<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>{escape(scope)}</tt:ScopeItem>"
        "</tds:Scopes>"
        for scope in scopes(device)
    )
    return f"<tds:GetScopesResponse>{items}</tds:GetScopesResponse>"


OPERATIONS = {
    "GetSystemDateAndTime": get_system_date_and_time,
    "GetServices": get_services,
    "GetCapabilities": get_capabilities,
    "GetDeviceInformation": get_device_information,
    "GetScopes": get_scopes,
}
