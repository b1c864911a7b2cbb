"""What member routes take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from huiyan_registry.account.roles import RoleName
from huiyan_registry.member.rights import Right

Rights = Annotated[list[Right], Field(max_length=len(Right))]


class MemberView(BaseModel):
    """Somebody of a household; `devices`: those with a running login."""

    principal: str
    name: str
    relation: str
    role: RoleName
    rights: list[Right]
    devices: int
    last_seen_at: datetime | None


class Members(BaseModel):
    """Owners first, then relatives in the order of their coming."""

    items: list[MemberView]


class NewRights(BaseModel):
    """All that a relative may; what is not named is taken away."""

    rights: Rights
