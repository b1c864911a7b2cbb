"""Routes of cameras."""

from typing import Annotated

from fastapi import FastAPI, Query, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.account.roles import INSTALLERS
from huiyan_registry.camera.schemas import (
    CameraChange,
    CameraDetail,
    CameraPage,
    CameraView,
    NewCamera,
    SwitchOff,
)
from huiyan_registry.camera.service import CameraService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller

_READ = documented(ErrorKind.NOT_FOUND, ErrorKind.INVALID)
_WRITE = documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID)


def add_routes(app: FastAPI, cameras: CameraService) -> None:
    """/api/v1/cameras and below."""

    @app.get("/api/v1/cameras", response_model=CameraPage, responses=_READ, tags=["camera"])
    async def list_cameras(
        caller: CurrentCaller,
        area: Annotated[str | None, Query(pattern=r"^[0-9]{12}([0-9]{3})?$")] = None,
        q: Annotated[str, Query(max_length=60)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        after: Annotated[int, Query(ge=0, le=2_000_000_000)] = 0,
    ) -> Response:
        """Cameras that the caller may know of, in display order."""
        page = await cameras.page(caller.viewer, area=area, query=q, limit=limit, after=after)
        # Written once, not to objects first: hundreds of cameras are the usual page.
        return Response(page.model_dump_json(), media_type="application/json")

    @app.get("/api/v1/cameras/{camera}", responses=_READ, tags=["camera"])
    async def one_camera(caller: CurrentCaller, camera: str) -> CameraDetail:
        """One camera."""
        return await cameras.view(caller.viewer, camera)

    @app.post("/api/v1/cameras", status_code=201, responses=_WRITE, tags=["camera"])
    async def add_camera(caller: CurrentCaller, body: NewCamera) -> CameraView:
        """Add a camera. A public one is pulled only once its sign is there and it is active."""
        caller.require(*INSTALLERS)
        return await cameras.add(caller, body)

    @app.patch("/api/v1/cameras/{camera}", responses=_WRITE, tags=["camera"])
    async def change_camera(caller: CurrentCaller, camera: str, body: CameraChange) -> CameraView:
        """Change facts, address or login. Who changes the placement attests it."""
        return await cameras.change(caller, camera, body)

    @app.delete("/api/v1/cameras/{camera}", status_code=204, responses=_WRITE, tags=["camera"])
    async def retire_camera(caller: CurrentCaller, camera: str) -> None:
        """Retire a camera."""
        await cameras.retire(caller, camera)

    @app.post("/api/v1/cameras/{camera}/off", responses=_WRITE, tags=["camera"])
    async def switch_off(
        caller: CurrentCaller, camera: str, body: SwitchOff | None = None
    ) -> CameraView:
        """Turn the picture off."""
        return await cameras.switch_off(caller, camera, body.until if body else None)

    @app.post("/api/v1/cameras/{camera}/on", responses=_WRITE, tags=["camera"])
    async def switch_on(caller: CurrentCaller, camera: str) -> CameraView:
        """Turn the picture on."""
        return await cameras.switch_on(caller, camera)
