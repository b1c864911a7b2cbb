"""What the routes of sessions and second factors take and give."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

TICKET = Field(min_length=1, max_length=200, repr=False)
CODE = Field(pattern=r"^[0-9]{6}$", repr=False)


class TicketCode(BaseModel):
    """The second half of a login by one-time code."""

    ticket: str = TICKET
    code: str = CODE


class Ticket(BaseModel):
    """What the first half of a login gave."""

    ticket: str = TICKET


class TicketPasskey(BaseModel):
    """The second half of a login by passkey; `credential` as `PublicKeyCredential.toJSON()`."""

    ticket: str = TICKET
    credential: dict[str, Any] = Field(repr=False)


class PasskeyOptions(BaseModel):
    """For `navigator.credentials.create` or `.get` (WebAuthn Level 3, 5.4 and 5.5, as JSON)."""

    options: dict[str, Any]


class TotpSecret(BaseModel):
    """A new secret in base32 and as `otpauth://`, told once."""

    secret: str = Field(repr=False)
    uri: str = Field(repr=False)


class TotpCode(BaseModel):
    """The first code of a new secret."""

    code: str = CODE


class NewPasskeyBody(BaseModel):
    """A new passkey and what its owner calls it."""

    credential: dict[str, Any] = Field(repr=False)
    name: str = Field(min_length=1, max_length=60)


class PasskeyView(BaseModel):
    """A passkey as its owner sees it."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None = None


class PasskeyList(BaseModel):
    """All of them."""

    items: list[PasskeyView]


class Device(BaseModel):
    """A login session that is not over. `bound`: it works with the device's own key only."""

    id: str
    name: str
    created_at: datetime
    last_seen_at: datetime
    current: bool
    bound: bool


class DeviceList(BaseModel):
    """Newest use first."""

    items: list[Device]
