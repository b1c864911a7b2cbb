"""What consent routes take and give."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from huiyan_registry.consent.hours import Window, minute_of_time
from huiyan_registry.consent.scopes import ConsentScope
from huiyan_registry.consent.signature import MOST_TEXT
from huiyan_registry.grant.purpose import PurposeCode

Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class Hours(BaseModel):
    """On these days (1 = Monday … 7) from one time of day to another, China's time; `to` not
    beyond `from` lies on the next day."""

    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
    from_: Annotated[Time, Field(alias="from")]
    to: Time
    model_config = {"populate_by_name": True}

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.from_ in ("24:00", self.to):
            raise ValueError("hours begin before they end, and not at 24:00")
        return self

    def window(self) -> Window:
        """For the decision."""
        days = tuple(sorted(set(self.days)))
        return Window(days, minute_of_time(self.from_), minute_of_time(self.to, end=True))


class NewConsent(BaseModel):
    """One scope that is ticked. `camera` absent: all of the household's. With `signatory` and
    `signature` (base64 of a PNG) when an installer takes it on the spot."""

    scope: ConsentScope
    camera: str | None = Field(default=None, min_length=1, max_length=64)
    hours: Annotated[list[Hours], Field(max_length=14)] = []
    purposes: Annotated[list[PurposeCode], Field(max_length=16)] = []
    text_version: str = Field(min_length=1, max_length=20)
    language: str = Field(min_length=2, max_length=10)
    signatory: str | None = Field(default=None, min_length=1, max_length=30)
    signature: str | None = Field(default=None, max_length=MOST_TEXT, repr=False)


class ConsentView(BaseModel):
    """One consent as its household and those who answer for it see it."""

    id: str
    scope: ConsentScope
    camera: str | None
    hours: list[dict[str, Any]]
    purposes: list[PurposeCode]
    granted_at: datetime
    withdrawn_at: datetime | None = None
    text_version: str | None
    text_sha256: str | None
    language: str | None
    signatory: str | None
    signed_on_site: bool


class Consents(BaseModel):
    """What holds, and what was taken back or replaced."""

    items: list[ConsentView]
    withdrawn: list[ConsentView]


class ScopeWords(BaseModel):
    """The words of one scope, and the purposes to which it may be limited. Not `in_effect`: the
    feature does not exist yet, and what is ticked is only kept."""

    scope: ConsentScope
    title: str
    text: str
    purposes: list[PurposeCode]
    in_effect: bool


class ConsentWords(BaseModel):
    """The text in use; `sha256` names its very words."""

    version: str
    sha256: str
    language: str
    preamble: str
    scopes: list[ScopeWords]


class NewMaintenance(BaseModel):
    """Until when the probe may look, at most 24 h ahead."""

    until: AwareDatetime
