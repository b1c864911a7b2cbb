"""Routes of a camera's life, place, sign and mask, and of public notices."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from huiyan_kit.errors import HTTP_STATUS, ErrorKind

from huiyan_registry.account.roles import INSTALLERS, RoleName
from huiyan_registry.camera.care import CameraCare
from huiyan_registry.camera.life import ANSWERABLE
from huiyan_registry.camera.notice import NoticeService, NoticeView, notice_url
from huiyan_registry.camera.printed import notice_page, qr_svg, sign_sheet
from huiyan_registry.camera.schemas import CameraView, Location, NewMask, NewState
from huiyan_registry.problems import IncompleteProblem, documented
from huiyan_registry.session.caller import CurrentCaller

_READ = documented(ErrorKind.NOT_FOUND, ErrorKind.INVALID)
_WRITE = documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID)
_MOVE = _WRITE | documented(ErrorKind.CONFLICT)
_MOVE[HTTP_STATUS[ErrorKind.CONFLICT]]["model"] = IncompleteProblem
_PHOTO = documented(
    ErrorKind.FORBIDDEN,
    ErrorKind.NOT_FOUND,
    ErrorKind.INVALID,
    ErrorKind.TOO_LARGE,
    ErrorKind.UNSUPPORTED_MEDIA,
)
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_PICTURES = {"image/jpeg": _BINARY, "image/png": _BINARY}
NoticeCode = Annotated[str, Path(pattern=r"^[a-z0-9]{12}$")]


def add_routes(app: FastAPI, care: CameraCare, notices: NoticeService, *, public_url: str) -> None:
    """/api/v1/cameras/{camera}/state, location, signage, mask; /api/v1/notices, /n."""

    @app.post("/api/v1/cameras/{camera}/state", responses=_MOVE, tags=["camera"])
    async def move_camera(caller: CurrentCaller, camera: str, body: NewState) -> CameraView:
        """Move a camera to the next state of its life; 409 names everything that is missing."""
        caller.require(RoleName.INSTALLER, *ANSWERABLE)
        return await care.move(caller, camera, body.state, body.reason)

    @app.put("/api/v1/cameras/{camera}/location", responses=_WRITE, tags=["camera"])
    async def locate_camera(caller: CurrentCaller, camera: str, body: Location) -> CameraView:
        """Say where it hangs, in any of the three datums."""
        caller.require(*INSTALLERS)
        return await care.locate(caller, camera, body)

    @app.put("/api/v1/cameras/{camera}/mask", responses=_WRITE, tags=["camera"])
    async def mask_camera(caller: CurrentCaller, camera: str, body: NewMask) -> CameraView:
        """Hide parts of the picture from everybody outside the household."""
        return await care.hide(caller, camera, body.polygons)

    @app.put(
        "/api/v1/cameras/{camera}/signage",
        responses=_PHOTO,
        tags=["camera"],
        openapi_extra={"requestBody": {"required": True, "content": _PICTURES}},
    )
    async def sign_camera(
        caller: CurrentCaller, camera: str, posted_on: Annotated[date, Query()], request: Request
    ) -> CameraView:
        """Hand in the photo of the sign, with the day on which it was posted."""
        caller.require(*INSTALLERS)
        return await care.sign(caller, camera, posted_on, await request.body())

    @app.get(
        "/api/v1/cameras/{camera}/signage/photo",
        responses={200: {"content": _PICTURES}, **_READ},
        response_class=Response,
        tags=["camera"],
    )
    async def sign_photo(caller: CurrentCaller, camera: str) -> Response:
        """The photo of the sign."""
        photo = await care.photo(caller, camera)
        return Response(photo.content, media_type=photo.media_type)

    @app.get(
        "/api/v1/cameras/{camera}/signage/sign.svg",
        responses={200: {"content": {"image/svg+xml": {}}}, **_READ},
        response_class=Response,
        tags=["camera"],
    )
    async def sign_code(caller: CurrentCaller, camera: str, request: Request) -> Response:
        """The QR code of the sign."""
        row = await care.signed(caller, camera)
        svg = qr_svg(_url(request, row.notice_code or ""))
        return Response(svg, media_type="image/svg+xml")

    @app.get(
        "/api/v1/cameras/{camera}/signage/sheet",
        responses=_READ,
        response_class=HTMLResponse,
        tags=["camera"],
    )
    async def sign_to_print(caller: CurrentCaller, camera: str, request: Request) -> HTMLResponse:
        """The sign to print, A5."""
        code = (await care.signed(caller, camera)).notice_code or ""
        return sign_sheet(await notices.notice(code), _url(request, code))

    @app.get(
        "/api/v1/notices/{code}",
        responses=documented(ErrorKind.NOT_FOUND, ErrorKind.INVALID, public=True),
        tags=["camera"],
    )
    async def notice(code: NoticeCode) -> NoticeView:
        """What a sign says, for anybody."""
        return await notices.notice(code)

    @app.get("/n/{code}", include_in_schema=False)
    async def page_of_notice(code: NoticeCode) -> HTMLResponse:
        """The same as a page."""
        return notice_page(await notices.notice(code))

    def _url(request: Request, code: str) -> str:
        return notice_url(public_url or str(request.base_url), code)
