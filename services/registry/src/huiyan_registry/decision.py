"""The one decision: may this person see this camera now, and if not, why and who can change it.

Pure. The list (`may`), new grants and renewals, and the explanation all walk the same steps
(`decision_steps/order.py`): principal → role → area → household → consent → purpose → schedule →
staff → camera → mask → off (rules.md P2, P6, P7, P10, P11, P14). Each role of the person is
walked for itself; one that passes every step suffices, and of refusals the one that came
furthest says most.
"""

from dataclasses import dataclass
from datetime import datetime

from huiyan_registry.account.roles import WATCHERS, Role, Viewer
from huiyan_registry.consent.scopes import ConsentScope
from huiyan_registry.decision_steps.consent import lasts_until, rests_on_break_glass
from huiyan_registry.decision_steps.order import CHECKS, STEPS
from huiyan_registry.decision_steps.terms import (
    ANY_PURPOSE,
    Ask,
    CameraFacts,
    Decision,
    GivenConsent,
    OpenBreakGlass,
    Reason,
    Said,
    StepName,
)
from huiyan_registry.decision_steps.who import NOBODY
from huiyan_registry.member.rights import Right

__all__ = [
    "ANY_PURPOSE",
    "Ask",
    "CameraFacts",
    "ConsentScope",
    "Decision",
    "Explanation",
    "GivenConsent",
    "OpenBreakGlass",
    "Reason",
    "StepName",
    "StepResult",
    "decide",
    "explain",
    "holds_until",
    "needed_break_glass",
]


def decide(
    viewer: Viewer,
    camera: CameraFacts,
    now: datetime,
    *,
    purpose: str | None = ANY_PURPOSE,
    right: Right = Right.LIVE,
) -> Decision:
    """Decide at `now` (UTC). `purpose`: a code, None when staff said none; a list asks for any."""
    return _decide(viewer, camera, Ask(now, purpose, right))[0]


def holds_until(
    viewer: Viewer,
    camera: CameraFacts,
    now: datetime,
    decision: Decision,
    *,
    purpose: str | None = ANY_PURPOSE,
) -> datetime | None:
    """When time alone ends what an allowing decision rests on: the hours of a consent, a
    maintenance consent, a break-glass look, vetting, training, the agreement. None: never."""
    role = decision.role
    if role is None:
        return None
    ends = [lasts_until(role, camera, Ask(now, purpose))]
    if role.name in WATCHERS:
        ends += [viewer.agreement_until, viewer.lapses_at]
    return min((end for end in ends if end is not None), default=None)


def needed_break_glass(
    camera: CameraFacts, now: datetime, decision: Decision, *, purpose: str | None
) -> OpenBreakGlass | None:
    """The break-glass look without which an allowing decision would be a refusal."""
    role = decision.role
    if role is None or not rests_on_break_glass(role, camera, Ask(now, purpose)):
        return None
    return camera.break_glass


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step that was asked: passed or not, and why."""

    step: StepName
    passed: bool
    why: Said


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision, and its steps as far as they were asked: what lies beyond a refusal is
    nobody's business."""

    decision: Decision
    steps: tuple[StepResult, ...]


def explain(
    viewer: Viewer,
    camera: CameraFacts,
    now: datetime,
    *,
    purpose: str | None = ANY_PURPOSE,
    right: Right = Right.LIVE,
) -> Explanation:
    """The same decision, with the reason of each step in words."""
    ask = Ask(now, purpose, right)
    decision, role = _decide(viewer, camera, ask)
    if role is None:
        known = StepResult(StepName.PRINCIPAL, True, Said("账号在用", "The account is in use"))
        return Explanation(decision, (known, _refused(decision)))
    told = []
    for step in STEPS:
        if step.name is decision.step:
            told.append(_refused(decision))
            break
        told.append(StepResult(step.name, True, step.said(viewer, role, camera, ask)))
    return Explanation(decision, tuple(told))


def _refused(decision: Decision) -> StepResult:
    assert decision.step is not None
    return StepResult(decision.step, False, Said(decision.hint, decision.hint_en))


def _decide(viewer: Viewer, camera: CameraFacts, ask: Ask) -> tuple[Decision, Role | None]:
    """The decision, and the role that it was made for (None: there is none)."""
    best, best_role, furthest = NOBODY, None, -1
    home = camera.household
    roles = viewer.roles
    if home is not None and len(roles) > 1:
        # One's own home first: nobody looks at it as an official who is family.
        roles = tuple(sorted(roles, key=lambda role: role.household != home))
    for role in roles:
        reached = 0
        for check in CHECKS:
            refusal = check(viewer, role, camera, ask)
            if refusal is not None:
                break
            reached += 1
        else:
            return Decision(role=role, own=role.household is not None), role
        if reached > furthest:
            best, best_role, furthest = refusal, role, reached
    return best, best_role
