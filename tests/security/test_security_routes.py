"""Every door of the registry and every internal port: closed without a right token."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from huiyan_registry.openapi import openapi_document
from huiyan_registry.session.guard import public_routes

pytestmark = pytest.mark.asyncio(loop_scope="session")
SERVICES = ("registry", "ingest", "relay", "recorder", "analytics")


def operations() -> list[tuple[str, str]]:
    """(method, path) of all documented operations."""
    return [
        (method.upper(), path)
        for path, item in openapi_document()["paths"].items()
        for method in item
    ]


def closed() -> list[tuple[str, str]]:
    """Those that need a session."""
    return [operation for operation in operations() if operation not in public_routes()]


async def knock(person: Any, method: str, path: str, **more: Any) -> httpx.Response:
    """One request without help: what stands in `more` is all there is."""
    body = {"json": {}} if method in ("POST", "PATCH") else {}
    asked = re.sub(r"{[^}]+}", "cam_aaaaaaaaaaaaaaaa", path)
    answer: httpx.Response = await person.http.request(method, asked, **body, **more)
    return answer


def is_problem(answer: httpx.Response, code: str = "") -> bool:
    """A problem document in two languages."""
    told = answer.json()
    return (
        answer.headers["content-type"] == "application/problem+json"
        and told["status"] == answer.status_code
        and bool(told["detail"] and told["detail_en"] and told["title"] and told["title_en"])
        and told["code"] == (code or told["code"])
    )


async def test_nobody_gets_in_without_a_token(house):
    assert len(closed()) >= 17
    async with house.stranger() as stranger:
        for method, path in closed():
            answer = await knock(stranger, method, path)
            assert answer.status_code == 401, (method, path, answer.text)
            assert is_problem(answer, "no_session"), path


async def test_public_routes_tell_nothing_of_the_town(house):
    async with house.stranger() as stranger:
        for method, path in public_routes():
            answer = await knock(stranger, method, path)
            assert answer.status_code in (200, 404, 422), (method, path)
            for told in (house.code, house.home_camera, "lixiuying", "妈妈家"):
                assert told not in answer.text, path


async def test_wrong_tokens_open_no_route(house):
    clerk, operator = house.clerk.token, house.operator.token
    wrong = (
        {"Authorization": f"Bearer {house.code}.{'A' * 43}"},
        {"Authorization": "Bearer x"},
        {"Authorization": f"Bearer {clerk}"},  # a cookie's session is no machine's
        {"Authorization": f"Basic {operator}"},
        {"Authorization": f"Bearer 999999999999.{operator.partition('.')[2]}"},
        {"Cookie": f"huiyan_session={operator}"},
        {"Cookie": f"huiyan_session={clerk[:-1]}"},
        {"Cookie": f"huiyan_session={clerk}!"},
        {"Cookie": f"huiyan_session={house.code}."},
    )
    async with house.stranger() as stranger:
        for method, path in closed():
            for headers in wrong:
                answer = await knock(stranger, method, path, headers=headers)
                assert answer.status_code == 401, (method, path, headers)


async def test_a_grant_is_no_session(house):
    token = (await house.clerk.grant(house.road_camera))["token"]
    async with house.stranger() as stranger:
        for headers in (
            {"Authorization": f"Bearer {token}"},
            {"Cookie": f"huiyan_session={token}"},
        ):
            answer = await knock(stranger, "GET", "/api/v1/me", headers=headers)
            assert answer.status_code == 401


async def test_an_ended_session_opens_nothing(house):
    async with await house.new_clerk() as clerk:
        cookie = {"Cookie": f"huiyan_session={clerk.token}", "Huiyan-CSRF": clerk.csrf}
        assert (await clerk.call("POST", "/api/v1/logout")).status_code == 204
    async with house.stranger() as stranger:
        for method, path in closed():
            answer = await knock(stranger, method, path, headers=cookie)
            assert answer.status_code == 401, path


async def test_an_expired_session_opens_nothing(house):
    async with await house.new_clerk() as clerk:
        me = await clerk.call("GET", "/api/v1/me")
        assert me.status_code == 200
        database = await house.database()
        try:
            done = await database.execute(
                "UPDATE login_session SET expires_at = now() - interval '1 second' "
                "WHERE id = (SELECT id FROM login_session ORDER BY created_at DESC LIMIT 1)"
            )
        finally:
            await database.close()
        assert done == "UPDATE 1"
        headers = {"Huiyan-CSRF": clerk.csrf}
        for method, path in closed():
            answer = await knock(clerk, method, path, headers=headers)
            assert answer.status_code == 401, path


async def test_a_change_needs_the_sessions_own_csrf_value(house):
    changing = [(method, path) for method, path in closed() if method != "GET"]
    assert len(changing) >= 11
    for given in ("", "x", house.owner.csrf, "é"):
        headers = {"Huiyan-CSRF": given.encode()}
        for method, path in changing:
            answer = await knock(house.clerk, method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), path


async def test_a_link_works_once(house):
    wish = {"household": house.household, "name": "小芳", "relation": "儿媳"}
    made = await house.owner.call("POST", "/api/v1/links", wish)
    assert made.status_code == 201
    assert made.json()["url"].startswith(f"{house.town.url}/f#")
    code = {"code": made.json()["url"].partition("#")[2], "device_name": "手机"}
    async with house.stranger() as previewer:
        assert (await previewer.http.get(made.json()["url"])).status_code == 200
    async with house.stranger() as relative, house.stranger() as thief:
        await relative.enter("/api/v1/link/exchange", code)
        again = await thief.call("POST", "/api/v1/link/exchange", code)
        assert (again.status_code, again.json()["code"]) == (403, "link_used")
        assert "set-cookie" not in again.headers


async def test_nobody_does_what_is_not_theirs(house):
    home, road = f"/api/v1/cameras/{house.home_camera}", f"/api/v1/cameras/{house.road_camera}"
    grant = (await house.clerk.grant(house.road_camera))["id"]
    link = {"household": house.household, "name": "x", "relation": "x"}
    for person, method, path, body in (
        (house.clerk, "PATCH", road, {"name": "x"}),
        (house.clerk, "DELETE", road, None),
        (house.clerk, "POST", f"{home}/off", {}),
        (house.clerk, "POST", f"{home}/on", None),
        (house.operator, "POST", f"{home}/off", {}),
        (house.owner, "POST", f"{road}/off", {}),
        (house.owner, "PATCH", home, {"main_url": "rtsp://127.0.0.1/x"}),
        (house.owner, "DELETE", home, None),
        (house.owner, "GET", road, None),
        (house.clerk, "POST", "/api/v1/links", link),
        (house.operator, "POST", "/api/v1/links", link),
        (house.clerk, "GET", "/api/v1/looks", None),
        (house.owner, "POST", f"/api/v1/grants/{grant}/renew", None),
        (house.owner, "DELETE", f"/api/v1/grants/{grant}", None),
        (house.operator, "POST", f"/api/v1/grants/{grant}/renew", None),
    ):
        answer = await person.call(method, path, body)
        assert answer.status_code in (403, 404), (method, path, answer.text)
        assert is_problem(answer)
    for person, camera in ((house.operator, house.road_camera), (house.owner, house.road_camera)):
        wish = {
            "kind": "view",
            "views": [{"camera": camera}],
            "purpose": {"code": "patrol", "text": ""},
        }
        answer = await person.call("POST", "/api/v1/grants", wish)
        assert answer.status_code in (403, 404), answer.text


async def test_internal_ports_listen_on_the_loopback_only(house):
    """Of every process: there, and nowhere else, health and metrics need no token."""
    state = house.town.state
    inodes: dict[str, tuple[str, str]] = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":  # LISTEN
                inodes[words[9]] = (table, words[1].partition(":")[0])
    checked = 0
    for name, pid in state["pids"].items():
        for link in Path(f"/proc/{pid}/fd").iterdir():
            found = re.match(r"socket:\[(\d+)\]", str(link.readlink()))
            if found and found[1] in inodes:
                checked += 1
                table, address = inodes[found[1]]
                assert (table, address) == ("tcp", "0100007F"), name
    assert checked >= len(SERVICES) + 2


async def test_internal_ports_change_nothing_and_name_nobody(house):
    async with httpx.AsyncClient(timeout=5) as client:
        for service in SERVICES:
            base = f"http://127.0.0.1:{house.town.state['ports'][service]['internal']}"
            for path in ("/health/live", "/health/ready", "/metrics"):
                answer = await client.get(base + path)
                assert answer.status_code == 200, (service, path)
                for told in (house.home_camera, house.household, "lixiuying"):
                    assert told not in answer.text, (service, path)
                assert (await client.post(base + path)).status_code == 405
            for path in ("/", "/docs", "/openapi.json", "/debug", "/api/v1/me"):
                assert (await client.get(base + path)).status_code == 404
