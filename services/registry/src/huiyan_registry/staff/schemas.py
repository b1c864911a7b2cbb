"""What the routes about staff take and give."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator


def _sensible(instant: datetime) -> datetime:
    if not 2000 <= instant.year <= 2200:
        raise ValueError("between 2000 and 2200")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_sensible)]


class VettingChange(BaseModel):
    """Vetted by whom, until when (absent: without an end); or no longer."""

    on: bool
    by: str = Field(default="", max_length=100)
    until: Instant | None = None

    @model_validator(mode="after")
    def _named(self) -> "VettingChange":
        if self.on and not self.by.strip():
            raise ValueError("by whom?")
        return self


class TrainingChange(BaseModel):
    """Trained in what, until when (absent: without an end); or no longer."""

    on: bool
    course: str = Field(default="", max_length=100)
    until: Instant | None = None

    @model_validator(mode="after")
    def _named(self) -> "TrainingChange":
        if self.on and not self.course.strip():
            raise ValueError("which course?")
        return self


class NewAgreement(BaseModel):
    """A signed agreement; `document` is the paper, base64 of a PDF or PNG of at most 4 MB."""

    model_config = ConfigDict(populate_by_name=True)

    since: Instant = Field(alias="from")
    until: Instant
    text_version: str = Field(min_length=1, max_length=60)
    document: str | None = Field(default=None, max_length=6 * 1024 * 1024, repr=False)

    @model_validator(mode="after")
    def _ordered(self) -> "NewAgreement":
        if self.since >= self.until:
            raise ValueError("from must be before until")
        return self


class Withdrawal(BaseModel):
    """Why an agreement ends early."""

    reason: str = Field(min_length=1, max_length=200)


class AgreementState(StrEnum):
    """How it stands with somebody's agreement; `due` is valid and ends within 30 days."""

    VALID = "valid"
    DUE = "due"
    LAPSED = "lapsed"


class AgreementView(BaseModel):
    """The newest agreement of somebody, and how it stands. `holds_until` counts renewals."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    principal: str
    account: str
    name: str
    since: datetime = Field(alias="from")
    until: datetime
    text_version: str
    state: AgreementState
    holds_until: datetime | None = None
    document: bool
    recorded_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None


class AgreementList(BaseModel):
    """One page, by account name."""

    items: list[AgreementView]
    next: str | None = None
