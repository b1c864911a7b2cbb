"""Routes of one-time links."""

from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.account.schemas import Entered
from huiyan_registry.account.service import AccountService
from huiyan_registry.link.schemas import Exchange, LinkMade, NewLink, PendingLinks
from huiyan_registry.link.service import LinkService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller
from huiyan_registry.session.cookie import SessionCookie
from huiyan_registry.session.origin import address_of
from huiyan_registry.session.service import Credentials, SessionService


def link_url(origin: str, code: str) -> str:
    """The code stands in the fragment: it reaches no server log and no previewer."""
    return f"{origin.rstrip('/')}/f#{code}"


def add_routes(
    app: FastAPI,
    links: LinkService,
    *,
    accounts: AccountService,
    sessions: SessionService,
    cookie: SessionCookie,
    public_url: str,
) -> None:
    """/api/v1/links and below, POST /api/v1/link/exchange."""

    @app.post(
        "/api/v1/links",
        status_code=201,
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID),
        tags=["link"],
    )
    async def make_link(
        caller: CurrentCaller, body: NewLink, request: Request, response: Response
    ) -> LinkMade:
        """Invite somebody into a household."""
        made = await links.make(caller, body)
        response.headers["Cache-Control"] = "no-store"
        origin = public_url or str(request.base_url)
        url = link_url(origin, made.code)
        return LinkMade(id=made.id, url=url, expires_at=made.expires_at)

    @app.get(
        "/api/v1/links",
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID),
        tags=["link"],
    )
    async def pending_links(
        caller: CurrentCaller, household: Annotated[str, Query(min_length=1, max_length=64)]
    ) -> PendingLinks:
        """Invitations that nobody has used."""
        return PendingLinks(items=await links.pending(caller, household))

    @app.delete(
        "/api/v1/links/{link}",
        status_code=204,
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID),
        tags=["link"],
    )
    async def withdraw_link(caller: CurrentCaller, link: str) -> None:
        """Take an invitation back."""
        await links.withdraw(caller, link)

    @app.post(
        "/api/v1/link/exchange",
        responses=documented(
            ErrorKind.FORBIDDEN, ErrorKind.INVALID, ErrorKind.TOO_MANY, public=True
        ),
        tags=["link"],
    )
    async def exchange(body: Exchange, request: Request, response: Response) -> Entered:
        """Spend a one-time code for a session bound to this device."""
        opened = await links.exchange(body, address_of(request))
        cookie.put(response, opened)
        caller = await sessions.authenticate(Credentials(opened.token, False, "GET", "/"))
        return Entered(me=await accounts.me(caller), csrf=opened.csrf)
