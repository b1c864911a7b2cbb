"""Three steps: the household's consent, the purpose, the hours. Public cameras need only a
purpose; the household itself needs none of them.

An approved break-glass look (rules.md P14) stands in for a consent that is missing or does not
hold now, for its own purpose only; it changes nothing in any other step.
"""

from datetime import datetime
from functools import lru_cache

from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.area.codes import Level, level_of
from huiyan_registry.consent.hours import in_words, open_at, open_until
from huiyan_registry.consent.scopes import ConsentScope
from huiyan_registry.decision_steps.terms import (
    ANY_PURPOSE,
    Ask,
    CameraFacts,
    Decision,
    GivenConsent,
    Reason,
    Said,
    StepName,
    refuse,
)
from huiyan_registry.grant.purpose import said_of

# Who may ask for a break-glass look.
BREAKERS = frozenset({RoleName.CLERK, RoleName.POLICE})
# Asked for every listed camera: a name of this module is found faster than a member of an enum.
_PROBE = RoleName.PROBE
_WHO: dict[ConsentScope, Said] = {
    ConsentScope.LIVE_VILLAGE: Said("村里", "the village"),
    ConsentScope.LIVE_TOWN: Said("镇里", "the town"),
    ConsentScope.LIVE_COUNTY: Said("县里", "the county"),
    ConsentScope.LIVE_POLICE: Said("派出所", "the police"),
}
_NO_CONSENT = {
    scope: refuse(
        StepName.CONSENT,
        Reason.NO_CONSENT,
        f"这户没同意{who.zh}看。出事走“调取单”",
        f"Not shared with {who.en}; use a retrieval case",
    )
    for scope, who in _WHO.items()
}
_NO_MAINTENANCE = refuse(
    StepName.CONSENT,
    Reason.NO_CONSENT,
    "没有打开的检修许可。请户主或场所负责人打开",
    "No open maintenance consent; the household or site must give one",
)
_NO_PURPOSE = refuse(
    StepName.PURPOSE, Reason.NO_PURPOSE, "先选因由再看", "Choose a purpose before looking"
)


@lru_cache(maxsize=4096)
def wanted_scope(name: RoleName, area: str) -> ConsentScope:
    """The consent that a role of this area needs for a household."""
    if name is RoleName.POLICE:
        return ConsentScope.LIVE_POLICE
    match level_of(area):
        case Level.VILLAGE | Level.GROUP:
            return ConsentScope.LIVE_VILLAGE
        case Level.TOWN:
            # A grid officer's consent is the village's, however wide the role was given.
            grid = name is RoleName.GRID_OFFICER
            return ConsentScope.LIVE_VILLAGE if grid else ConsentScope.LIVE_TOWN
        case _:
            return ConsentScope.LIVE_COUNTY


def needs_consent(role: Role, camera: CameraFacts) -> bool:
    """True when people from outside ask for a household's picture."""
    return camera.household is not None and role.household is None and role.name is not _PROBE


def _agreed(role: Role, camera: CameraFacts, purpose: str | None) -> list[GivenConsent]:
    """The consents of the role's scope that cover the purpose."""
    scope = wanted_scope(role.name, role.area or "")
    return [
        given
        for given in camera.consents
        if given.scope == scope
        and (not given.purposes or purpose == ANY_PURPOSE or purpose in given.purposes)
    ]


def _glass_broken(role: Role, camera: CameraFacts, ask: Ask) -> bool:
    """True when a break-glass look holds now for what was asked."""
    broken = camera.break_glass
    return (
        broken is not None
        and role.name in BREAKERS
        and ask.now < broken.until
        and ask.purpose in (ANY_PURPOSE, broken.purpose)
    )


