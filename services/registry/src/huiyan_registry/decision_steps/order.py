"""The steps in their order: the only place that knows it."""

from collections.abc import Callable
from typing import NamedTuple

from huiyan_registry.account.roles import Role, Viewer
from huiyan_registry.decision_steps import consent, picture, staff, who
from huiyan_registry.decision_steps.terms import Ask, CameraFacts, Decision, Said, StepName

Check = Callable[[Viewer, Role, CameraFacts, Ask], Decision | None]
Words = Callable[[Viewer, Role, CameraFacts, Ask], Said]


class Step(NamedTuple):
    """`check` refuses or answers None; `said` tells why it passed."""

    name: StepName
    check: Check
    said: Words


STEPS: tuple[Step, ...] = (
    Step(StepName.PRINCIPAL, who.principal, who.principal_said),
    Step(StepName.ROLE, who.seeing_role, who.seeing_role_said),
    Step(StepName.AREA, who.area, who.area_said),
    Step(StepName.HOUSEHOLD, who.household, who.household_said),
    Step(StepName.CONSENT, consent.consent, consent.consent_said),
    Step(StepName.PURPOSE, consent.purpose, consent.purpose_said),
    Step(StepName.SCHEDULE, consent.schedule, consent.schedule_said),
    Step(StepName.STAFF, staff.staff, staff.staff_said),
    Step(StepName.CAMERA, picture.active, picture.active_said),
    Step(StepName.MASK, picture.masked, picture.masked_said),
    Step(StepName.OFF, picture.switched_off, picture.switched_off_said),
)
CHECKS: tuple[Check, ...] = tuple(step.check for step in STEPS)
