"""What the routes of accounts take and give."""

from datetime import datetime

from pydantic import BaseModel, Field

from huiyan_registry.account.roles import RoleName
from huiyan_registry.account.schemas import RoomName, StaffState


class AskedRole(BaseModel):
    """A role within an area."""

    role: RoleName
    area: str = Field(pattern=r"^[0-9]{12}([0-9]{3})?$")


class NewAccount(BaseModel):
    """A new account of the staff."""

    account: str = Field(pattern=r"^[A-Za-z0-9_.-]{2,40}$")
    name: str = Field(min_length=1, max_length=60)
    roles: list[AskedRole] = Field(min_length=1, max_length=20)
    room: str | None = Field(default=None, max_length=64)


class AccountChange(BaseModel):
    """What changes; absent stays."""

    name: str | None = Field(default=None, min_length=1, max_length=60)
    room: str | None = Field(default=None, max_length=64)


class HeldRole(BaseModel):
    """A role that somebody has."""

    id: str
    role: RoleName
    area: str
    area_name: str
    since: datetime


class AccountView(BaseModel):
    """An account as its administrator sees it. `may_change`: this caller may."""

    id: str
    account: str
    name: str
    room: RoomName | None = None
    roles: list[HeldRole]
    disabled: bool
    must_change_password: bool
    second_factor: list[str]
    staff: StaffState | None = None
    created_at: datetime
    last_seen_at: datetime | None = None
    may_change: bool


class Vetted(BaseModel):
    """The vetting that was not withdrawn; it may have lapsed."""

    by: str
    until: datetime | None = None
    recorded_at: datetime


class Trained(BaseModel):
    """The training that was not withdrawn; it may have lapsed."""

    course: str
    until: datetime | None = None
    recorded_at: datetime


class AccountDetail(AccountView):
    """One account. `vetting` and `training` are for its administrators."""

    vetting: Vetted | None = None
    training: Trained | None = None


class FoundPerson(BaseModel):
    """As little of somebody of the staff as it takes to pick the right one."""

    id: str
    account: str
    name: str
    roles: list[HeldRole] = Field(description="Present ones; none for who has left.")


class FoundPeople(BaseModel):
    """One page, by account name."""

    items: list[FoundPerson]
    next: str | None = None


class FirstPassword(AccountView):
    """The account with a new password, told once; it must be changed at the next login."""

    first_password: str = Field(repr=False)


class AccountList(BaseModel):
    """One page, by account name."""

    items: list[AccountView]
    next: str | None = None
