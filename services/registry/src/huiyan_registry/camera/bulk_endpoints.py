"""Routes of the import and export of cameras."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.area.codes import prefix_of
from huiyan_registry.camera.bulk_export import CameraExport
from huiyan_registry.camera.bulk_service import Importer
from huiyan_registry.camera.bulk_worker import ImportWorker
from huiyan_registry.camera.life import ANSWERABLE
from huiyan_registry.importing.reading import CSV, XLSX
from huiyan_registry.importing.schemas import ImportReport
from huiyan_registry.importing.writing import TableFormat
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import Caller, CurrentCaller

_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FILES = {CSV: _FILE, XLSX: _FILE}


def add_routes(app: FastAPI, imports: ImportWorker, exports: CameraExport) -> None:
    """POST /api/v1/cameras/import, GET /api/v1/cameras/export."""

    @app.post(
        "/api/v1/cameras/import",
        responses=documented(
            ErrorKind.FORBIDDEN,
            ErrorKind.CONFLICT,
            ErrorKind.INVALID,
            ErrorKind.TOO_LARGE,
            ErrorKind.UNSUPPORTED_MEDIA,
        ),
        openapi_extra={"requestBody": {"required": True, "content": _FILES}},
        tags=["camera"],
    )
    async def import_cameras(
        caller: CurrentCaller, request: Request, dry_run: bool = False
    ) -> ImportReport:
        """Add and change cameras by a table; nothing is applied while one line is wrong."""
        caller.require(*ANSWERABLE)
        who = Importer(caller.town, caller.principal, _answers_for(caller), caller.rows)
        kind = request.headers.get("content-type", "")
        return await imports.run(who, await request.body(), kind, dry_run=dry_run)

    @app.get(
        "/api/v1/cameras/export",
        responses={
            200: {"content": _FILES},
            **documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID),
        },
        response_class=Response,
        tags=["camera"],
    )
    async def export_cameras(
        caller: CurrentCaller, format: Annotated[TableFormat, Query()] = "csv"
    ) -> Response:
        """The cameras of the caller's areas as a table; no address, no login."""
        caller.require(*ANSWERABLE)
        content, kind, name = await exports.table(caller.rows, _answers_for(caller), format)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=kind, headers=headers)


def _answers_for(caller: Caller) -> tuple[str, ...]:
    """Prefixes of the area codes for which the caller answers."""
    codes = {code for role in caller.viewer.roles if role.name in ANSWERABLE for code in role.areas}
    return tuple(sorted(prefix_of(code) for code in codes))
