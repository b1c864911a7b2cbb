"""ONVIF for simulated cameras: discovery, device, media, PTZ and events; hostile ones too."""

from huiyan_testing.onvif.device import OnvifDevice, Profile
from huiyan_testing.onvif.discovery import DiscoveryResponder
from huiyan_testing.onvif.events import MotionEvent
from huiyan_testing.onvif.farm import OnvifFarm
from huiyan_testing.onvif.head import Vector
from huiyan_testing.onvif.hostile import HostileKind, Hostility
from huiyan_testing.onvif.login import LoginKind
from huiyan_testing.onvif.server import OnvifCamera

__all__ = [
    "DiscoveryResponder",
    "HostileKind",
    "Hostility",
    "LoginKind",
    "MotionEvent",
    "OnvifCamera",
    "OnvifDevice",
    "OnvifFarm",
    "Profile",
    "Vector",
]
