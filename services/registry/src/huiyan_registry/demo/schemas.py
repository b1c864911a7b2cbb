"""What the demo is made of, and what its seed tells the runner."""

from datetime import datetime

from pydantic import BaseModel, Field, field_validator, model_validator

from huiyan_registry.camera.placement import LegalClass, SiteKind

# The simulator's scenes in the words of site kinds.
_SCENES = {"pedestrians": "square", "smoke": "straw_burning"}


class DemoSite(BaseModel):
    """One simulated camera. `household` is a key such as "1"; absent for a public place.

    `area` is a 15-digit group code of the demo's villages; absent: chosen by the seed.
    """

    name: str = Field(min_length=1, max_length=60)
    site_kind: SiteKind
    legal_class: LegalClass = LegalClass.GOV_PUBLIC
    household: str | None = None
    main_url: str
    sub_url: str = ""
    user: str = ""
    password: str = Field(default="", repr=False)
    area: str | None = None

    @field_validator("site_kind", mode="before")
    @classmethod
    def _scene(cls, value: object) -> object:
        return _SCENES.get(str(value), value)

    @field_validator("household", mode="before")
    @classmethod
    def _key(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value

    @model_validator(mode="after")
    def _household_class(self) -> "DemoSite":
        if self.household is not None:
            self.legal_class = LegalClass.HOUSEHOLD
        elif self.legal_class is LegalClass.HOUSEHOLD:
            raise ValueError("a household site names its household")
        return self


class DemoAccount(BaseModel):
    """A login of the demo."""

    account: str
    password: str = Field(repr=False)
    name: str
    role: str
    room: str


class DemoMachine(BaseModel):
    """A key login of the demo."""

    principal: str
    key: str = Field(repr=False)


class DemoSeed(BaseModel):
    """What a person needs to try the demo. Links work once; each seeding makes new ones."""

    town: str
    household: str
    accounts: list[DemoAccount]
    operator: DemoMachine
    probe: DemoMachine
    family_link: str = Field(repr=False, description="For 王大娘, owner of 妈妈家.")
    relative_link: str = Field(repr=False, description="For 小芳, her daughter-in-law.")
    links_expire_at: datetime
    cameras: int
