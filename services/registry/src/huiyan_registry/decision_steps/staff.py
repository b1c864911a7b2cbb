"""One step: staff see pictures only while vetted, trained and under an agreement (rules.md P7)."""

from datetime import UTC, timedelta, timezone

from huiyan_registry.account.roles import WATCHERS, Role, Viewer
from huiyan_registry.decision_steps.terms import (
    Ask,
    CameraFacts,
    Decision,
    Reason,
    Said,
    StepName,
    refuse,
)

_CHINA = timezone(timedelta(hours=8))
# Searched by identity, for every listed camera.
_WATCHERS = tuple(WATCHERS)
_NOT_VETTED = refuse(
    StepName.STAFF,
    Reason.NOT_VETTED,
    "您还没有通过背景审查。找镇里管理员办",
    "You are not vetted; ask the town's administrator",
)
_NOT_TRAINED = refuse(
    StepName.STAFF,
    Reason.NOT_TRAINED,
    "您还没有参加保密培训，或者已经过期。找镇里管理员办",
    "Your training is missing or has lapsed; ask the town's administrator",
)
_NO_AGREEMENT_YET = refuse(
    StepName.STAFF,
    Reason.NO_AGREEMENT,
    "您还没有有效的保密协议。找镇里签了就能看",
    "You have no valid confidentiality agreement; sign one with the town",
)


def staff(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """Families and machines are no staff."""
    if role.name not in _WATCHERS:
        return None
    if not viewer.vetted:
        return _NOT_VETTED
    if not viewer.trained:
        return _NOT_TRAINED
    until = viewer.agreement_until
    if until is None:
        return _NO_AGREEMENT_YET
    if until > ask.now:
        return None
    day = until.replace(tzinfo=until.tzinfo or UTC).astimezone(_CHINA)
    return refuse(
        StepName.STAFF,
        Reason.NO_AGREEMENT,
        f"您的保密协议 {day.month} 月 {day.day} 日到期，续签后就能看",
        f"Your confidentiality agreement lapsed on {day:%Y-%m-%d}; renew it to watch",
    )


def staff_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    if role.name not in _WATCHERS:
        return Said("不是工作人员，不用审查和协议", "No staff: no vetting or agreement needed")
    assert viewer.agreement_until is not None
    day = viewer.agreement_until.astimezone(_CHINA)
    return Said(
        f"审查、培训都有，保密协议到 {day:%Y-%m-%d}",
        f"Vetted, trained, and under an agreement until {day:%Y-%m-%d}",
    )
