"""Routes of a household's members."""

from fastapi import FastAPI
from huiyan_kit.errors import ErrorKind

from huiyan_registry.member.schemas import Members, MemberView, NewRights
from huiyan_registry.member.service import MemberService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller

_HOME = "/api/v1/households/{household}/members"
_CHANGE = documented(
    ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT, ErrorKind.INVALID
)


def add_routes(app: FastAPI, members: MemberService) -> None:
    """/api/v1/households/{id}/members and below."""

    @app.get(_HOME, responses=documented(ErrorKind.NOT_FOUND, ErrorKind.INVALID), tags=["member"])
    async def members_of_household(caller: CurrentCaller, household: str) -> Members:
        """Who belongs to the household, and what each may."""
        return await members.of_household(caller, household)

    @app.patch(f"{_HOME}/{{principal}}", responses=_CHANGE, tags=["member"])
    async def change_member(
        caller: CurrentCaller, household: str, principal: str, body: NewRights
    ) -> MemberView:
        """Say all that a relative may."""
        return await members.set_rights(caller, household, principal, body.rights)

    @app.delete(f"{_HOME}/{{principal}}", status_code=204, responses=_CHANGE, tags=["member"])
    async def remove_member(caller: CurrentCaller, household: str, principal: str) -> None:
        """Remove somebody; pictures end within 10 s."""
        await members.remove(caller, household, principal)
