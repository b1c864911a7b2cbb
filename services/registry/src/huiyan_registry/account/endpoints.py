"""Routes: login by password and by key."""

from fastapi import FastAPI, Request, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.account.schemas import Entered, KeyLogin, Login, MachineToken, Me
from huiyan_registry.account.service import AccountService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller
from huiyan_registry.session.cookie import SessionCookie
from huiyan_registry.session.service import Credentials, OpenedSession, SessionService

_FAILURES = (ErrorKind.UNAUTHENTICATED, ErrorKind.TOO_MANY, ErrorKind.INVALID, ErrorKind.FORBIDDEN)


def address_of(request: Request) -> str:
    """The address an attempt comes from."""
    return request.client.host if request.client else ""


def add_routes(
    app: FastAPI, accounts: AccountService, sessions: SessionService, cookie: SessionCookie
) -> None:
    """POST /api/v1/login, POST /api/v1/login/key, GET /api/v1/me."""

    async def entered(opened: OpenedSession, response: Response) -> Entered:
        cookie.put(response, opened)
        caller = await sessions.authenticate(Credentials(opened.token, False, "GET", "/"))
        return Entered(me=await accounts.me(caller), csrf=opened.csrf)

    @app.post("/api/v1/login", responses=documented(*_FAILURES, public=True), tags=["account"])
    async def login(body: Login, request: Request, response: Response) -> Entered:
        """Log in with account and password."""
        opened = await accounts.login(body.account, body.password, address_of(request))
        return await entered(opened, response)

    @app.post("/api/v1/login/key", responses=documented(*_FAILURES, public=True), tags=["account"])
    async def login_by_key(body: KeyLogin, request: Request, response: Response) -> MachineToken:
        """Log a machine in by its key."""
        opened = await accounts.login_by_key(body.principal, body.key, address_of(request))
        response.headers["Cache-Control"] = "no-store"
        return MachineToken(token=opened.token, expires_at=opened.expires_at)

    @app.get("/api/v1/me", responses=documented(), tags=["account"])
    async def me(caller: CurrentCaller) -> Me:
        """Who is logged in."""
        return await accounts.me(caller)
