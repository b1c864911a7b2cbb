"""Routes of areas."""

from fastapi import FastAPI
from huiyan_kit.errors import ErrorKind

from huiyan_registry.area.schemas import AreaView
from huiyan_registry.area.service import AreaService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller


def add_routes(app: FastAPI, areas: AreaService) -> None:
    """GET /api/v1/areas."""

    @app.get("/api/v1/areas", responses=documented(ErrorKind.NOT_FOUND), tags=["area"])
    async def area_tree(caller: CurrentCaller) -> AreaView:
        """The tree of the caller's areas."""
        return await areas.tree(caller.viewer)
