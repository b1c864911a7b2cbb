"""Errors and trace context at the HTTP edge: problem+json (RFC 9457) and traceparent."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.responses import JSONResponse, Response

from huiyan_kit import tracing
from huiyan_kit.errors import ErrorKind, HuiyanError, Problem

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def problem_response(error: HuiyanError) -> Response:
    """The answer for `error`."""
    problem = Problem.of(error, trace=tracing.current_trace())
    headers = {"Cache-Control": "no-store"}
    if error.kind is ErrorKind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        problem.model_dump(),
        status_code=error.status,
        media_type="application/problem+json",
        headers=headers,
    )


class ProblemMiddleware:
    """Continues the trace and turns what escapes a route into a problem document."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        started = False

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        with tracing.continue_trace(headers):
            try:
                await self._app(scope, receive, sending)
            except Exception as error:
                if not isinstance(error, HuiyanError):
                    log.exception("a route failed", extra={"path": scope["path"]})
                    error = HuiyanError(
                        ErrorKind.INTERNAL,
                        "平台出毛病了，请稍后再试",
                        "Something broke on our side; try again",
                    )
                if started:
                    raise
                await problem_response(error)(scope, receive, send)
