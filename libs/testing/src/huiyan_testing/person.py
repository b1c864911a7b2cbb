"""Somebody who knocks at the registry's door: a browser without its pages, or a machine."""

from __future__ import annotations

from typing import Any, Self

import httpx


class Person:
    """A browser with a cookie and a CSRF value, or a machine with a Bearer, or nobody yet."""

    def __init__(self, base_url: str, address: str = "127.0.0.1") -> None:
        # Plain http: unverified saves each client the reading of a CA store.
        transport = httpx.AsyncHTTPTransport(local_address=address, verify=False)
        self.http = httpx.AsyncClient(base_url=base_url, transport=transport, timeout=20)
        self.csrf = ""
        self.bearer = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    @property
    def token(self) -> str:
        """The session's token."""
        return self.bearer or str(self.http.cookies.get("huiyan_session", ""))

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """One request as a good client sends it."""
        headers = dict(more.pop("headers", {}))
        if self.bearer:
            headers.setdefault("Authorization", f"Bearer {self.bearer}")
        elif self.csrf and method not in ("GET", "HEAD"):
            headers.setdefault("Huiyan-CSRF", self.csrf)
        if body is not None:
            more["json"] = body
        return await self.http.request(method, path, headers=headers, **more)

    async def enter(self, path: str, body: dict[str, Any]) -> Self:
        """Log in; the answer must be 200."""
        answer = await self.call("POST", path, body)
        assert answer.status_code == 200, answer.text
        entered = answer.json()
        self.csrf, self.bearer = entered.get("csrf", ""), entered.get("token", "")
        return self

    async def grant(self, *cameras: str, purpose: bool = True) -> dict[str, Any]:
        """Leave to look at these; 201."""
        wish: dict[str, Any] = {"kind": "view", "views": [{"camera": one} for one in cameras]}
        if purpose:
            wish["purpose"] = {"code": "patrol", "text": ""}
        answer = await self.call("POST", "/api/v1/grants", wish)
        assert answer.status_code == 201, answer.text
        given: dict[str, Any] = answer.json()
        return given
