"""What household routes take and give."""

from typing import Annotated

from pydantic import BaseModel, Field

from huiyan_registry.area.schemas import AreaName

GroupCode = Annotated[str, Field(pattern=r"^[0-9]{15}$")]


class HouseholdView(BaseModel):
    """A household as those who install and administer know it."""

    id: str
    name: str
    group: str
    group_name: str
    cameras: int
    members: int


class HouseholdPage(BaseModel):
    """A page of households by group; `next` goes into `after`."""

    items: list[HouseholdView]
    next: str | None


class NewHousehold(BaseModel):
    """A household to add to a group."""

    group: GroupCode
    name: AreaName


class HouseholdChange(BaseModel):
    """What may be changed; what is absent stays. Its cameras move with it."""

    name: AreaName | None = None
    group: GroupCode | None = None
