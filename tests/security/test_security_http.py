"""The edge: paths, hosts, bodies, types, methods, headers, cookies, CORS, guessing."""

import asyncio
import json
import re
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def raw(base: str, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and answer of a request that no client library would send."""
    host = urlsplit(base)
    reader, writer = await asyncio.open_connection(host.hostname, host.port)
    try:
        writer.write(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        with suppress(ConnectionResetError):
            await writer.drain()
        answer = b""
        async with asyncio.timeout(10):
            # Who refuses a request half-read resets the connection after its answer.
            with suppress(ConnectionResetError):
                while part := await reader.read(65_536):
                    answer += part
    finally:
        writer.close()
    return int(answer.split(b" ", 2)[1]), answer


def get(target: str, *more: str) -> str:
    return "\n".join((f"GET {target} HTTP/1.1", "Host: x", "Connection: close", *more))


async def test_no_file_outside_the_pages(house):
    key = "keys/operator.key"
    ups = ("../" * 12, "..%2f" * 12, "%2e%2e/" * 12, "%2e%2e%2f" * 12, "..%5c" * 12, "..\\" * 12)
    twice = ("%252e%252e%252f" * 12, "....//" * 12, "%c0%ae%c0%ae/" * 12, "./" * 3 + "../" * 12)
    targets = [
        f"/assets/{up}{file}"
        for up in (*ups, *twice)
        for file in ("etc/passwd", str(house.data / key).lstrip("/"), "family.html", "")
    ]
    targets += ["/assets//etc/passwd", "/assets/%2fetc/passwd", "/assets/x%00.js", "/assets/"]
    targets += ["/../../etc/passwd", "/favicon.ico/../../etc/passwd", "/static/x", "/assets/\x7f"]
    for target in targets:
        status, answer = await raw(house.town.url, get(target))
        assert status in (400, 401, 404), (target, status)
        assert b"root:" not in answer, target
        assert b"principal" not in answer, target
    page = (await house.clerk.http.get("/f")).text
    for target in ("/f/../../etc/passwd", "/f/%2e%2e/%2e%2e/etc/passwd", "/room/..%2f..%2fkeys"):
        status, answer = await raw(house.town.url, get(target))
        assert status in (200, 404), target
        assert b"root:" not in answer
        if status == 200 and target.startswith("/f/"):
            assert page.encode() in answer, "always the page itself"


async def test_the_host_header_writes_no_link(house):
    wish = {"household": house.household, "name": "小芳", "relation": "儿媳"}
    for headers in (
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"},
    ):
        made = await house.owner.call("POST", "/api/v1/links", wish, headers=headers)
        assert made.status_code == 201
        assert made.json()["url"].startswith(f"{house.town.url}/f#"), headers
        page = await house.owner.call("GET", "/room", headers=headers)
        assert "evil.example" not in page.text + str(page.headers)


async def test_odd_requests_are_refused_in_order(house):
    for base in (house.town.url, house.town.relay_url):
        for head, statuses in (
            ("GET / HTTP/1.1\nConnection: close", {400}),
            (get("/", "Host: y"), {400, 401, 404, 200}),
            (get("/", "Content-Length: -1"), {400, 413}),
            (get("/", "Content-Length: 5", "Content-Length: 6"), {400}),
            ("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: gzip", {400, 501}),
            ("GET http://169.254.169.254/ HTTP/1.1\nHost: x\nConnection: close", {400, 404}),
            ("CONNECT 127.0.0.1:22 HTTP/1.1\nHost: x\nConnection: close", {400, 404, 405}),
            ("TRACE / HTTP/1.1\nHost: x\nCookie: a=b\nConnection: close", {400, 404, 405}),
            (get("/" + "a" * 100_000), {400, 404, 414, 431}),
            (get("/api/v1/me", "Cookie: huiyan_session=" + "a" * 60_000), {400, 401, 404, 431}),
        ):
            status, answer = await raw(base, head)
            assert status in statuses, (base, head[:60], status)
            assert b"Cookie: a=b" not in answer


async def test_big_bodies_are_refused(house):
    body = json.dumps({"account": "a" * 70_000, "password": "b"}).encode()
    kind = {"Content-Type": "application/json"}

    async def bit_by_bit():
        for start in range(0, len(body), 8192):
            yield body[start : start + 8192]

    async with house.stranger() as stranger:
        told = await stranger.http.post("/api/v1/login", content=body, headers=kind)
        assert told.status_code == 413
        told = await stranger.http.post("/api/v1/login", content=bit_by_bit(), headers=kind)
        assert told.status_code in (400, 413)
    grant = await house.clerk.grant(house.road_camera)
    headers = {"Authorization": f"Bearer {grant['token']}", "Content-Type": "application/sdp"}
    async with httpx.AsyncClient(base_url=house.town.relay_url, timeout=10) as client:
        for path in (f"/whep/{house.road_camera}/main", "/whep/wall"):
            told = await client.post(path, content=b"v=0\r\n" * 60_000, headers=headers)
            assert (told.status_code, told.json()["code"]) == (413, "too_large"), path


async def test_wrong_content_types_are_415(house):
    body = b'{"kind": "view"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "text/json", "application/xml"):
        for person, path in ((house.clerk, "/api/v1/grants"), (house.operator, "/api/v1/cameras")):
            told = await person.call("POST", path, content=body, headers={"Content-Type": kind})
            assert (told.status_code, told.json()["code"]) == (415, "unsupported_media"), kind
    grant = await house.clerk.grant(house.road_camera)
    async with httpx.AsyncClient(base_url=house.town.relay_url, timeout=10) as client:
        for kind in ("application/json", "text/plain", "application/sdpx"):
            headers = {"Authorization": f"Bearer {grant['token']}", "Content-Type": kind}
            told = await client.post(
                f"/whep/{house.road_camera}/main", content=b"v=0\r\n", headers=headers
            )
            assert told.status_code == 415, kind


async def test_wrong_methods_are_405(house):
    camera = house.road_camera
    async with httpx.AsyncClient(timeout=10) as client:
        for base, method, path in (
            (house.town.url, "PUT", "/api/v1/me"),
            (house.town.url, "DELETE", "/api/v1/me"),
            (house.town.url, "GET", "/api/v1/login"),
            (house.town.url, "GET", "/api/v1/logout"),
            (house.town.url, "GET", "/api/v1/link/exchange"),
            (house.town.url, "PUT", f"/api/v1/cameras/{camera}"),
            (house.town.url, "POST", "/"),
            (house.town.relay_url, "GET", f"/whep/{camera}/main"),
            (house.town.relay_url, "PUT", f"/whep/{camera}/main"),
            (house.town.relay_url, "GET", "/whep/sessions/whp_x"),
            (house.town.relay_url, "POST", "/whep/sessions/whp_x"),
            (house.town.relay_url, "POST", f"/snapshot/{camera}"),
        ):
            told = await client.request(method, base + path)
            assert told.status_code == 405, (method, path)
            assert told.json()["code"] == "method"


async def test_every_answer_carries_the_security_headers(house):
    for path in ("/", "/f", "/room", "/api/v1/me", "/api/v1/nothing", "/assets/x"):
        headers = (await house.clerk.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "server" not in headers
        if path.startswith("/api/"):
            assert headers["cache-control"] == "no-store"
        policy = dict(
            part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        relay = house.town.relay_url
        reach = {"'self'", relay, relay.replace("http", "ws", 1)}
        assert set(policy["connect-src"].split()) <= reach


async def test_the_page_obeys_its_own_policy(house):
    for path in ("/room", "/f"):
        page = (await house.clerk.http.get(path)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page), "no inline script"
        assert not re.search(r"\son[a-z]+=", page)
        assert all(link.startswith("/") for link in re.findall(r"(?:src|href)=\"([^\"]+)\"", page))


async def test_the_cookie_is_closed(house):
    account, password = house.town.clerk
    async with house.stranger() as clerk:
        body = {"account": account, "password": password}
        told = await clerk.call("POST", "/api/v1/login", body)
        cookie = told.headers["set-cookie"]
        assert re.match(r"huiyan_session=\S{40,};", cookie)
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)
        assert told.headers["cache-control"] == "no-store"
        token = clerk.token
        assert token not in told.text
        out = await clerk.call(
            "POST", "/api/v1/logout", headers={"Huiyan-CSRF": told.json()["csrf"]}
        )
        assert re.search(r'huiyan_session=""|Max-Age=0', out.headers["set-cookie"])


async def test_other_sites_cannot_log_anybody_in(house):
    account, password = house.town.clerk
    body = {"account": account, "password": password}
    async with house.stranger() as stranger:
        for site in ("cross-site", "same-site"):
            headers = {"Sec-Fetch-Site": site, "Origin": "https://evil.example"}
            told = await stranger.call("POST", "/api/v1/login", body, headers=headers)
            assert (told.status_code, told.json()["code"]) == (403, "cross_site")
            assert "set-cookie" not in told.headers
        told = await stranger.http.options(
            "/api/v1/login",
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
        )
        assert "access-control-allow-origin" not in told.headers


async def test_the_relay_answers_pages_of_our_origin_only(house):
    grant = await house.clerk.grant(house.road_camera)
    path = f"/snapshot/{house.road_camera}"
    ours = {house.town.url, house.town.url.replace("127.0.0.1", "localhost")}
    strangers = {
        "https://evil.example",
        "null",
        f"{house.town.url}.evil.example",
        "http://127.0.0.1",
    }
    async with httpx.AsyncClient(base_url=house.town.relay_url, timeout=10) as client:
        for origin in ours | strangers:
            asked = {
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization",
            }
            before = await client.options(path, headers=asked)
            bearer = {"Authorization": f"Bearer {grant['token']}"}
            told = await client.get(path, headers={"Origin": origin} | bearer)
            for answer in (before, told):
                wanted = origin if origin in ours else None
                assert answer.headers.get("access-control-allow-origin") == wanted, origin
                assert "access-control-allow-credentials" not in answer.headers


async def test_guessing_is_slowed_down(house):
    account, password = house.town.clerk
    async with house.stranger() as guesser, house.stranger() as clerk:
        for _ in range(5):
            told = await guesser.call(
                "POST", "/api/v1/login", {"account": account, "password": "x"}
            )
            assert told.status_code == 401
        # A forwarding header, or the right word at last, does not help.
        for headers in ({}, {"X-Forwarded-For": "203.0.113.7"}, {"X-Real-IP": "203.0.113.8"}):
            right = {"account": account, "password": password}
            told = await guesser.call("POST", "/api/v1/login", right, headers=headers)
            assert (told.status_code, told.json()["code"]) == (429, "login_throttled"), headers
            assert int(told.headers["retry-after"]) > 0
        await clerk.enter("/api/v1/login", {"account": account, "password": password})


async def test_nobody_learns_which_accounts_exist(house):
    seconds: dict[str, list[float]] = {"known": [], "unknown": []}
    texts: dict[str, set[str]] = {"known": set(), "unknown": set()}
    for _ in range(2):
        async with house.stranger() as asking:
            for turn in range(4):
                for kind, account in (("known", house.town.clerk[0]), ("unknown", f"nobody{turn}")):
                    body = {"account": account, "password": "wrong password"}
                    began = time.perf_counter()
                    told = await asking.call("POST", "/api/v1/login", body)
                    seconds[kind].append(time.perf_counter() - began)
                    assert told.status_code == 401
                    texts[kind].add(without_trace(told.json()))
    assert texts["known"] == texts["unknown"]
    assert len(texts["known"]) == 1
    # The fastest of eight each: without a hash for nobody it would be ten times less.
    assert 0.4 < min(seconds["known"]) / min(seconds["unknown"]) < 2.5


def without_trace(problem: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in problem.items() if key != "trace"})