def consent(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """The household agreed to this level; a probe needs a maintenance consent."""
    if role.name is _PROBE:
        until = camera.maintenance_until
        fine = camera.simulated or (until is not None and ask.now < until)
        return None if fine else _NO_MAINTENANCE
    if not needs_consent(role, camera):
        return None
    scope = wanted_scope(role.name, role.area or "")
    for given in camera.consents:
        if given.scope == scope:
            return None
    broken = camera.break_glass
    if broken is not None and role.name in BREAKERS and ask.now < broken.until:
        return None
    return _NO_CONSENT[scope]


def consent_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    if role.household is not None:
        return Said("看自己家，不用同意书", "One's own home needs no consent")
    if role.name is _PROBE:
        if camera.simulated:
            return Said("模拟的摄像机", "A simulated camera")
        return Said("有打开的检修许可", "A maintenance consent is open")
    if camera.household is None:
        return Said("公共摄像机，不用住户同意", "A public camera needs no household's consent")
    scope = wanted_scope(role.name, role.area or "")
    if any(given.scope == scope for given in camera.consents):
        who = _WHO[scope]
        return Said(f"这户同意{who.zh}看", f"The household agreed that {who.en} may look")
    return Said(
        "这户没同意，但有两个人批的紧急查看", "No consent, but a break-glass look of two people"
    )


def purpose(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """People from outside say why, and the household may have agreed to some purposes only."""
    if role.household is not None:
        return None
    if ask.purpose is None:
        return _NO_PURPOSE
    if ask.purpose == ANY_PURPOSE or not needs_consent(role, camera):
        return None
    if _agreed(role, camera, ask.purpose) or _glass_broken(role, camera, ask):
        return None
    return _other_purposes(role, camera)


def purpose_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    if role.household is not None:
        return Said("家里人看不用说因由", "A family needs no purpose")
    if ask.purpose is None or ask.purpose == ANY_PURPOSE:
        return Said("看的时候要选因由", "A purpose is chosen when looking")
    said = said_of(ask.purpose)
    return Said(f"因由：{said[0]}", f"Purpose: {said[1]}")


def schedule(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """Within the hours of a consent that covers the purpose."""
    if not needs_consent(role, camera):
        return None
    agreed = _agreed(role, camera, ask.purpose)
    for given in agreed:
        if open_at(given.hours, ask.now):
            return None
    if _glass_broken(role, camera, ask):
        return None
    hours, hours_en = in_words([window for given in agreed for window in given.hours])
    return refuse(
        StepName.SCHEDULE,
        Reason.OUT_OF_HOURS,
        f"这户只同意这些时间看：{hours}。要改，找户主",
        f"Shared only in these hours: {hours_en}; the household's owner can change it",
    )


def schedule_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    if not needs_consent(role, camera):
        return Said("不限时间", "No hours apply")
    held = [one for one in _agreed(role, camera, ask.purpose) if open_at(one.hours, ask.now)]
    if not held:
        return Said("紧急查看不看时间", "A break-glass look is not bound to hours")
    hours, hours_en = in_words(held[0].hours)
    return Said(f"现在在同意的时间里：{hours}", f"Within the agreed hours: {hours_en}")


def lasts_until(role: Role, camera: CameraFacts, ask: Ask) -> datetime | None:
    """When time alone ends what these steps rest on; None when it does not.

    Ask it only for what was allowed.
    """
    if role.name is _PROBE:
        return None if camera.simulated else camera.maintenance_until
    if not needs_consent(role, camera):
        return None
    windows = [given.hours for given in _agreed(role, camera, ask.purpose)]
    if any(not hours for hours in windows):
        return None
    end = (
        open_until([window for hours in windows for window in hours], ask.now)
        if windows
        else ask.now
    )
    if end is not None and camera.break_glass is not None and _glass_broken(role, camera, ask):
        return max(end, camera.break_glass.until)
    return end


def rests_on_break_glass(role: Role, camera: CameraFacts, ask: Ask) -> bool:
    """True when no consent of the household allows what was allowed."""
    return needs_consent(role, camera) and not any(
        open_at(given.hours, ask.now) for given in _agreed(role, camera, ask.purpose)
    )


def _other_purposes(role: Role, camera: CameraFacts) -> Decision:
    scope = wanted_scope(role.name, role.area or "")
    allowed = {code for given in camera.consents if given.scope == scope for code in given.purposes}
    if camera.break_glass is not None:
        allowed.add(camera.break_glass.purpose)
    words = [said_of(code) for code in sorted(allowed)]
    return refuse(
        StepName.PURPOSE,
        Reason.NO_PURPOSE,
        f"这户只同意为这些事看：{'、'.join(zh for zh, _ in words)}。换个因由或找户主",
        f"Shared only for: {', '.join(en for _, en in words)}; ask the household's owner",
    )
