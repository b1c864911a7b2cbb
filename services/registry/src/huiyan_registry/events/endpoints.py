"""Routes of the event stream."""

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from huiyan_registry.events.service import EventService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import Caller, CurrentCaller
from huiyan_registry.session.guard import credentials_of
from huiyan_registry.session.service import SessionService


def add_routes(app: FastAPI, events: EventService, sessions: SessionService) -> None:
    """GET /api/v1/events."""

    @app.get(
        "/api/v1/events",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}, **documented()},
        tags=["events"],
    )
    async def event_stream(caller: CurrentCaller, request: Request) -> StreamingResponse:
        """`presence`, `camera`, `gone` and `viewers` of the caller's cameras; `look` and `notice`
        of the caller's household."""
        given = credentials_of(request)

        async def again() -> Caller:
            return await sessions.authenticate(given)

        return StreamingResponse(
            events.stream(again),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
