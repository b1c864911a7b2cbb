"""X-Forwarded-For is believed from configured proxies only."""

import asyncio

import httpx
import pytest
from huiyan_kit.internal_http import bind, http_server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def _who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.client.host if request.client else "")


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [((), "127.0.0.1"), (("10.0.0.1",), "127.0.0.1"), (("127.0.0.0/8",), "203.0.113.9")],
)
async def test_only_a_trusted_proxy_names_somebody_else(trusted, seen):
    listener = bind("127.0.0.1", 0)
    server = http_server(Starlette(routes=[Route("/", _who)]), trusted_proxies=trusted)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    async with httpx.AsyncClient() as client:
        answer = await client.get(url, headers={"X-Forwarded-For": "203.0.113.9"})
    server.should_exit = True
    await serving
    assert answer.text == seen
