"""Routes of accounts: /api/v1/accounts."""

from typing import Annotated

from fastapi import FastAPI, Query, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.account.account_repository import AccountSearch
from huiyan_registry.account.administration import Administration
from huiyan_registry.account.administration_schemas import (
    AccountChange,
    AccountDetail,
    AccountList,
    AccountView,
    AskedRole,
    FirstPassword,
    NewAccount,
)
from huiyan_registry.account.roles import RoleName
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller
from huiyan_registry.session.devices import DeviceService
from huiyan_registry.session.schemas import DeviceList

_FAILURES = documented(
    ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT, ErrorKind.INVALID
)
_ONE = "/api/v1/accounts/{account}"
_AREA = Query(pattern=r"^[0-9]{12}([0-9]{3})?$")


def add_routes(app: FastAPI, accounts: Administration, devices: DeviceService) -> None:
    """/api/v1/accounts and below."""

    @app.get("/api/v1/accounts", responses=_FAILURES, tags=["account"])
    async def list_accounts(
        caller: CurrentCaller,
        *,
        q: Annotated[str, Query(max_length=60)] = "",
        role: RoleName | None = None,
        area: Annotated[str | None, _AREA] = None,
        after: Annotated[str, Query(max_length=40)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> AccountList:
        """Accounts of the staff within what one may give."""
        return await accounts.listed(caller, AccountSearch(q, role, area, after, limit))

    @app.post("/api/v1/accounts", status_code=201, responses=_FAILURES, tags=["account"])
    async def add_account(
        caller: CurrentCaller, body: NewAccount, response: Response
    ) -> FirstPassword:
        """A new account; its first password is told once."""
        response.headers["Cache-Control"] = "no-store"
        return await accounts.add(caller, body)

    @app.get(_ONE, responses=_FAILURES, tags=["account"])
    async def show_account(caller: CurrentCaller, account: str) -> AccountDetail:
        """One account; for its administrators with vetting and training."""
        return await accounts.view(caller, account)

    @app.patch(_ONE, responses=_FAILURES, tags=["account"])
    async def change_account(
        caller: CurrentCaller, account: str, body: AccountChange
    ) -> AccountView:
        """Change its name or room."""
        return await accounts.change(caller, account, body)

    @app.post(f"{_ONE}/disable", responses=_FAILURES, tags=["account"])
    async def disable_account(caller: CurrentCaller, account: str) -> AccountView:
        """Shut it; every session and picture of it ends."""
        return await accounts.disable(caller, account)

    @app.post(f"{_ONE}/enable", responses=_FAILURES, tags=["account"])
    async def enable_account(caller: CurrentCaller, account: str) -> AccountView:
        """Open it again."""
        return await accounts.enable(caller, account)

    @app.post(f"{_ONE}/reset", responses=_FAILURES, tags=["account"])
    async def reset_account(
        caller: CurrentCaller, account: str, response: Response
    ) -> FirstPassword:
        """A new first password, without second factors; every session ends."""
        response.headers["Cache-Control"] = "no-store"
        return await accounts.reset(caller, account)

    @app.post(f"{_ONE}/roles", status_code=201, responses=_FAILURES, tags=["account"])
    async def give_role(caller: CurrentCaller, account: str, body: AskedRole) -> AccountView:
        """Give a role within an area."""
        return await accounts.give_role(caller, account, body)

    @app.delete(f"{_ONE}/roles/{{role}}", responses=_FAILURES, tags=["account"])
    async def end_role(caller: CurrentCaller, account: str, role: str) -> AccountView:
        """Take a role away; the pictures that it allowed end."""
        return await accounts.end_role(caller, account, role)

    @app.get(f"{_ONE}/sessions", responses=_FAILURES, tags=["account"])
    async def account_sessions(caller: CurrentCaller, account: str) -> DeviceList:
        """On which devices somebody is logged in."""
        await accounts.check_seen(caller, account)
        return DeviceList(items=await devices.of(caller.town, account))

    @app.delete(f"{_ONE}/sessions", status_code=204, responses=_FAILURES, tags=["account"])
    async def end_account_sessions(caller: CurrentCaller, account: str) -> None:
        """Log somebody out everywhere; every picture ends."""
        await accounts.end_sessions(caller, account)
