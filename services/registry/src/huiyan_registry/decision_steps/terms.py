"""What the decision speaks of: facts, the question, and the answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from huiyan_registry.account.roles import Role
from huiyan_registry.consent.hours import Window
from huiyan_registry.member.rights import Right


class Reason(StrEnum):
    """Why a picture is refused."""

    PRIVATE = "private"
    NO_CONSENT = "no_consent"
    NO_AGREEMENT = "no_agreement"
    NOT_VETTED = "not_vetted"
    NOT_TRAINED = "not_trained"
    OUT_OF_HOURS = "out_of_hours"
    MASK_PENDING = "mask_pending"
    NO_RIGHT = "no_right"
    NOT_ACTIVE = "not_active"
    # Only for grants: staff said no purpose, or one to which the household did not agree.
    NO_PURPOSE = "no_purpose"


class StepName(StrEnum):
    """The steps, in their order."""

    PRINCIPAL = "principal"
    ROLE = "role"
    AREA = "area"
    HOUSEHOLD = "household"
    CONSENT = "consent"
    PURPOSE = "purpose"
    SCHEDULE = "schedule"
    STAFF = "staff"
    CAMERA = "camera"
    MASK = "mask"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """One open consent that covers the camera. No hours: always; no purposes: any stated one."""

    scope: str
    hours: tuple[Window, ...] = ()
    purposes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenBreakGlass:
    """An approved look of the asking person at this camera, for one purpose, until then; its id
    and the approver's name go into the register."""

    purpose: str
    until: datetime
    id: str = ""
    approver: str = ""


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What the decision needs to know of a camera; `consents` and `break_glass` are those that
    concern this camera and this viewer."""

    camera: str
    area: str
    household: str | None
    state: str
    off: bool
    simulated: bool = False
    consents: tuple[GivenConsent, ...] = ()
    maintenance_until: datetime | None = None
    mask_pending: bool = False
    break_glass: OpenBreakGlass | None = None


# The list asks before anybody has said why.
ANY_PURPOSE: Final = "*"


class Ask(NamedTuple):
    """The question: when (UTC), why (a purpose code, None = nothing said), by which right."""

    now: datetime
    purpose: str | None = ANY_PURPOSE
    right: Right = Right.LIVE


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed under `role`, or refused at `step` for `reason` with a hint in two languages."""

    reason: Reason | None = None
    hint: str = ""
    hint_en: str = ""
    role: Role | None = None
    own: bool = False
    step: StepName | None = None

    @property
    def allowed(self) -> bool:
        """True when the picture may be seen."""
        return self.reason is None


class Said(NamedTuple):
    """A sentence in both languages."""

    zh: str
    en: str


def refuse(step: StepName, reason: Reason, hint: str, hint_en: str) -> Decision:
    """A refusal: it always says who can change it."""
    return Decision(reason, hint, hint_en, step=step)
