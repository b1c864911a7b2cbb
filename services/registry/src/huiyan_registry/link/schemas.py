"""What link routes take and give."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from huiyan_registry.account.roles import RoleName
from huiyan_registry.member.rights import Right
from huiyan_registry.member.schemas import Rights


class NewLink(BaseModel):
    """Whom to let in: the household, the person's name, and what they are to it (女儿, 户主)."""

    household: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=30)
    relation: str = Field(min_length=1, max_length=20)
    rights: Rights | None = None


class PendingLink(BaseModel):
    """An invitation that nobody has used; its code is known to nobody here."""

    id: str
    name: str
    relation: str
    role: RoleName
    rights: list[Right]
    created_at: datetime
    expires_at: datetime


class PendingLinks(BaseModel):
    """Newest first."""

    items: list[PendingLink]


class LinkMade(BaseModel):
    """The link; its code is in the fragment, is told once and works once."""

    id: str
    url: str = Field(repr=False)
    expires_at: datetime


class Exchange(BaseModel):
    """Spend a code. `device_key`: public P-256 JWK to which the session is bound."""

    code: str = Field(min_length=16, max_length=64, repr=False)
    device_key: dict[str, Any] | None = None
    device_name: str = Field(min_length=1, max_length=60)
