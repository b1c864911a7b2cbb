"""Routes of the public probes: two words, no detail."""

from fastapi import FastAPI, Response
from huiyan_kit.health import Health
from pydantic import BaseModel

from huiyan_registry.problems import documented


class Answer(BaseModel):
    """Yes or no."""

    ok: bool


def add_routes(app: FastAPI, health: Health) -> None:
    """GET /health/live, GET /health/ready."""

    @app.get("/health/live", responses=documented(public=True), tags=["health"])
    async def live(response: Response) -> Answer:
        """The process turns."""
        response.status_code = 200 if health.live else 503
        return Answer(ok=health.live)

    @app.get("/health/ready", responses=documented(public=True), tags=["health"])
    async def ready(response: Response) -> Answer:
        """New work may be sent here."""
        response.status_code = 200 if health.ready else 503
        return Answer(ok=health.ready)
