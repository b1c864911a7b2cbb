"""What a bootstrap is asked for, and what it tells: secrets only when it made them."""

from pydantic import BaseModel, Field, model_validator

from huiyan_registry.account.roles import RoleName
from huiyan_registry.area.codes import Level, level_of

# Who gives everybody else an account, runs the town's rooms, and as a clerk sees what they may see
# under the same conditions: vetted, trained and bound by whoever runs this command.
FIRST_ROLES = (RoleName.ADMINISTRATOR, RoleName.ROOM_ADMIN, RoleName.CLERK)


class NewTown(BaseModel):
    """`name` and `roles` belong to the account and are given when it is made; `only_reset` makes
    none. Names left empty become the codes' own text; what exists already keeps its name."""

    town: str
    account: str = Field(pattern=r"^[A-Za-z0-9_.-]{2,40}$")
    town_name: str = Field(default="", max_length=60)
    county_name: str = Field(default="", max_length=60)
    village_name: str = Field(default="", max_length=60)
    name: str = Field(default="", max_length=60)
    roles: tuple[RoleName, ...] = Field(default=FIRST_ROLES, min_length=1)
    reset_password: bool = False
    only_reset: bool = False

    @model_validator(mode="after")
    def _town_is_one(self) -> "NewTown":
        if level_of(self.town) is not Level.TOWN:
            raise ValueError("the code is not a town's: 6 digits county, 3 town, 000")
        return self

    @model_validator(mode="after")
    def _roles_are_first_ones(self) -> "NewTown":
        if not set(self.roles) <= set(FIRST_ROLES):
            raise ValueError(
                f"the roles are of {', '.join(FIRST_ROLES)}; administrators give others"
            )
        return self


class FirstAccount(BaseModel):
    """`password` is there only when it was made in this run."""

    account: str
    password: str | None = Field(default=None, repr=False)


class Machine(BaseModel):
    """`key` is there only when it was made in this run and went to no file."""

    principal: str
    key: str | None = Field(default=None, repr=False)


class Bootstrapped(BaseModel):
    """The standard output of `bootstrap`."""

    town: str
    room: str
    household: str
    account: FirstAccount
    operator: Machine
    probe: Machine
