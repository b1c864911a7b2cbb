"""Routes of the public probes: two words, no detail."""

from typing import Any

from fastapi import FastAPI, Response
from huiyan_kit.health import Health
from pydantic import BaseModel


class Answer(BaseModel):
    """Yes or no."""

    ok: bool


# A probe's "no" is an answer of the same form, not a problem document; the edge may send one.
_ANSWERS: dict[int | str, dict[str, Any]] = {
    503: {
        "model": Answer,
        "description": "还不行 / not now",
        "content": {"application/problem+json": {}},
    }
}


def add_routes(app: FastAPI, health: Health) -> None:
    """GET /health/live, GET /health/ready."""

    @app.get("/health/live", responses=_ANSWERS, tags=["health"])
    async def live(response: Response) -> Answer:
        """The process turns."""
        response.status_code = 200 if health.live else 503
        return Answer(ok=health.live)

    @app.get("/health/ready", responses=_ANSWERS, tags=["health"])
    async def ready(response: Response) -> Answer:
        """New work may be sent here."""
        response.status_code = 200 if health.ready else 503
        return Answer(ok=health.ready)
