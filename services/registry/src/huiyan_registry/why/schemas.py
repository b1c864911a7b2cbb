"""What the explaining routes take and give."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from huiyan_registry.decision import Explanation, Reason, StepName
from huiyan_registry.grant.purpose import PurposeCode


class Asked(BaseModel):
    """Who, which camera, for what (absent: any purpose), when (absent: now)."""

    principal: str = Field(min_length=1, max_length=64)
    camera: str = Field(min_length=1, max_length=64)
    purpose: PurposeCode | None = None
    at: AwareDatetime | None = None


class StepView(BaseModel):
    """One step: passed or not, and why."""

    step: StepName
    passed: bool
    why: str
    why_en: str


class Why(BaseModel):
    """The decision and its steps, as far as they were asked. `note`: what another time cannot
    tell."""

    allowed: bool
    reason: Reason | None
    hint: str | None
    hint_en: str | None
    steps: list[StepView]
    at: datetime
    note: str | None = None
    note_en: str | None = None


def why_of(told: Explanation, at: datetime) -> Why:
    """For the route."""
    decision = told.decision
    return Why(
        allowed=decision.allowed,
        reason=decision.reason,
        hint=decision.hint or None,
        hint_en=decision.hint_en or None,
        steps=[
            StepView(step=one.step, passed=one.passed, why=one.why.zh, why_en=one.why.en)
            for one in told.steps
        ],
        at=at,
    )
