"""The last three steps: the camera's life, its mask, the household's off switch.

Nothing overrides them: no role, no consent, no break-glass look (rules.md P2, P11, P14).
"""

from huiyan_registry.account.roles import Role, Viewer
from huiyan_registry.decision_steps.terms import (
    Ask,
    CameraFacts,
    Decision,
    Reason,
    Said,
    StepName,
    refuse,
)

_NOT_ACTIVE = refuse(
    StepName.CAMERA,
    Reason.NOT_ACTIVE,
    "这路还没启用或已停用。找装维启用",
    "Not in use; ask the installer to activate it",
)
_MASK_PENDING = refuse(
    StepName.MASK,
    Reason.MASK_PENDING,
    "这路画了遮挡，还没有生效，外人先不能看。生效后就能看",
    "A privacy mask is drawn and not yet applied; nobody outside may look until it is",
)
_PRIVATE = refuse(
    StepName.OFF,
    Reason.PRIVATE,
    "这户把画面关了，只有户主能打开",
    "Turned off by the household; only its owner can turn it on",
)


def active(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """Only an active camera has a picture."""
    return None if camera.state == "active" else _NOT_ACTIVE


def active_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    return Said("摄像机在用", "The camera is in use")


def masked(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """A mask that is drawn but not burned in keeps everybody out but the household."""
    return _MASK_PENDING if camera.mask_pending and role.household is None else None


def masked_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    if camera.mask_pending:
        return Said("看自己家，不用等遮挡", "One's own home does not wait for the mask")
    return Said("没有等着生效的遮挡", "No mask is waiting")


def switched_off(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """The household's switch is the last word."""
    return _PRIVATE if camera.off else None


def switched_off_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    return Said("这户没有关画面", "The household has not turned it off")
