"""The first four steps: the person, the role, its area, its household."""

from huiyan_registry.account.roles import FAMILY, WATCHERS, Role, RoleName, Viewer
from huiyan_registry.decision_steps.terms import (
    Ask,
    CameraFacts,
    Decision,
    Reason,
    Said,
    StepName,
    refuse,
)
from huiyan_registry.member.rights import WORDS as RIGHT_WORDS

# Roles that may see pictures at all; P14: no role sees every picture.
SEEING = FAMILY | WATCHERS | {RoleName.PROBE}
# Asked for every listed camera: a tuple is searched by identity, a set by a hash made in Python.
_SEEING = tuple(SEEING)
ROLE_WORDS: dict[RoleName, Said] = {
    RoleName.HOUSEHOLD_OWNER: Said("户主", "household owner"),
    RoleName.RELATIVE: Said("家人", "relative"),
    RoleName.CLERK: Said("值班员", "clerk"),
    RoleName.POLICE: Said("民警", "police"),
    RoleName.GRID_OFFICER: Said("网格员", "grid officer"),
    RoleName.PROBE: Said("画面探测", "picture probe"),
}
_DISABLED = refuse(
    StepName.PRINCIPAL,
    Reason.NO_RIGHT,
    "这个账号停用了。要用，找镇里管理员",
    "This account is disabled; ask the town's administrator",
)
_NO_PICTURES = refuse(
    StepName.ROLE,
    Reason.NO_RIGHT,
    "您的身份只管装机和管理，不能看画面。要看，找镇里开权限",
    "Your role installs and administers and sees no pictures; ask the town for access",
)
NOBODY = refuse(
    StepName.ROLE,
    Reason.NO_RIGHT,
    "这路归别处管。要看，找镇里开权限",
    "Belongs to another area; ask the town for access",
)
_ELSEWHERE = refuse(StepName.AREA, Reason.NO_RIGHT, NOBODY.hint, NOBODY.hint_en)
_NOT_HOME = refuse(StepName.HOUSEHOLD, Reason.NO_RIGHT, NOBODY.hint, NOBODY.hint_en)
_NO_LIVE = refuse(
    StepName.HOUSEHOLD,
    Reason.NO_RIGHT,
    "户主没让您做这件事。请户主在“谁能看”里打开",
    "The household's owner has not given you this right; ask the owner to switch it on",
)


def principal(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """A disabled account sees nothing."""
    return _DISABLED if viewer.disabled else None


def principal_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    return Said("账号在用", "The account is in use")


def seeing_role(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """Only some roles see pictures."""
    return None if role.name in _SEEING else _NO_PICTURES


def seeing_role_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    word = ROLE_WORDS[role.name]
    return Said(f"身份是{word.zh}，可以看画面", f"The role {word.en} may see pictures")


def area(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """Staff and machines see within their area; a family has none."""
    if role.household is not None or role.covers_area(camera.area):
        return None
    return _ELSEWHERE


def area_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    if role.household is not None:
        return Said("家里人不看区划", "A family needs no area")
    return Said(
        f"摄像机在 {role.area} 管的范围里", f"The camera stands within the area {role.area}"
    )


def household(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Decision | None:
    """Members see their own home, by the right that the owner gave them."""
    if role.household is None:
        return None
    if role.household != camera.household:
        return _NOT_HOME
    return None if ask.right in role.rights else _NO_LIVE


def household_said(viewer: Viewer, role: Role, camera: CameraFacts, ask: Ask) -> Said:
    """Why that step passed."""
    if role.household is None:
        return Said("不是这家的人，按同意书看", "No member: the household's consent counts")
    right = RIGHT_WORDS[ask.right]
    return Said(
        f"是这家的人，能{right[0]}", f"A member of the household with the right: {right[1]}"
    )
