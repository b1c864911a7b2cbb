"""Security headers on every answer (OWASP Secure Headers), and limits on what comes in."""

import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.problem_http import App, Receive, Scope, Send, problem_response

_MIB = 1024 * 1024
_MOST_BODY = 64 * 1024
_JSON = frozenset({"application/json"})
_TABLES = frozenset(
    {"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
)
_PHOTOS = frozenset({"image/jpeg", "image/png"})


@dataclass(frozen=True, slots=True)
class Body:
    """What one route reads: how many bytes at most, of which media types."""

    method: str
    path: re.Pattern[str]
    most: int
    kinds: frozenset[str]


# The routes that read more than a small JSON document, or something else.
LARGE_BODIES = (
    Body("POST", re.compile(r"/api/v1/areas/import"), 8 * _MIB, _TABLES),
    Body("POST", re.compile(r"/api/v1/cameras/import"), 64 * _MIB, _TABLES),
    Body("PUT", re.compile(r"/api/v1/cameras/[^/]+/signage"), 4 * _MIB, _PHOTOS),
    # With a signature: a PNG of 200 KiB as base64.
    Body("PUT", re.compile(r"/api/v1/households/[^/]+/consents"), 320 * 1024, _JSON),
    # A document of 4 MB in base64.
    Body("POST", re.compile(r"/api/v1/accounts/[^/]+/agreements"), 6 * _MIB, _JSON),
)
_FIXED: tuple[tuple[str, str], ...] = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(self), geolocation=(), payment=(), usb=(), fullscreen=(self)",
    ),
)
_HSTS = ("strict-transport-security", "max-age=31536000")


def content_policy(relay_origins: list[str]) -> str:
    """The Content-Security-Policy; pages may call us and the relays, and nobody else."""
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("connect-src 'self'", *relay_origins)),
            "media-src 'self' blob:",
            "img-src 'self' blob: data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """ASGI middleware. `relay_origins` is asked each time: relays come and go."""

    def __init__(self, app: App, relay_origins: Callable[[], list[str]], *, secure: bool) -> None:
        self._app = app
        self._origins = relay_origins
        self._fixed = _FIXED + ((_HSTS,) if secure else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                named = {name for name, _ in headers}
                policy: tuple[tuple[str, str], ...] = ()
                if b"content-security-policy" not in named:
                    policy = (("content-security-policy", content_policy(self._origins())),)
                cache = (("cache-control", "no-store"),) if b"cache-control" not in named else ()
                headers += [
                    (name.encode(), value.encode())
                    for name, value in (*self._fixed, *policy, *cache)
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, sending)


class BodyLimit:
    """ASGI middleware: 413 for a body over 64 KiB, whether announced or not, 415 for a body that
    is not JSON: what a form of another site can send is never read. LARGE_BODIES differ."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, kinds = _allowed_body(scope)
        headers = dict(scope["headers"])
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > most:
            await problem_response(_too_large())(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD") and not _is_of(headers, kinds):
            await problem_response(_wrong_kind(kinds))(scope, receive, send)
            return
        taken = 0

        async def receiving() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise _too_large()
            return message

        await self._app(scope, receiving, send)


def _allowed_body(scope: Scope) -> tuple[int, frozenset[str]]:
    for body in LARGE_BODIES:
        if scope["method"] == body.method and body.path.fullmatch(scope["path"]):
            return body.most, body.kinds
    return _MOST_BODY, _JSON


def _too_large() -> HuiyanError:
    return HuiyanError(ErrorKind.TOO_LARGE, "内容太大", "The body is too large")


def _is_of(headers: dict[bytes, bytes], kinds: frozenset[str]) -> bool:
    """True when the body is of these media types, or there is none. JSON may always go on to the
    guard, which says 401 first: a form of another site cannot send it."""
    if headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers:
        return True
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return kind.decode("latin-1") in kinds | _JSON


def _wrong_kind(kinds: frozenset[str]) -> HuiyanError:
    return HuiyanError(
        ErrorKind.UNSUPPORTED_MEDIA,
        "请求的格式不对",
        f"The body must be {' or '.join(sorted(kinds))}",
    )
