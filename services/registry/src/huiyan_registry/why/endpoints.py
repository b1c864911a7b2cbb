"""Routes that explain a decision."""

from fastapi import FastAPI
from huiyan_kit.errors import ErrorKind

from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller
from huiyan_registry.why.schemas import Asked, Why
from huiyan_registry.why.service import WhyService


def add_routes(app: FastAPI, why: WhyService) -> None:
    """GET /api/v1/cameras/{id}/why, POST /api/v1/decisions/explain."""

    @app.get(
        "/api/v1/cameras/{camera}/why",
        responses=documented(ErrorKind.NOT_FOUND, ErrorKind.INVALID),
        tags=["decision"],
    )
    async def why_camera(caller: CurrentCaller, camera: str) -> Why:
        """Why the caller may or may not see this camera now."""
        return await why.for_oneself(caller, camera)

    @app.post(
        "/api/v1/decisions/explain",
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID),
        tags=["decision"],
    )
    async def explain_decision(caller: CurrentCaller, body: Asked) -> Why:
        """The same for somebody else, now or at another time."""
        return await why.for_another(caller, body)
