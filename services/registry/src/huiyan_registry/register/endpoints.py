"""Routes of the register."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse
from huiyan_kit.errors import ErrorKind
from pydantic import AwareDatetime

from huiyan_registry.problems import documented
from huiyan_registry.register.reading import RowFilter
from huiyan_registry.register.schemas import Heads, Receipt, RegisterJwks, RegisterPage
from huiyan_registry.register.service import RegisterService
from huiyan_registry.session.caller import CurrentCaller

_FAILURES = documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID)
_MEMBERS = documented(ErrorKind.NOT_FOUND, ErrorKind.INVALID)
_MOST = 2**63 - 1

Id = Annotated[str | None, Query(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)
From = Annotated[AwareDatetime | None, Query(alias="from", ge=_FIRST, le=_LAST)]
To = Annotated[AwareDatetime | None, Query(alias="to", ge=_FIRST, le=_LAST)]


def add_routes(app: FastAPI, register: RegisterService) -> None:
    """/api/v1/register and below, /api/v1/keys/register."""

    @app.get("/api/v1/register", responses=_FAILURES, tags=["register"])
    async def register_rows(
        caller: CurrentCaller,
        *,
        camera: Id = None,
        household: Id = None,
        principal: Id = None,
        since: From = None,
        until: To = None,
        after: Annotated[int | None, Query(ge=1, le=_MOST)] = None,
    ) -> RegisterPage:
        """Sealed rows within the auditor's areas, newest first."""
        asked = RowFilter(camera, household, principal, since, until, after)
        return await register.page(caller, asked)

    @app.get("/api/v1/register/heads", responses=_FAILURES, tags=["register"])
    async def register_heads(
        caller: CurrentCaller, after: Annotated[int, Query(ge=0, le=_MOST)] = 0
    ) -> Heads:
        """Signed heads of the chain, in their order: keep them elsewhere."""
        return await register.heads(caller, after)

    @app.get("/api/v1/register/receipts/{household}", responses=_MEMBERS, tags=["register"])
    async def register_receipt(caller: CurrentCaller, household: str) -> Receipt:
        """The signed head that covers the household's newest look."""
        return await register.receipt(caller, household)

    @app.get(
        "/api/v1/register/export",
        response_class=StreamingResponse,
        responses=_FAILURES
        | {
            200: {
                "description": "Rows, heads and keys, one JSON object a line.",
                "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
            }
        },
        tags=["register"],
    )
    async def register_export(
        caller: CurrentCaller, since: From = None, until: To = None
    ) -> StreamingResponse:
        """The chain of the town, as `huiyan register verify` reads it."""
        lines = await register.export(caller, since, until)
        return StreamingResponse(
            lines,
            media_type="application/x-ndjson",
            headers={
                "Content-Disposition": f'attachment; filename="register-{caller.town}.ndjson"',
                "Cache-Control": "no-store",
            },
        )

    @app.get("/api/v1/keys/register", responses=documented(), tags=["register"])
    async def register_keys(caller: CurrentCaller) -> RegisterJwks:
        """The public keys that sign heads."""
        return register.keys(caller)
