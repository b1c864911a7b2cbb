"""What login routes take and give."""

from datetime import datetime

from pydantic import BaseModel, Field


class Login(BaseModel):
    """Staff: account (`name`, or `name@town` where several towns share a process), password."""

    account: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=200, repr=False)


class KeyLogin(BaseModel):
    """Machines: principal and key."""

    principal: str = Field(min_length=1, max_length=64)
    key: str = Field(min_length=1, max_length=200, repr=False)


class MachineToken(BaseModel):
    """A machine's session token, to be sent as Bearer."""

    token: str = Field(repr=False)
    expires_at: datetime


class HouseholdName(BaseModel):
    """A household as its members know it."""

    id: str
    name: str


class RoomName(BaseModel):
    """A monitor room."""

    id: str
    name: str
    area: str


class Me(BaseModel):
    """Who is logged in."""

    principal: str
    name: str
    roles: list[str]
    csrf: str
    household: HouseholdName | None = None
    households: list[HouseholdName] = []
    room: RoomName | None = None
    device_bound: bool
    agreement_valid_until: datetime | None = None


class Entered(BaseModel):
    """The answer to a login: the session itself is in the cookie."""

    me: Me
    csrf: str
