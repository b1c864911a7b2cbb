"""Routes of looks."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Query
from huiyan_kit.errors import ErrorKind

from huiyan_registry.look.schemas import Looks, Summary
from huiyan_registry.look.service import LookService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller


def add_routes(app: FastAPI, looks: LookService) -> None:
    """GET /api/v1/looks, GET /api/v1/looks/summary."""

    @app.get(
        "/api/v1/looks",
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID),
        tags=["look"],
    )
    async def looks_of_day(
        caller: CurrentCaller,
        day: Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2199, 12, 31))] = None,
    ) -> Looks:
        """Who looked at the caller's home on a day (default: today in China)."""
        return await looks.of_day(caller.viewer, day)

    @app.get(
        "/api/v1/looks/summary",
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID),
        tags=["look"],
    )
    async def looks_of_days(
        caller: CurrentCaller, days: Annotated[int, Query(ge=1, le=92)] = 7
    ) -> Summary:
        """How often the caller's home was looked at, day by day."""
        return await looks.summary(caller.viewer, days)
