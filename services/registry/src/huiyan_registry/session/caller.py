"""Who stands behind the request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from huiyan_registry.account.roles import RoleName, Viewer
from huiyan_registry.database.row_scope import RowScope
from huiyan_registry.refusals import forbidden


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal and its login session."""

    viewer: Viewer
    name: str
    session: str
    csrf: str
    room: str | None = None
    device_bound: bool = False
    machine: bool = False
    must_change_password: bool = False
    second_factor_needed: bool = False

    @property
    def town(self) -> str:
        """The caller's town: every query begins with it."""
        return self.viewer.town

    @property
    def principal(self) -> str:
        """The caller's principal."""
        return self.viewer.principal

    @property
    def rows(self) -> RowScope:
        """The rows of the database that this request may touch."""
        return self.viewer.rows

    def require(self, *names: RoleName) -> None:
        """FORBIDDEN unless the caller has one of these roles somewhere."""
        if not self.viewer.has(*names):
            raise forbidden("您的身份不能做这件事，找镇里开权限", "Your role may not do this")


def current_caller(request: Request) -> Caller:
    """The caller that the guard put there; a public route has none."""
    caller: Caller = request.state.caller
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]
