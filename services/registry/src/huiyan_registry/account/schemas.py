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


class StaffState(BaseModel):
    """What staff need before they see pictures (rules.md P7). `missing` names what keeps this
    person from them: vetting, training, agreement, second_factor."""

    vetted: bool
    trained: bool
    agreement_until: datetime | None = None
    agreement_due: bool = Field(description="It ends within 30 days.")
    missing: list[str]


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
    staff: StaffState | None = None
    second_factor: list[str] = []
    must_change_password: bool = False


class Entered(BaseModel):
    """The answer to a login: the session itself is in the cookie."""

    me: Me
    csrf: str


class Second(BaseModel):
    """A ticket for the second half of the login, and what may complete it."""

    ticket: str = Field(repr=False)
    methods: list[str]


class SecondNeeded(BaseModel):
    """The password was right; now the second factor."""

    second: Second


class PasswordChange(BaseModel):
    """One's old and new password."""

    old: str = Field(min_length=1, max_length=200, repr=False)
    new: str = Field(min_length=1, max_length=200, repr=False)
