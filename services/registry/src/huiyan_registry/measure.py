"""Counts and times requests by route (its pattern, never an id)."""

import time
from collections.abc import MutableMapping
from typing import Any

from huiyan_kit.problem_http import App, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram

_METHODS = frozenset({"GET", "POST", "PATCH", "DELETE"})


def _known(method: str) -> str:
    return method if method in _METHODS else "other"


class RequestMetrics:
    """ASGI middleware."""

    def __init__(self, app: App, metrics: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "huiyan_registry_requests",
            "Answers by route and status",
            ["method", "route", "status"],
            registry=metrics,
        )
        self._seconds = Histogram(
            "huiyan_registry_request_seconds",
            "Time until the answer begins",
            ["route"],
            buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 3, 10),
            registry=metrics,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                # Unknown paths share one label: a scanner must not make labels.
                route = getattr(scope.get("route"), "path", "none")
                self._requests.labels(_known(scope["method"]), route, str(message["status"])).inc()
                self._seconds.labels(route).observe(time.monotonic() - begun)
            await send(message)

        await self._app(scope, receive, sending)
