"""Default deny, problem documents, OpenAPI, headers and pages."""

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from huiyan_registry.openapi import openapi_document
from huiyan_registry.pages.endpoints import Pages
from huiyan_registry.pages.headers import LARGE_BODIES
from huiyan_registry.session.guard import public_routes
from prometheus_client import generate_latest


def _routes(world) -> list[tuple[str, str]]:
    # Anything that is no APIRoute would slip past the guard: there must be none.
    assert all(isinstance(route, APIRoute) for route in world.registry.api.routes)
    return [
        (method, route.path)
        for route in world.registry.api.routes
        for method in sorted(route.methods)
    ]


async def test_every_route_is_closed_unless_listed(world):
    routes, public = _routes(world), public_routes()
    assert public <= set(routes), "public_routes.yaml names a route that is not there"
    visitor = world.visitor()
    for method, path in routes:
        asked = re.sub(r"{[^}]+}", "x", path)
        kinds = next(
            (
                one.kinds
                for one in LARGE_BODIES
                if one.method == method and one.path.fullmatch(asked)
            ),
            frozenset({"application/json"}),
        )
        body = {"headers": {"content-type": min(kinds)}, "content": b"{}"}
        answer = await visitor.call(method, asked, **(body if method in ("POST", "PATCH") else {}))
        if (method, path) in public:
            assert answer.status_code != 401 or path.startswith("/api/v1/login"), path
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "no_session"), path
    assert len(routes) - len(public) >= 15


async def test_wrong_tokens_are_refused(world):
    for headers in (
        {"Authorization": "Bearer 510799101000.x"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic x"},
        {"Cookie": "huiyan_session=510799101000.AAAA"},
        {"Cookie": "huiyan_session=999999999999.AAAA"},
    ):
        answer = await world.visitor().call("GET", "/api/v1/me", headers=headers)
        assert answer.status_code == 401


async def test_problems_for_what_is_not_there(world):
    visitor = world.visitor()
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/openapi.json", 404),
        ("PUT", "/api/v1/login", 405),
        ("POST", "/api/v1/login", 422),
    ):
        answer = await visitor.call(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"title", "title_en", "detail", "detail_en", "code", "trace"} <= set(answer.json())


async def test_a_large_body_is_refused(world):
    answer = await world.visitor().call("POST", "/api/v1/login", {"account": "x" * 70_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_only_json_is_read(world):
    login = b'{"account": "a", "password": "b"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        headers = {"content-type": kind} if kind else {}
        answer = await world.visitor().call("POST", "/api/v1/login", content=login, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media"), kind
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    answer = await world.visitor().call("POST", "/api/v1/login", content=login, headers=headers)
    assert answer.json()["code"] == "login_wrong"


async def test_a_nul_in_a_text_is_said_and_breaks_nothing(world):
    for path, body in (
        ("/api/v1/login", {"account": "a\0", "password": "b"}),
        ("/api/v1/login/key", {"principal": "a\0", "key": "b"}),
    ):
        answer = await world.visitor().call("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_text"), path
    operator = await world.machine("operator")
    for path in ("/api/v1/cameras/%00", "/api/v1/cameras?q=%00"):
        answer = await operator.call("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_text"), path


async def test_a_defect_is_a_problem_document_too(world, monkeypatch):
    async def broken(*_):
        raise ZeroDivisionError("the inside")

    monkeypatch.setattr(world.registry.cameras, "view", broken)
    operator = await world.machine("operator")
    operator.http._transport.raise_app_exceptions = False
    answer = await operator.call("GET", "/api/v1/cameras/x")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "inside" not in answer.text


def test_every_operation_documents_errors_and_answers():
    document = openapi_document()
    operations = [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) >= 22
    for name, operation in operations:
        errors = {code for code in operation["responses"] if code >= "400"}
        assert "503" in errors, name
        public = tuple(name.split(" ", 1)) in {(m.lower(), p) for m, p in public_routes()}
        assert public or "401" in errors, name
        for code in errors:
            content = operation["responses"][code]["content"]
            assert "application/problem+json" in content, (name, code)
        fine = next(code for code in operation["responses"] if code < "300")
        assert fine == "204" or operation["responses"][fine]["content"], name
        assert operation["summary"] and operation.get("description"), name


async def test_security_headers(world):
    answer = await world.visitor().call("GET", "/f")
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'self' http://127.0.0.1:9000 ws://127.0.0.1:9000;" in policy
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in answer.headers["permissions-policy"]
    api = await world.visitor().call("GET", "/api/v1/me")
    assert api.headers["cache-control"] == "no-store"


async def test_pages_say_how_to_build_them(world):
    for path in ("/", "/f", "/f/who", "/room", "/room/wall"):
        answer = await world.visitor().call("GET", path)
        assert answer.status_code == 503 and "npm run build" in answer.text


@pytest.mark.parametrize(
    "path", ["../secret", "../../secret", "a/../../secret", "/etc/passwd", "x\0"]
)
def test_no_file_outside_the_folder(tmp_path: Path, path):
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("x")
    (folder / "assets" / "a.js").write_text("x")
    (tmp_path / "secret").write_text("x")
    (folder / "assets" / "link").symlink_to(tmp_path / "secret")
    pages = Pages(folder)
    assert pages.page("index.html").status_code == 200
    found = pages.asset("assets/a.js", {"Cache-Control": "immutable"})
    assert found.headers["cache-control"] == "immutable"
    for wrong in (f"assets/{path}", "assets/link"):
        with pytest.raises(Exception, match="No such file"):
            pages.asset(wrong, {})


async def test_metrics_name_routes_and_no_ids(world):
    clerk = await world.staff("lixiuying")
    camera = world.camera("村口主路·东")
    await clerk.get(f"/api/v1/cameras/{camera}")
    await clerk.call("GET", f"/api/v1/nothing/{camera}")
    await clerk.call("BREW", "/api/v1/login")
    shown = generate_latest(world.metrics).decode()
    assert 'route="/api/v1/cameras/{camera}",status="200"' in shown
    assert 'method="other"' in shown and camera not in shown and "BREW" not in shown
