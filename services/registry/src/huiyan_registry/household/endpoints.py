"""Routes of households as places."""

from typing import Annotated

from fastapi import Depends, FastAPI, Path, Query
from huiyan_kit.errors import ErrorKind

from huiyan_registry.area.schemas import AreaCode
from huiyan_registry.household.schemas import (
    HouseholdChange,
    HouseholdPage,
    HouseholdView,
    NewHousehold,
)
from huiyan_registry.household.service import KEEPERS, HouseholdService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import Caller, current_caller

_KINDS = (ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID)


def _keeper(caller: Annotated[Caller, Depends(current_caller)]) -> Caller:
    caller.require(*KEEPERS)
    return caller


_Keeper = Annotated[Caller, Depends(_keeper)]


def add_routes(app: FastAPI, households: HouseholdService) -> None:
    """GET and POST /api/v1/households, PATCH /api/v1/households/{household}."""

    @app.get("/api/v1/households", responses=documented(*_KINDS), tags=["household"])
    async def list_households(
        caller: _Keeper,
        area: Annotated[AreaCode | None, Query()] = None,
        q: Annotated[str, Query(max_length=60)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        after: Annotated[str, Query(max_length=120)] = "",
    ) -> HouseholdPage:
        """Households of the caller's areas, found by a part of the name."""
        return await households.page(caller, area=area, query=q, limit=limit, after=after)

    @app.post(
        "/api/v1/households", status_code=201, responses=documented(*_KINDS), tags=["household"]
    )
    async def add_household(caller: _Keeper, body: NewHousehold) -> HouseholdView:
        """Add a household to a group."""
        return await households.add(caller, body)

    @app.patch("/api/v1/households/{household}", responses=documented(*_KINDS), tags=["household"])
    async def change_household(
        caller: _Keeper, household: Annotated[str, Path(max_length=64)], body: HouseholdChange
    ) -> HouseholdView:
        """Rename a household, or move it to another group with its cameras."""
        return await households.change(caller, household, body)
