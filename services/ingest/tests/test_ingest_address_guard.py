"""Which addresses are refused, and that a camera cannot send us anywhere else."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from huiyan_ingest.address_guard import AddressGuard, StreamAddress
from huiyan_ingest.causes import CameraError, Cause
from huiyan_ingest.handoff import Handoff
from huiyan_ingest.metrics import IngestMetrics
from huiyan_ingest.native_source import NativeSource
from huiyan_ingest.probe import probe_camera
from huiyan_ingest.source import Medium, RawUnit
from prometheus_client import CollectorRegistry

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 {host}\r\nt=0 0\r\na=control:{base}\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:{base}trackID=0\r\n"
)


def guard_of(*addresses: str, networks: tuple[str, ...] = ("10.0.0.0/8",), **more) -> AddressGuard:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return AddressGuard(networks, resolve=resolve, **more)


@pytest.mark.parametrize(
    "url",
    [
        "exec:rm",
        "file:///etc/passwd",
        "http://10.0.0.1/",
        "concat:rtsp://10.0.0.1/",
        "ffmpeg:rtsp://10.0.0.1/",
        "rtsp:///path",
        "rtsp://u:p@10.0.0.1/",
        "rtsp://@10.0.0.1/",
        "rtsp://10.0.0.1:0/",
        "rtsp://10.0.0.1:99999/",
        "rtsp://10.0.0.1/a b",
        "rtsp://10.0.0.1/\r\nX: y",
        "rtsp://10.0.0.1\\@evil/",
        "rtsp://[::1/",
        "",
    ],
)
async def test_other_urls_are_forbidden(url: str) -> None:
    with pytest.raises(CameraError) as caught:
        await guard_of("10.0.0.1").vet(url)
    assert caught.value.cause is Cause.URL_FORBIDDEN


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "8.8.8.8",
    ],
)
async def test_forbidden_addresses_even_in_wide_networks(address: str) -> None:
    wide = () if address == "8.8.8.8" else ("0.0.0.0/0", "::/0")
    guard = guard_of(address, networks=("10.0.0.0/8", *wide))
    with pytest.raises(CameraError) as caught:
        await guard.vet("rtsp://camera.example/live")
    assert caught.value.cause is Cause.ADDRESS_FORBIDDEN


async def test_one_bad_address_among_good_ones_forbids_all() -> None:
    with pytest.raises(CameraError) as caught:
        await guard_of("10.0.0.1", "127.0.0.1").vet("rtsp://camera.example/")
    assert caught.value.cause is Cause.ADDRESS_FORBIDDEN


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost"])
async def test_odd_spellings_of_loopback_are_refused(host: str) -> None:
    guard = AddressGuard(["10.0.0.0/8", "0.0.0.0/0"])
    with pytest.raises(CameraError) as caught:
        await guard.vet(f"rtsp://{host}/")
    assert caught.value.cause in (Cause.ADDRESS_FORBIDDEN, Cause.HOST_UNKNOWN)


async def test_the_vetted_address_is_what_we_connect_to() -> None:
    address = await guard_of("10.1.2.3").vet("rtsp://camera.example:8554/a/b?channel=1")
    assert address == StreamAddress("rtsp", "10.1.2.3", 8554, "camera.example", "/a/b?channel=1")
    assert address.url == "rtsp://10.1.2.3:8554/a/b?channel=1"
    six = await guard_of("fd12::5", networks=("fd12::/16",)).vet("rtsps://camera.example")
    assert six.url == "rtsps://[fd12::5]:322/"


async def test_loopback_needs_both_the_demo_and_the_network() -> None:
    assert guard_of(networks=("127.0.0.0/8",), allow_loopback=True).allows("127.0.0.1")
    assert not guard_of(networks=("127.0.0.0/8",)).allows("127.0.0.1")
    assert not guard_of(networks=("10.0.0.0/8",), allow_loopback=True).allows("127.0.0.1")


async def test_unknown_host() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(CameraError) as caught:
        await AddressGuard(["10.0.0.0/8"], resolve=resolve).vet("rtsp://camera.example/")
    assert caught.value.cause is Cause.HOST_UNKNOWN


class Sentinel:
    """Listens where nothing may ever connect."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    async def accept(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


Answer = Callable[[str, str], str]


