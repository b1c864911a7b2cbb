"""Discovery of simulated cameras on loopback, by multicast and directed."""

import asyncio
import json
import socket
import sys
import uuid

import pytest
from huiyan_testing.onvif import DiscoveryResponder, OnvifCamera, OnvifDevice
from huiyan_testing.onvif.discovery import GROUP

_PROBE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header><a:MessageID>{}'
    "</a:MessageID></s:Header><s:Body>"
    '<d:Probe xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">{}</d:Probe></s:Body>'
    "</s:Envelope>"
)


async def _ask(host: str, port: int, types: str = "") -> tuple[str, str]:
    """(message id, the first answer)."""
    message_id = f"urn:uuid:{uuid.uuid4()}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        asking.bind(("127.0.0.1", 0))
        here = socket.inet_aton("127.0.0.1")
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        asking.sendto(_PROBE.format(message_id, types).encode(), (host, port))
        loop = asyncio.get_running_loop()
        answer = await asyncio.wait_for(loop.sock_recv(asking, 65536), 2)
    return message_id, answer.decode()


@pytest.mark.parametrize("host", [GROUP, "127.0.0.1"])
async def test_a_probe_is_answered(host):
    device = OnvifDevice(lambda track: f"rtsp://127.0.0.1:1/cam/1/{track}")
    async with OnvifCamera(device) as camera, DiscoveryResponder([camera], port=0) as responder:
        message_id, answer = await _ask(host, responder.port)
        assert message_id in answer and camera.x_addr in answer
        assert responder.probes == 1
        others = "<d:Types>dn:Printer</d:Types>"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_ask(host, responder.port, others), 0.3)


async def test_the_command_serves_onvif_beside_rtsp(tmp_path):
    ports = tmp_path / "ports.json"
    words = ("--cameras", "0", "--onvif", "--discovery-port", "0", "--ports-file", str(ports))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "huiyan_testing.camera",
        *words,
        "--cache",
        str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line.startswith(b"ready ")
        told = json.loads(ports.read_text())
        assert told["rtsp"] > 0 and told["discovery"] > 0
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
