"""Routes of viewing grants."""

from fastapi import FastAPI, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.grant.schemas import GrantView, MoreViews, NewGrant
from huiyan_registry.grant.service import GrantService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller

_FAILURES = documented(
    ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT, ErrorKind.INVALID
)


def add_routes(app: FastAPI, grants: GrantService) -> None:
    """/api/v1/grants and below."""

    @app.post("/api/v1/grants", status_code=201, responses=_FAILURES, tags=["grant"])
    async def give_grant(caller: CurrentCaller, body: NewGrant, response: Response) -> GrantView:
        """Ask for leave to look; cameras that are not allowed are in `refused`."""
        response.headers["Cache-Control"] = "no-store"
        return await grants.give(caller, body)

    @app.post("/api/v1/grants/{grant}/views", responses=_FAILURES, tags=["grant"])
    async def add_views(
        caller: CurrentCaller, grant: str, body: MoreViews, response: Response
    ) -> GrantView:
        """Add cameras; the new token covers them."""
        response.headers["Cache-Control"] = "no-store"
        return await grants.widen(caller, grant, body.views)

    @app.post("/api/v1/grants/{grant}/renew", responses=_FAILURES, tags=["grant"])
    async def renew_grant(caller: CurrentCaller, grant: str, response: Response) -> GrantView:
        """A newer token of the same grant."""
        response.headers["Cache-Control"] = "no-store"
        return await grants.renew(caller, grant)

    @app.delete("/api/v1/grants/{grant}", status_code=204, responses=_FAILURES, tags=["grant"])
    async def end_grant(caller: CurrentCaller, grant: str) -> None:
        """Stop looking."""
        await grants.end(caller, grant)
