"""Camera addresses (rules.md section 4): what is no camera of the town never becomes one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODY = {
    "name": "坏地址",
    "area": "510799101201002",
    "legal_class": "gov_public",
    "site_kind": "road",
    "placement": "public_outdoor",
}
SENTINEL = "{sentinel}"
BAD = {
    "file": "file:///etc/passwd",
    "exec": f"exec:curl http://{SENTINEL}/#rtsp",
    "concat": f"concat:http://{SENTINEL}/a|http://{SENTINEL}/b",
    "http": f"http://{SENTINEL}/",
    "https": f"https://{SENTINEL}/",
    "ffmpeg": f"ffmpeg:rtsp://{SENTINEL}/x#video=copy",
    "tcp": f"tcp://{SENTINEL}",
    "unix": "unix:/run/x.sock",
    "pipe": "pipe:0",
    "subfile": "subfile,,start,0,end,9,,:/etc/passwd",
    "rtsp inside": f"rtspx://{SENTINEL}/",
    "no slashes": f"rtsp:{SENTINEL}",
    "no host": "rtsp:///x",
    "metadata": "rtsp://169.254.169.254/latest/meta-data",
    "mapped metadata": "rtsp://[::ffff:169.254.169.254]/",
    "mapped metadata, hex": "rtsp://[::ffff:a9fe:a9fe]/",
    "Alibaba metadata": "rtsp://100.100.100.200/",
    "AWS metadata": "rtsp://[fd00:ec2::254]/",
    "link local": "rtsp://[fe80::1]/",
    "scope": "rtsp://[fe80::1%25eth0]/",
    "multicast": "rtsp://239.1.2.3/",
    "everywhere": "rtsp://0.0.0.0/",
    "broadcast": "rtsp://255.255.255.255/",
    "foreign network": "rtsp://8.8.8.8/x",
    "foreign by port": "rtsp://8.8.8.8:8554/x",
    "mapped foreign": "rtsp://[::ffff:8.8.8.8]/x",
    "NAT64": "rtsp://[64:ff9b::7f00:1]/",
    "6to4": "rtsp://[2002:7f00:1::]/",
    "whole number": "rtsp://2130706433/",
    "hex": "rtsp://0x7f000001/",
    "octal": "rtsp://0177.0.0.1/",
    "short": "rtsp://127.1/",
    "login and foreign": "rtsp://admin:secret@8.8.8.8/x",
    "host after login": "rtsp://127.0.0.1@8.8.8.8/",
    "backslash": "rtsp://127.0.0.1\\@8.8.8.8/",
    "fragment": "rtsp://8.8.8.8#@127.0.0.1/",
    "newline": "rtsp://127.0.0.1/a\r\nOPTIONS * RTSP/1.0",
    "newline in the host": "rtsp://127.0.0.1\n/x",
    "space": "rtsp://127.0.0.1/a b",
    "leading space": " rtsp://127.0.0.1/",
    "tab": "rtsp://127.0.0.1/a\tb",
    "NUL": "rtsp://127.0.0.1/a\0b",
    "escape": "rtsp://127.0.0.1/\x1b[31m",
    "line separator": "rtsp://127.0.0.1/\u2028x",
    "direction": "rtsp://127.0.0.1/\u202ex",
    "no port": "rtsp://127.0.0.1:99999/",
    "port 0": "rtsp://127.0.0.1:0/",
    "word as port": "rtsp://127.0.0.1:x/",
    "unknown name": "rtsp://no-such-host.invalid/",
    "long": "rtsp://127.0.0.1/" + "a" * 1100,
    "overlong": "rtsp://127.0.0.1/" + "a" * 9000,
    "empty": "",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sentinel() -> AsyncIterator[tuple[str, list[Any]]]:
    """Somebody on the loopback (a network of the demo) who must never be called."""
    called: list[Any] = []

    async def on_call(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.append(writer.get_extra_info("peername"))
        writer.close()

    server = await asyncio.start_server(on_call, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", called
    server.close()
    await server.wait_closed()


def refused(answer: Any) -> bool:
    told = answer.json()
    return (
        answer.status_code == 422
        and answer.headers["content-type"] == "application/problem+json"
        and bool(told["detail"])
        and bool(told["detail_en"])
        and told["detail"] != told["detail_en"]
        and "secret" not in answer.text
        and "passwd" not in answer.text
    )


async def numbers(house: Any) -> set[str]:
    page = (await house.operator.call("GET", "/api/v1/cameras?limit=500")).json()
    return {camera["id"] for camera in page["items"]}


async def test_no_such_camera_is_added_and_nobody_is_called(house, sentinel):
    where, called = sentinel
    before = await numbers(house)
    for name, url in BAD.items():
        for words in (
            {"main_url": url.replace(SENTINEL, where)},
            {"main_url": "rtsp://127.0.0.1/x", "sub_url": url.replace(SENTINEL, where)},
        ):
            if name == "empty" and "sub_url" in words:
                continue  # an empty sub_url fails by its length, tested by main_url
            answer = await house.operator.call("POST", "/api/v1/cameras", BODY | words)
            assert refused(answer), (name, answer.text)
    assert await numbers(house) == before
    assert called == []


async def test_no_camera_is_moved_there(house, sentinel):
    where, called = sentinel
    path = f"/api/v1/cameras/{house.road_camera}"
    for name, url in BAD.items():
        for field in ("main_url", "sub_url"):
            change = {field: url.replace(SENTINEL, where)}
            answer = await house.operator.call("PATCH", path, change)
            assert refused(answer), (name, field, answer.text)
    async with asyncio.timeout(15):
        while (await house.operator.call("GET", path)).json()["presence"]["state"] != "online":
            await asyncio.sleep(0.1)
    assert called == []


async def test_the_sentinel_hears_who_is_allowed_to_call(house, sentinel):
    """A right address on the loopback is called: the silence above means something."""
    where, called = sentinel
    words = {"main_url": f"rtsp://{where}/x"} | await house.at_home()
    added = await house.operator.call("POST", "/api/v1/cameras", BODY | words)
    assert added.status_code == 201
    async with asyncio.timeout(20):
        while not called:
            await asyncio.sleep(0.05)
    path = f"/api/v1/cameras/{added.json()['id']}"
    assert (await house.operator.call("DELETE", path)).status_code == 204
    assert called


async def test_prohibited_places_are_refused(house):
    for place in ("guest_room", "dormitory", "bathroom", "toilet", "changing_room", "nowhere"):
        words = {"main_url": "rtsp://127.0.0.1/x", "placement": place}
        answer = await house.operator.call("POST", "/api/v1/cameras", BODY | words)
        assert refused(answer), (place, answer.text)
