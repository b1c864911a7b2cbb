"""Asks one device what it is and which streams it has: Media2 (Profile T) first, then Media (S).

Runs in a thread with a loop of its own, because zeep takes apart answers where it stands.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from onvif.exceptions import ONVIFError  # type: ignore[import-untyped]  # onvif ships no types
from onvif.util import is_auth_error  # type: ignore[import-untyped]  # the same
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault

from huiyan_registry.onboarding import media_answers
from huiyan_registry.onboarding.failures import ProbeError, ProbeProblem
from huiyan_registry.onboarding.guarded_camera import (
    EVENTS,
    MEDIA,
    MEDIA2,
    PTZ,
    GuardedCamera,
    GuardedService,
)
from huiyan_registry.onboarding.guarded_transport import Target
from huiyan_registry.onboarding.stream_profile import StreamProfile

WHOLE_S = 15.0
_MOST_PROFILES = 16
_T = TypeVar("_T")


@dataclass(slots=True)
class DeviceFacts:
    """What a device told of itself. `clock_offset_ms`: its clock minus ours, ± 0.5 s, because
    ONVIF tells whole seconds."""

    maker: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    clock_offset_ms: int | None = None
    service: str = ""
    ptz: bool = False
    events: bool = False
    profiles: list[StreamProfile] = field(default_factory=list)


def probe_device(target: Target, user: str, password: str) -> DeviceFacts:
    """Blocks for at most 15 s and some. ProbeError."""
    return asyncio.run(_within(target, user, password))


async def _within(target: Target, user: str, password: str) -> DeviceFacts:
    try:
        async with asyncio.timeout(WHOLE_S):
            camera = GuardedCamera(target, user, password)
            try:
                return await _probe(camera)
            finally:
                await camera.close()
    except TimeoutError:
        raise ProbeError(ProbeProblem.TIMEOUT) from None


async def _probe(camera: GuardedCamera) -> DeviceFacts:
    facts = DeviceFacts()
    device = await camera.create_devicemgmt_service()
    facts.clock_offset_ms = await _clock_offset(device)
    if facts.clock_offset_ms is not None:
        # A device refuses tokens whose time is far from its own.
        camera.dt_diff = timedelta(milliseconds=facts.clock_offset_ms)
        await camera.forget_services()
        device = await camera.create_devicemgmt_service()
    # The first question that needs the login: one wrong try, and no more, before we stop.
    told = await _ask(device.GetDeviceInformation)
    facts.maker = media_answers.text(told, "Manufacturer")
    facts.model = media_answers.text(told, "Model")
    facts.firmware = media_answers.text(told, "FirmwareVersion")
    facts.serial = media_answers.text(told, "SerialNumber")
    camera.xaddrs = await _addresses(device)
    facts.ptz, facts.events = PTZ in camera.xaddrs, EVENTS in camera.xaddrs
    for name, namespace in (("media2", MEDIA2), ("media", MEDIA)):
        if namespace not in camera.xaddrs:
            continue
        try:
            facts.profiles = await _profiles(camera, name)
        except ProbeError as error:
            # A device whose Media2 is broken may still have a good Media.
            if name == "media2" and error.problem is ProbeProblem.NO_ONVIF:
                continue
            raise
        facts.service = name
        if facts.profiles:
            return facts
    raise ProbeError(ProbeProblem.NO_PROFILES)


async def _clock_offset(device: GuardedService) -> int | None:
    """Half of the way there and back is taken off; None when the device does not tell its time."""
    begun_ns, begun = time.time_ns(), time.monotonic_ns()
    try:
        told = await _ask(device.authless_GetSystemDateAndTime)
    except ProbeError as error:
        if error.problem is not ProbeProblem.LOGIN:
            raise
        return None
    half_ns = (time.monotonic_ns() - begun) // 2
    at = media_answers.device_time(told)
    if at is None:
        return None
    # The device has cut its seconds: on average it was half a second later.
    camera_ns = round((at + timedelta(milliseconds=500)).timestamp() * 1e9)
    ours = datetime.fromtimestamp((begun_ns + half_ns) / 1e9, UTC)
    offset = camera_ns - round(ours.timestamp() * 1e9)
    return max(-(2**31), min(2**31 - 1, offset // 1_000_000))


async def _addresses(device: GuardedService) -> dict[str, str]:
    """Service address by namespace. Only their paths will be used."""
    try:
        told = await _ask(device.GetServices, {"IncludeCapability": False})
        listed = media_answers.services(told)
    except ProbeError as error:
        if error.problem is not ProbeProblem.NO_ONVIF:
            raise
        listed = {}
    return listed or media_answers.capabilities(
        await _ask(device.GetCapabilities, {"Category": "All"})
    )


async def _profiles(camera: GuardedCamera, name: str) -> list[StreamProfile]:
    service = await camera.create_onvif_service(name)
    if name == "media2":
        listed = media_answers.profiles2(await _ask(service.GetProfiles, {"Type": ["All"]}))
    else:
        listed = media_answers.profiles(await _ask(service.GetProfiles))
    found = []
    for profile in listed[:_MOST_PROFILES]:
        request: dict[str, Any] = {"ProfileToken": profile.token}
        if name == "media2":
            request["Protocol"] = "RTSP"
        else:
            setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            request["StreamSetup"] = setup
        told = await _ask(service.GetStreamUri, request)
        found.append(media_answers.with_url(profile, told))
    return found


async def _ask(operation: Callable[..., Awaitable[_T]], *request: Any) -> _T:
    """Every way in which zeep and a device can fail, as one of ours."""
    try:
        return await operation(*request)
    except ProbeError:
        raise
    except Fault as fault:
        login = is_auth_error(fault)
        raise ProbeError(ProbeProblem.LOGIN if login else ProbeProblem.NO_ONVIF) from None
    except (ZeepError, ONVIFError, ValueError, TypeError, AttributeError, LookupError):
        # zeep trips over answers of another form in all these ways.
        raise ProbeError(ProbeProblem.NO_ONVIF) from None
