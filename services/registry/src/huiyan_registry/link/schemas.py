"""What link routes take and give."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class NewLink(BaseModel):
    """Whom to let in: the household, the person's name, and what they are to it (女儿, 户主)."""

    household: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=30)
    relation: str = Field(min_length=1, max_length=20)


class LinkMade(BaseModel):
    """The link; its code is in the fragment, is told once and works once."""

    url: str = Field(repr=False)
    expires_at: datetime


class Exchange(BaseModel):
    """Spend a code. `device_key`: public P-256 JWK to which the session is bound."""

    code: str = Field(min_length=16, max_length=64, repr=False)
    device_key: dict[str, Any] | None = None
    device_name: str = Field(min_length=1, max_length=60)