@asynccontextmanager
async def servers(answer: Answer) -> AsyncIterator[tuple[StreamAddress, Sentinel]]:
    """A hostile camera that answers (method, url) by `answer`, and a sentinel."""
    sentinel = Sentinel()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, url, _ = head.split("\r\n")[0].split(" ")
                sequence = head.lower().split("cseq: ")[1].split("\r\n")[0]
                reply = answer(method, url).replace("{cseq}", sequence)
                writer.write(reply.encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    guarded = await asyncio.start_server(sentinel.accept, "127.0.0.1", 0)
    camera = await asyncio.start_server(serve, "127.0.0.1", 0)
    sentinel.port = guarded.sockets[0].getsockname()[1]
    port = camera.sockets[0].getsockname()[1]
    try:
        yield StreamAddress("rtsp", "127.0.0.1", port, "camera.example", "/live"), sentinel
    finally:
        camera.close()
        guarded.close()


def reply(status: str, headers: str = "", body: str = "") -> str:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"RTSP/1.0 {status}\r\nCSeq: {{cseq}}\r\n{headers}{length}\r\n{body}"


class Listener:
    def __init__(self) -> None:
        self.closed: asyncio.Future[Cause] = asyncio.get_running_loop().create_future()
        self.opened = False

    def on_opened(self, video: Medium, audio: Medium | None) -> None:
        self.opened = True

    def on_unit(self, unit: RawUnit) -> None:
        raise AssertionError("no unit was sent")

    def on_closed(self, cause: Cause) -> None:
        self.closed.set_result(cause)


async def pull_natively(address: StreamAddress) -> tuple[Cause, bool]:
    listener = Listener()
    source = NativeSource(address, None, listener, open_s=2, read_s=0.3)
    source.start()
    return await asyncio.wait_for(listener.closed, 10), listener.opened


@pytest.mark.parametrize("redirected", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
async def test_redirect_reaches_nobody(redirected: str) -> None:
    def answer(method: str, url: str) -> str:
        if method == redirected:
            return reply("302 Moved", f"Location: rtsp://127.0.0.1:{sentinel.port}/other\r\n")
        if method == "DESCRIBE":
            body = SDP.format(host="127.0.0.1", base="")
            return reply("200 OK", "Content-Type: application/sdp\r\n", body)
        return reply("200 OK", "Session: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n")

    async with servers(answer) as (address, sentinel):
        cause, _ = await pull_natively(address)
        assert cause is Cause.REDIRECT_FORBIDDEN
        if redirected in ("OPTIONS", "DESCRIBE"):
            with pytest.raises(CameraError) as caught:
                await probe_camera(address, None, 2)
            assert caught.value.cause is Cause.REDIRECT_FORBIDDEN
        assert sentinel.connections == 0


async def test_foreign_content_base_and_control_get_no_packets() -> None:
    def answer(method: str, url: str) -> str:
        base = f"rtsp://127.0.0.1:{sentinel.port}/other/"
        if method == "DESCRIBE":
            body = SDP.format(host="127.0.0.1", base=base)
            headers = f"Content-Base: {base}\r\nContent-Type: application/sdp\r\n"
            return reply("200 OK", headers, body)
        asked.append(url)
        return reply("200 OK", "Session: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n")

    asked: list[str] = []
    async with servers(answer) as (address, sentinel):
        cause, opened = await pull_natively(address)
        assert opened
        assert cause is Cause.NO_UNITS
        assert any(str(sentinel.port) in url for url in asked)
        assert sentinel.connections == 0


async def test_transport_to_another_place_is_refused() -> None:
    def answer(method: str, url: str) -> str:
        if method == "DESCRIBE":
            return reply(
                "200 OK", "Content-Type: application/sdp\r\n", SDP.format(host="x", base="")
            )
        where = f"RTP/AVP;unicast;destination=127.0.0.1;client_port={sentinel.port}-0"
        return reply("200 OK", f"Session: 1\r\nTransport: {where}\r\n")

    async with servers(answer) as (address, sentinel):
        cause, _ = await pull_natively(address)
        assert cause is Cause.TRANSPORT_UNSUPPORTED
        assert sentinel.connections == 0


async def test_handoff_keeps_order_and_urgent_items_wake_the_loop() -> None:
    handoff = Handoff(IngestMetrics(CollectorRegistry()), beat_s=60)
    seen: list[object] = []
    done = asyncio.Event()
    await asyncio.to_thread(handoff.put, (seen.append, 1, time.time_ns()))
    await asyncio.to_thread(handoff.post, seen.append, 2)
    await asyncio.to_thread(handoff.post, lambda _: done.set(), None)
    await asyncio.wait_for(done.wait(), 5)
    assert seen == [1, 2]
