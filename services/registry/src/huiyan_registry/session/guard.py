"""Default deny: every route needs a session unless public_routes.yaml lists it."""

import importlib.resources
from collections.abc import Iterable

import yaml
from fastapi import Request

from huiyan_registry.refusals import forbidden
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.proof import HEADER as PROOF_HEADER
from huiyan_registry.session.service import Credentials, SessionService, not_logged_in

COOKIE = "huiyan_session"
CSRF_HEADER = "Huiyan-CSRF"
# What who lacks something of its own account may still reach.
_OWN = "/api/v1/me"
_ALWAYS_OPEN = frozenset({_OWN, "/api/v1/logout"})


def public_routes() -> frozenset[tuple[str, str]]:
    """(method, path) of every route that needs no session."""
    text = importlib.resources.files("huiyan_registry").joinpath("public_routes.yaml").read_text()
    listed: Iterable[str] = yaml.safe_load(text)["public"]
    return frozenset((method, path) for method, _, path in (line.partition(" ") for line in listed))


class Guard:
    """A dependency of the whole application: runs before every endpoint."""

    def __init__(self, sessions: SessionService, public: frozenset[tuple[str, str]]) -> None:
        self._sessions = sessions
        self._public = public

    async def __call__(self, request: Request) -> None:
        """Put the caller at `request.state.caller`, or raise."""
        method = request.method
        if method not in ("GET", "HEAD"):
            _same_site(request)
        if (method, request.scope["route"].path) in self._public:
            return
        caller = await self._sessions.authenticate(credentials_of(request))
        path = request.scope["route"].path
        if path not in _ALWAYS_OPEN and not path.startswith(f"{_OWN}/"):
            _check_ready(caller)
        request.state.caller = caller


def credentials_of(request: Request) -> Credentials:
    """What the request brought. UNAUTHENTICATED when it is nothing."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if bearer and scheme.lower() == "bearer":
        token, is_bearer = bearer.strip(), True
    else:
        token, is_bearer = request.cookies.get(COOKIE, ""), False
    if not token:
        raise not_logged_in()
    return Credentials(
        token=token,
        bearer=is_bearer,
        method=request.method,
        path=request.url.path,
        csrf=request.headers.get(CSRF_HEADER, ""),
        proof=request.headers.get(PROOF_HEADER, ""),
    )


def _check_ready(caller: Caller) -> None:
    """FORBIDDEN `must_change_password`, `second_factor_needed`: first one's own account."""
    if caller.must_change_password:
        raise forbidden(
            "请先换掉初始密码", "Change the first password first", "must_change_password"
        )
    if caller.second_factor_needed:
        raise forbidden(
            "请先设置第二道验证（动态口令或通行密钥）",
            "Set up a second factor first (one-time codes or a passkey)",
            "second_factor_needed",
        )


def _same_site(request: Request) -> None:
    """Browsers say where a request comes from (Fetch Metadata): another site may log nobody in."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise forbidden("请求来自别的网站", "The request comes from another site", "cross_site")
