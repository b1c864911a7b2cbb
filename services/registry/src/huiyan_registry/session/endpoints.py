"""Routes: the end of a session."""

from fastapi import FastAPI, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller
from huiyan_registry.session.cookie import SessionCookie
from huiyan_registry.session.service import SessionService


def add_routes(app: FastAPI, sessions: SessionService, cookie: SessionCookie) -> None:
    """POST /api/v1/logout."""

    @app.post(
        "/api/v1/logout",
        status_code=204,
        responses=documented(ErrorKind.FORBIDDEN),
        tags=["session"],
    )
    async def logout(caller: CurrentCaller, response: Response) -> None:
        """End the session and every picture of it."""
        await sessions.logout(caller)
        cookie.drop(response)
