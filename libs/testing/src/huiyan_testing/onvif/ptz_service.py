"""The PTZ service (ONVIF PTZ specification)."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

from huiyan_testing.onvif.addresses import Place
from huiyan_testing.onvif.device import OnvifDevice
from huiyan_testing.onvif.durations import parse_duration
from huiyan_testing.onvif.head import Vector
from huiyan_testing.onvif.media_service import profile_of
from huiyan_testing.onvif.soap import Call, SoapFaultError


def _vector(call: Call) -> Vector:
    """PanTilt and Zoom of a request; what is absent is 0. SoapFaultError for what is no number."""
    pan_tilt, zoom = call.attributes("PanTilt") or {}, call.attributes("Zoom") or {}
    try:
        return Vector(
            float(pan_tilt.get("x", 0)), float(pan_tilt.get("y", 0)), float(zoom.get("x", 0))
        )
    except ValueError as error:
        raise SoapFaultError("not a number", "ter:InvalidArgVal", "ter:InvalidPosition") from error


def _position(vector: Vector, tag: str) -> str:
    return (
        f'<{tag}><tt:PanTilt x="{vector.pan:.4f}" y="{vector.tilt:.4f}"/>'
        f'<tt:Zoom x="{vector.zoom:.4f}"/></{tag}>'
    )


def _preset(act: Callable[[str], object], token: str) -> None:
    try:
        act(token)
    except KeyError as error:
        raise SoapFaultError("no such preset", "ter:InvalidArgVal", "ter:NoToken") from error


def continuous_move(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    timeout = call.text("Timeout")
    device.head.move(_vector(call), parse_duration(timeout) if timeout else None)
    return "<tptz:ContinuousMoveResponse/>"


def stop(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    device.head.stop()
    return "<tptz:StopResponse/>"


def relative_move(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    device.head.move_by(_vector(call))
    return "<tptz:RelativeMoveResponse/>"


def absolute_move(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    device.head.move_to(_vector(call))
    return "<tptz:AbsoluteMoveResponse/>"


def get_status(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    word = "MOVING" if device.head.moving else "IDLE"
    return (
        f"<tptz:GetStatusResponse><tptz:PTZStatus>{_position(device.head.position, 'tt:Position')}"
        f"<tt:MoveStatus><tt:PanTilt>{word}</tt:PanTilt><tt:Zoom>{word}</tt:Zoom></tt:MoveStatus>"
        f"<tt:UtcTime>{device.now():%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime>"
        "</tptz:PTZStatus></tptz:GetStatusResponse>"
    )


def get_presets(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    entries = "".join(
        f"<tptz:Preset token={quoteattr(preset.token)}><tt:Name>{escape(preset.name)}</tt:Name>"
        f"{_position(preset.position, 'tt:PTZPosition')}</tptz:Preset>"
        for preset in device.head.presets.values()
    )
    return f"<tptz:GetPresetsResponse>{entries}</tptz:GetPresetsResponse>"


def goto_preset(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    _preset(device.head.go_to, call.text("PresetToken"))
    return "<tptz:GotoPresetResponse/>"


def set_preset(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    given: list[str] = []
    _preset(
        lambda token: given.append(device.head.remember(call.text("PresetName"), token)),
        call.text("PresetToken"),
    )
    return (
        f"<tptz:SetPresetResponse><tptz:PresetToken>{escape(given[0])}</tptz:PresetToken>"
        "</tptz:SetPresetResponse>"
    )


def remove_preset(device: OnvifDevice, call: Call, place: Place) -> str:
    profile_of(device, call)
    _preset(device.head.forget, call.text("PresetToken"))
    return "<tptz:RemovePresetResponse/>"


def get_configurations(device: OnvifDevice, call: Call, place: Place) -> str:
    return (
        '<tptz:GetConfigurationsResponse><tptz:PTZConfiguration token="ptz_config">'
        "<tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>ptz_node</tt:NodeToken>"
        "</tptz:PTZConfiguration></tptz:GetConfigurationsResponse>"
    )


OPERATIONS = {
    "ContinuousMove": continuous_move,
    "Stop": stop,
    "RelativeMove": relative_move,
    "AbsoluteMove": absolute_move,
    "GetStatus": get_status,
    "GetPresets": get_presets,
    "GotoPreset": goto_preset,
    "SetPreset": set_preset,
    "RemovePreset": remove_preset,
    "GetConfigurations": get_configurations,
}
