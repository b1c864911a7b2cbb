"""Routes of areas."""

from typing import Annotated

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.account.roles import RoleName
from huiyan_registry.area.changes import AreaChanges
from huiyan_registry.area.exchange import AreaExchange
from huiyan_registry.area.officers import Officers
from huiyan_registry.area.schemas import (
    Aliases,
    AreaChange,
    AreaDetail,
    AreaView,
    Merge,
    NewArea,
)
from huiyan_registry.area.service import AreaService
from huiyan_registry.importing.reading import CSV, XLSX
from huiyan_registry.importing.schemas import ImportReport
from huiyan_registry.importing.writing import TableFormat
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import Caller, CurrentCaller, current_caller

_CHANGES = (ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT, ErrorKind.INVALID)
_TABLE_TYPES = (CSV, XLSX)
_Code = Annotated[str, Path(max_length=64)]


def table_body(description: str) -> dict[str, object]:
    """OpenAPI of a body that is a table."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TABLE_TYPES}
    return {"requestBody": {"required": True, "description": description, "content": content}}


def file_answer(description: str) -> dict[int | str, dict[str, object]]:
    """OpenAPI of an answer that is a table."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TABLE_TYPES}
    return {200: {"description": description, "content": content}}


def attachment(body: bytes, content_type: str, name: str) -> Response:
    """A file that a browser keeps, and never shows as a page."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=content_type, headers=headers)


def _administrator(caller: Annotated[Caller, Depends(current_caller)]) -> Caller:
    caller.require(RoleName.ADMINISTRATOR)
    return caller


def _keeper(caller: Annotated[Caller, Depends(current_caller)]) -> Caller:
    caller.require(RoleName.ADMINISTRATOR, RoleName.ROOM_ADMIN)
    return caller


Administrator = Annotated[Caller, Depends(_administrator)]
Keeper = Annotated[Caller, Depends(_keeper)]


def add_routes(
    app: FastAPI,
    areas: AreaService,
    changes: AreaChanges,
    officers: Officers,
    exchange: AreaExchange,
) -> None:
    """Everything below /api/v1/areas."""

    @app.get(
        "/api/v1/areas",
        responses=documented(ErrorKind.NOT_FOUND),
        response_model=AreaView,
        tags=["area"],
    )
    async def area_tree(caller: CurrentCaller) -> Response:
        """The tree of the caller's areas."""
        # Written at once: to check thousands of nodes again would cost more than to count them.
        return Response(await areas.tree(caller.viewer), media_type="application/json")

    @app.get(
        "/api/v1/areas/export",
        responses={
            **documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID),
            **file_answer("The caller's areas as a table that the import reads."),
        },
        response_class=Response,
        tags=["area"],
    )
    async def export_areas(
        caller: Administrator, format: Annotated[TableFormat, Query()] = "csv"
    ) -> Response:
        """The caller's areas as a file."""
        return attachment(*await exchange.export(caller, format))

    @app.post(
        "/api/v1/areas/import",
        responses=documented(
            ErrorKind.FORBIDDEN,
            ErrorKind.INVALID,
            ErrorKind.TOO_LARGE,
            ErrorKind.UNSUPPORTED_MEDIA,
        ),
        openapi_extra=table_body("A table of areas, parents and children in any order."),
        tags=["area"],
    )
    async def import_areas(
        caller: Administrator, request: Request, dry_run: Annotated[bool, Query()] = False
    ) -> ImportReport:
        """Add and change areas by a table: all of it, or nothing while there is one error."""
        kind = request.headers.get("content-type", "")
        return await exchange.take(caller, await request.body(), kind, dry_run=dry_run)

    @app.post("/api/v1/areas", status_code=201, responses=documented(*_CHANGES), tags=["area"])
    async def add_area(caller: Administrator, body: NewArea) -> AreaDetail:
        """Add an area below one that is there."""
        return await changes.add(caller, body)

    @app.get(
        "/api/v1/areas/{code}",
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID),
        tags=["area"],
    )
    async def area(caller: Keeper, code: _Code) -> AreaDetail:
        """One area, closed ones too."""
        return await changes.detail(caller, code)

    @app.patch("/api/v1/areas/{code}", responses=documented(*_CHANGES), tags=["area"])
    async def change_area(caller: Administrator, code: _Code, body: AreaChange) -> AreaDetail:
        """Change an area's name or GB/T 28181 id."""
        return await changes.change(caller, code, body)

    @app.post("/api/v1/areas/{code}/merge", responses=documented(*_CHANGES), tags=["area"])
    async def merge_area(caller: Administrator, code: _Code, body: Merge) -> AreaDetail:
        """Close an area; another takes over. Nothing in it moves, and both codes reach it."""
        return await changes.merge(caller, code, body.into)

    @app.put("/api/v1/areas/{code}/aliases", responses=documented(*_CHANGES), tags=["area"])
    async def put_aliases(caller: Administrator, code: _Code, body: Aliases) -> AreaDetail:
        """Say what other schemes call an area."""
        return await changes.put_aliases(caller, code, body)

    @app.put(
        "/api/v1/areas/{code}/officers/{principal}",
        responses=documented(*_CHANGES),
        tags=["area"],
    )
    async def put_officer(caller: Keeper, code: _Code, principal: _Code) -> AreaDetail:
        """Make somebody the grid officer of a cell; that also gives the role."""
        await officers.put(caller, code, principal)
        return await changes.detail(caller, code)

    @app.delete(
        "/api/v1/areas/{code}/officers/{principal}",
        responses=documented(*_CHANGES),
        tags=["area"],
    )
    async def drop_officer(caller: Keeper, code: _Code, principal: _Code) -> AreaDetail:
        """End a grid officer's post; the role ends, and pictures within 10 s."""
        await officers.drop(caller, code, principal)
        return await changes.detail(caller, code)
