"""Routes of break-glass looks."""

from fastapi import FastAPI
from huiyan_kit.errors import ErrorKind

from huiyan_registry.break_glass.schemas import (
    BreakGlassList,
    BreakGlassView,
    NewBreakGlass,
    State,
)
from huiyan_registry.break_glass.service import BreakGlassService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller

_ROOT = "/api/v1/break-glass"
_ASK = documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID)
_STEP = documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT, ErrorKind.INVALID)


def add_routes(app: FastAPI, looks: BreakGlassService) -> None:
    """/api/v1/break-glass and below."""

    @app.post(_ROOT, status_code=201, responses=_ASK, tags=["break-glass"])
    async def ask_break_glass(caller: CurrentCaller, body: NewBreakGlass) -> BreakGlassView:
        """Ask to look where no consent lets; somebody else must approve."""
        return await looks.ask(caller, body)

    @app.get(
        _ROOT,
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID),
        tags=["break-glass"],
    )
    async def list_break_glass(caller: CurrentCaller, state: State | None = None) -> BreakGlassList:
        """Requests of the last 30 days: one's own, and those of the area."""
        return BreakGlassList(items=await looks.listed(caller, state))

    @app.post(f"{_ROOT}/{{look}}/approve", responses=_STEP, tags=["break-glass"])
    async def approve_break_glass(caller: CurrentCaller, look: str) -> BreakGlassView:
        """Approve as the second person; the households are told at once."""
        return await looks.approve(caller, look)

    @app.post(f"{_ROOT}/{{look}}/end", responses=_STEP, tags=["break-glass"])
    async def end_break_glass(caller: CurrentCaller, look: str) -> BreakGlassView:
        """End it before its time; pictures end within 10 s."""
        return await looks.end(caller, look)
