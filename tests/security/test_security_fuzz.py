"""Anything may be sent to any route by anybody who is in: the answer is never 500."""

import json
import re
from typing import Any

import pytest
from huiyan_registry.openapi import openapi_document
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODIES = 14
JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=30),
        st.sampled_from(
            [
                "",
                "\0",
                "a\0b",
                "\ud800",
                "'; DROP TABLE camera; --",
                "%s%n",
                "rtsp://127.0.0.1:1/\0",
                "rtsp://[::1",
                "rtsp://a:b@[/",
                "9999-12-31T23:59:59-14:00",
                "9999-12-31T23:59:59Z",
                "0001-01-01T00:00:00+14:00",
                "2100-01-01T00:00:00",
                "1e400",
                "０１２３４５６７８９０１",
                "５１０７９９１０１２０１",
                10**400,
                -0.0,
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=6,
)


def made(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Examples that are the same at every run."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def right(house: Any) -> dict[str, dict[str, Any]]:
    """A right body of each route that takes one: what is sent differs from it in some fields."""
    views = [{"camera": house.road_camera, "streams": ["main"]}]
    login = {"account": "nobody", "password": "x"}
    camera = {
        "name": "乱数",
        "area": "510799101201002",
        "legal_class": "household",
        "household": house.household,
        "site_kind": "courtyard",
        "placement": "courtyard",
        "main_url": "rtsp://127.0.0.1:1/x",
    }
    until = {"until": "2100-01-01T00:00:00Z"}
    place = {"group": "510799101201002", "name": "乱户"}
    room = {"name": "乱室", "kind": "village", "areas": ["510799101201"]}
    people = {
        "/api/v1/me/password": {"old": "x", "new": "y" * 12},
        "/api/v1/me/passkeys": {"credential": {}, "name": "x"},
        "/api/v1/accounts": {
            "account": "luan", "name": "乱", "roles": [{"role": "clerk", "area": "510799101201"}],
        },
        "/api/v1/accounts/{account}": {"name": "x"},
        "/api/v1/accounts/{account}/roles": {"role": "clerk", "area": "510799101201"},
        "/api/v1/accounts/{account}/agreements": {
            "from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z", "text_version": "1",
        },
        "/api/v1/agreements/{agreement}/withdraw": {"reason": "x"},
        "/api/v1/households/{household}/members/{principal}": {"rights": ["live"]},
    }  # fmt: skip
    places = {
        "/api/v1/areas": {"code": "510799101999", "level": "village", "name": "乱村"},
        "/api/v1/areas/{code}": {"name": "x"},
        "/api/v1/areas/{code}/merge": {"into": "510799101999"},
        "/api/v1/rooms": room,
        "/api/v1/rooms/{room}": room,
        "/api/v1/households": place,
        "/api/v1/households/{household}": place,
    }
    return people | places | {
        "/api/v1/login": login,
        "/api/v1/login/totp": {"ticket": "x" * 32, "code": "123456"},
        "/api/v1/login/passkey/options": {"ticket": "x" * 32},
        "/api/v1/login/passkey": {"ticket": "x" * 32, "credential": {}},
        "/api/v1/cameras/{camera}/state": {"state": "suspended"},
        "/api/v1/cameras/{camera}/maintenance": until,
        "/api/v1/break-glass": {
            "cameras": [house.road_camera], "purpose": "search", "text": "找人", "minutes": 5,
        },
        "/api/v1/decisions/explain": {"principal": "prn_x", "camera": house.road_camera},
        "/api/v1/onboarding/discover": {"seconds": 1},
        "/api/v1/onboarding/probe": {"address": "127.0.0.1", "user": "u", "password": "p"},
        "/api/v1/onboarding/check": {"camera": house.road_camera},
        "/api/v1/login/key": {"principal": "nobody", "key": "x"},
        "/api/v1/link/exchange": {"code": "x" * 20, "device_key": {}, "device_name": "x"},
        "/api/v1/links": {"household": house.household, "name": "x", "relation": "x"},
        "/api/v1/cameras": camera,
        "/api/v1/cameras/{camera}": {
            "name": "x", "area": camera["area"], "sub_url": "rtsp://127.0.0.1:1/y",
            "user": "u", "password": "p",
        },
        "/api/v1/cameras/{camera}/off": until,
        "/api/v1/grants": {
            "kind": "view", "views": views, "purpose": {"code": "other", "text": "看看水位"},
        },
        "/api/v1/grants/{grant}/views": {"views": views},
    }  # fmt: skip


def routes() -> list[tuple[str, str]]:
    """Every POST and PATCH that takes JSON (tables have tests of their own)."""
    return [
        (method.upper(), path)
        for path, item in openapi_document()["paths"].items()
        for method, operation in item.items()
        if method in ("post", "patch")
        and "application/json" in operation.get("requestBody", {}).get("content", {})
    ]


def bodies(pattern: dict[str, Any]) -> list[bytes]:
    """Whole junk, and the right body with one or two fields that are junk or missing."""
    names = st.lists(st.sampled_from(sorted(pattern)), min_size=1, max_size=2, unique=True)
    bent = st.tuples(names, st.lists(JUNK, min_size=2, max_size=2), st.booleans()).map(
        lambda drawn: {
            name: drawn[1][drawn[0].index(name)] if name in drawn[0] else value
            for name, value in pattern.items()
            if not (drawn[2] and name == drawn[0][0])
        }
    )
    found = [pattern, *made(bent, BODIES - 7), *made(JUNK, 6)]
    assert len(found) == BODIES
    return [json.dumps(value).encode() for value in found]


async def test_every_route_answers_in_order(house):
    patterns = right(house)
    assert {path for _, path in routes()} == set(patterns), "a new route needs a right body here"
    new = await house.operator.call("POST", "/api/v1/cameras", patterns["/api/v1/cameras"])
    assert new.status_code == 201, new.text
    target = new.json()["id"]
    known = {one["id"] for one in await cameras(house)} - {target}
    counted: dict[int, int] = {}
    try:
        grant = (await house.clerk.grant(house.road_camera))["id"]
        for method, path in routes():
            asked = path.replace("{camera}", target).replace("{grant}", grant)
            # Nobody else's things: what these people may do, they may not do by chance.
            asked = re.sub(r"\{[a-z]+\}", "nobody", asked)
            contents = bodies(patterns[path])
            # Where nobody is in yet, it does not matter who asks.
            people = {"clerk": house.clerk} if is_entry(path) else house.people
            for name, person in people.items():
                for content in contents:
                    answer = await send(house, person, method, asked, content)
                    counted[answer.status_code] = counted.get(answer.status_code, 0) + 1
                    assert answer.status_code < 500, (name, path, content, answer.text)
                    if answer.is_error:
                        kind = answer.headers["content-type"]
                        assert kind == "application/problem+json", (path, content)
    finally:
        for camera in await cameras(house):
            if camera["id"] not in known:
                gone = await house.operator.call("DELETE", f"/api/v1/cameras/{camera['id']}")
                assert gone.status_code == 204
    assert sum(counted.values()) >= (len(house.people) * 6 + 3) * BODIES
    assert {200, 201, 403, 422} <= set(counted), "both halves were reached"


def is_entry(path: str) -> bool:
    """A route for who is not in yet."""
    return "/login" in path or path.endswith("/exchange")


async def send(house: Any, person: Any, method: str, path: str, content: bytes) -> Any:
    """Entries come from an address of their own, or the guard against guessing would answer."""
    headers = {"Content-Type": "application/json"}
    if is_entry(path):
        async with house.stranger() as stranger:
            return await stranger.call(method, path, content=content, headers=headers)
    return await person.call(method, path, content=content, headers=headers)


async def cameras(house: Any) -> list[dict[str, Any]]:
    """All that the operator knows of."""
    page = await house.operator.call("GET", "/api/v1/cameras?limit=500")
    found: list[dict[str, Any]] = page.json()["items"]
    return found


async def test_odd_queries_and_ids_answer_in_order(house):
    odd = [*made(st.text(max_size=20), 15), "\0", "..", "%", "9999-12-31", "0001-01-01", "nan"]
    for person in house.people.values():
        for text in odd:
            said = text.encode("utf-8", "replace").decode()
            for path, name in (
                ("/api/v1/cameras", "q"),
                ("/api/v1/cameras", "area"),
                ("/api/v1/cameras", "after"),
                ("/api/v1/looks", "day"),
            ):
                answer = await person.call("GET", path, params={name: said})
                assert answer.status_code < 500, (path, name, text, answer.text)


async def test_the_ends_of_time_answer_in_order(house):
    path = f"/api/v1/cameras/{house.home_camera}"
    ends = ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+14:00")
    try:
        for end in (*ends, "0001-01-01T00:00:00+14:00", "2262-04-12T00:00:00Z", 1e18, -1e18):
            answer = await house.owner.call("POST", f"{path}/off", {"until": end})
            assert answer.status_code in (200, 422), (end, answer.text)
            assert (await house.owner.call("GET", path)).status_code == 200, end
    finally:
        assert (await house.owner.call("POST", f"{path}/on")).status_code == 200


async def test_broken_json_answers_in_order(house):
    for content in (
        b"{",
        b"[" * 60_000,
        b"\xff\xfe",
        b'{"a":' * 9000,
        b'"' + b"a" * 60_000,
        b"1e999",
    ):
        for person in (house.clerk, house.operator):
            for method, path in (("POST", "/api/v1/grants"), ("POST", "/api/v1/cameras")):
                kind = {"Content-Type": "application/json"}
                answer = await person.call(method, path, content=content, headers=kind)
                assert answer.status_code in (400, 422), (path, content[:20])
    log = (house.data / "logs" / "registry.log").read_text(errors="replace")
    assert "Traceback" not in log
    assert "a route failed" not in log
