"""Hostile ONVIF devices (rules.md section 4): no byte leaves for another host, memory stays flat,
the event loop goes on."""

import asyncio
import contextlib
import json
import sys
from pathlib import Path

import aiohttp
import pytest
from huiyan_registry.onboarding.failures import ProbeError, ProbeProblem
from huiyan_registry.onboarding.probe_pool import ProbePool
from huiyan_testing.camera import Credential
from huiyan_testing.onvif import HostileKind, Hostility, LoginKind, OnvifCamera, OnvifDevice
from onvif import ONVIFCamera

_LOGIN = Credential("installer", "Long-enough-1")
_WORDS = (_LOGIN.user, _LOGIN.password)
# Honest until the login was proved, hostile afterwards.
_AFTER_LOGIN = frozenset({"GetSystemDateAndTime", "GetDeviceInformation"})
_CHILD = Path(__file__).with_name("hostile_probe_child.py")


class Sentinel:
    """Another host: counts who comes and what is said."""

    def __init__(self) -> None:
        self.connections = 0
        self.heard = b""
        self.port = 0

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.heard += await reader.read(65536)
        writer.close()

    @contextlib.asynccontextmanager
    async def listening(self):
        server = await asyncio.start_server(self._connected, "127.0.0.2", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self


def _device(**more):
    return OnvifDevice(lambda track: f"rtsp://127.0.0.1:8554/cam/3/{track}", **more)


@pytest.mark.parametrize("spares", [frozenset(), _AFTER_LOGIN], ids=["at_once", "after_login"])
@pytest.mark.parametrize("kind", [HostileKind.REDIRECT, HostileKind.EXTERNAL_ENTITY])
async def test_nobody_is_sent_elsewhere(kind, spares):
    async with Sentinel().listening() as sentinel:
        hostility = Hostility(kind, f"http://127.0.0.2:{sentinel.port}", spares)
        async with OnvifCamera(_device(), credential=_LOGIN, hostility=hostility) as camera:
            with pytest.raises(ProbeError) as refused:
                await ProbePool().probe("127.0.0.1", camera.port, *_WORDS)
        assert refused.value.problem is ProbeProblem.ANSWER_REFUSED
        assert (sentinel.connections, sentinel.heard) == (0, b"")


@pytest.mark.parametrize("login", list(LoginKind))
async def test_a_device_that_advertises_another_host_gets_nothing_sent_there(login):
    async with Sentinel().listening() as sentinel:
        other = f"127.0.0.2:{sentinel.port}"
        device = _device(other_host=other, other_stream_host=f"thief:secret@{other}")
        async with OnvifCamera(device, credential=_LOGIN, login=login) as camera:
            facts = await ProbePool().probe("127.0.0.1", camera.port, *_WORDS)
            # It was asked all the same, at the address that was vetted.
            assert "GetProfiles" in camera.calls and len(facts.profiles) == 2
        assert (sentinel.connections, sentinel.heard) == (0, b"")


async def test_the_sentinel_hears_a_client_without_our_guard():
    async with Sentinel().listening() as sentinel:
        device = _device(other_host=f"127.0.0.2:{sentinel.port}")
        async with OnvifCamera(device, credential=_LOGIN) as camera:
            client = ONVIFCamera("127.0.0.1", camera.port, *_WORDS, no_cache=True)
            await client.update_xaddrs()
            media = await client.create_media_service()
            with pytest.raises(aiohttp.ClientError):
                await media.GetProfiles()
            await client.close()
        assert b"PasswordDigest" in sentinel.heard


async def test_every_hostile_device_costs_little_memory_and_does_not_stall_the_loop():
    kinds = [kind for kind in HostileKind if kind is not HostileKind.LARGE_TREE]
    async with contextlib.AsyncExitStack() as stack:
        good = await stack.enter_async_context(OnvifCamera(_device(), credential=_LOGIN))
        ports = {}
        # Twice what is slow to answer would be twice the wait, and nothing new.
        slow = {HostileKind.SLOW_DRIP, HostileKind.SILENT}
        for kind in kinds:
            for word, spares in (("at_once", frozenset()), ("after_login", _AFTER_LOGIN)):
                if kind in slow and word == "at_once":
                    continue
                hostility = Hostility(kind, "http://127.0.0.2:9", spares)
                hostile = OnvifCamera(_device(), credential=_LOGIN, hostility=hostility)
                await stack.enter_async_context(hostile)
                ports[f"{kind} {word}"] = hostile.port
        # As large as is accepted: it goes through zeep.
        large = Hostility(HostileKind.LARGE_TREE, spares=_AFTER_LOGIN)
        hostile = OnvifCamera(_device(), credential=_LOGIN, hostility=large)
        await stack.enter_async_context(hostile)
        ports["large_tree after_login"] = hostile.port
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            str(_CHILD),
            json.dumps({"good": good.port, "hostile": ports}),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(child.communicate(), 90)
    told = json.loads(out)
    assert set(told["problems"]) == set(ports)
    known = {problem.value for problem in ProbeProblem}
    assert set(told["problems"].values()) <= known, told
    for name in ("entity_bomb", "endless_body", "huge_tree", "deep_tree", "gzip_bomb", "redirect"):
        assert told["problems"][f"{name} after_login"] == ProbeProblem.ANSWER_REFUSED, told
    for name in ("slow_drip", "silent"):
        assert told["problems"][f"{name} after_login"] == ProbeProblem.TIMEOUT, told
    assert told["growth_mb"] <= 50, told
    assert told["stall_ms"] <= 200, told
