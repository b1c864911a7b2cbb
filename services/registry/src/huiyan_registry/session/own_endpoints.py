"""Routes below /api/v1/me: one's own second factors and devices."""

from fastapi import FastAPI, Request, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller
from huiyan_registry.session.devices import DeviceService
from huiyan_registry.session.origin import Origin, address_of
from huiyan_registry.session.schemas import (
    DeviceList,
    NewPasskeyBody,
    PasskeyList,
    PasskeyOptions,
    PasskeyView,
    TotpCode,
    TotpSecret,
)
from huiyan_registry.session.second_factors import SecondFactors
from huiyan_registry.session.tables import Passkey

_FAILURES = documented(
    ErrorKind.FORBIDDEN,
    ErrorKind.NOT_FOUND,
    ErrorKind.CONFLICT,
    ErrorKind.INVALID,
    ErrorKind.TOO_MANY,
)


def add_routes(
    app: FastAPI, factors: SecondFactors, devices: DeviceService, origin: Origin
) -> None:
    """/api/v1/me/totp, /api/v1/me/passkeys, /api/v1/me/sessions."""

    @app.post("/api/v1/me/totp", responses=_FAILURES, tags=["session"])
    async def begin_totp(caller: CurrentCaller, response: Response) -> TotpSecret:
        """A new secret for one-time codes; it counts when a first code confirms it."""
        response.headers["Cache-Control"] = "no-store"
        made = await factors.begin_totp(caller)
        return TotpSecret(secret=made.secret, uri=made.uri)

    @app.put("/api/v1/me/totp", status_code=204, responses=_FAILURES, tags=["session"])
    async def confirm_totp(caller: CurrentCaller, body: TotpCode, request: Request) -> None:
        """Confirm the new secret."""
        await factors.confirm_totp(caller, body.code, address_of(request))

    @app.delete("/api/v1/me/totp", status_code=204, responses=_FAILURES, tags=["session"])
    async def drop_totp(caller: CurrentCaller) -> None:
        """No more one-time codes."""
        await factors.drop_totp(caller)

    @app.post("/api/v1/me/passkeys/options", responses=_FAILURES, tags=["session"])
    async def passkey_options(caller: CurrentCaller, request: Request) -> PasskeyOptions:
        """What the browser needs to make a passkey."""
        return PasskeyOptions(options=await factors.begin_passkey(caller, origin.party(request)))

    @app.post("/api/v1/me/passkeys", status_code=201, responses=_FAILURES, tags=["session"])
    async def add_passkey(
        caller: CurrentCaller, body: NewPasskeyBody, request: Request
    ) -> PasskeyView:
        """Add the passkey that the browser made."""
        party = origin.party(request)
        return _shown(await factors.add_passkey(caller, party, body.credential, body.name))

    @app.get("/api/v1/me/passkeys", responses=_FAILURES, tags=["session"])
    async def passkeys(caller: CurrentCaller) -> PasskeyList:
        """One's passkeys."""
        return PasskeyList(items=[_shown(row) for row in await factors.passkeys(caller)])

    @app.delete(
        "/api/v1/me/passkeys/{passkey}", status_code=204, responses=_FAILURES, tags=["session"]
    )
    async def drop_passkey(caller: CurrentCaller, passkey: str) -> None:
        """Remove a passkey."""
        await factors.drop_passkey(caller, passkey)

    @app.get("/api/v1/me/sessions", responses=_FAILURES, tags=["session"])
    async def sessions(caller: CurrentCaller) -> DeviceList:
        """The devices on which one is logged in."""
        return DeviceList(items=await devices.of(caller.town, caller.principal, caller.session))

    @app.delete(
        "/api/v1/me/sessions/{session}", status_code=204, responses=_FAILURES, tags=["session"]
    )
    async def end_session(caller: CurrentCaller, session: str) -> None:
        """Log one of one's devices out; its pictures end."""
        await devices.end_own(caller, session)


def _shown(row: Passkey) -> PasskeyView:
    return PasskeyView(
        id=row.id, name=row.name, created_at=row.created_at, last_used_at=row.last_used_at
    )
