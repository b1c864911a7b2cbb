"""Routes: login by password and by key."""

from fastapi import FastAPI, Request, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.account.schemas import (
    Entered,
    KeyLogin,
    Login,
    MachineToken,
    Me,
    PasswordChange,
    Second,
    SecondNeeded,
)
from huiyan_registry.account.service import AccountService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller
from huiyan_registry.session.cookie import SessionCookie
from huiyan_registry.session.origin import Origin, address_of, device_of
from huiyan_registry.session.schemas import PasskeyOptions, Ticket, TicketCode, TicketPasskey
from huiyan_registry.session.second_login import SecondAsked, SecondLogin
from huiyan_registry.session.service import Credentials, OpenedSession, SessionService

_FAILURES = (ErrorKind.UNAUTHENTICATED, ErrorKind.TOO_MANY, ErrorKind.INVALID, ErrorKind.FORBIDDEN)


def add_routes(
    app: FastAPI,
    accounts: AccountService,
    *,
    seconds: SecondLogin,
    sessions: SessionService,
    cookie: SessionCookie,
    origin: Origin,
) -> None:
    """/api/v1/login and below, GET /api/v1/me, POST /api/v1/me/password."""

    async def entered(opened: OpenedSession, response: Response) -> Entered:
        cookie.put(response, opened)
        caller = await sessions.authenticate(Credentials(opened.token, False, "GET", "/"))
        return Entered(me=await accounts.me(caller), csrf=opened.csrf)

    @app.post("/api/v1/login", responses=documented(*_FAILURES, public=True), tags=["account"])
    async def login(body: Login, request: Request, response: Response) -> Entered | SecondNeeded:
        """Log in with account and password; `second` asks for the second factor."""
        done = await accounts.login(
            body.account, body.password, address=address_of(request), device=device_of(request)
        )
        if isinstance(done, SecondAsked):
            response.headers["Cache-Control"] = "no-store"
            return SecondNeeded(second=Second(ticket=done.ticket, methods=done.methods))
        return await entered(done, response)

    @app.post("/api/v1/login/totp", responses=documented(*_FAILURES, public=True), tags=["account"])
    async def login_by_code(body: TicketCode, request: Request, response: Response) -> Entered:
        """The second half of a login, by one-time code."""
        opened = await seconds.by_code(
            body.ticket, body.code, address_of(request), device_of(request)
        )
        return await entered(opened, response)

    @app.post(
        "/api/v1/login/passkey/options",
        responses=documented(*_FAILURES, ErrorKind.CONFLICT, public=True),
        tags=["account"],
    )
    async def passkey_options(body: Ticket, request: Request) -> PasskeyOptions:
        """What the browser needs to use a passkey."""
        party = origin.party(request)
        return PasskeyOptions(
            options=await seconds.passkey_options(body.ticket, party, address_of(request))
        )

    @app.post(
        "/api/v1/login/passkey", responses=documented(*_FAILURES, public=True), tags=["account"]
    )
    async def login_by_passkey(
        body: TicketPasskey, request: Request, response: Response
    ) -> Entered:
        """The second half of a login, by passkey."""
        opened = await seconds.by_passkey(
            body.ticket,
            origin.party(request),
            body.credential,
            address=address_of(request),
            device=device_of(request),
        )
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

    @app.post(
        "/api/v1/me/password",
        status_code=204,
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID, ErrorKind.TOO_MANY),
        tags=["account"],
    )
    async def change_password(
        caller: CurrentCaller, body: PasswordChange, request: Request
    ) -> None:
        """Change one's password; every other device is logged out."""
        await accounts.change_password(caller, body.old, body.new, address_of(request))
