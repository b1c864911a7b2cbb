"""The one decision: may this person see this camera now, and if not, why and who can change it.

Pure: principal → role → area scope → consent → purpose → agreement → state and off switch.
The list (`may`), new grants and renewals all ask here (rules.md P2, P6, P7, P10, P11, P14).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.area.codes import Level, level_of

_CHINA = timezone(timedelta(hours=8))


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
    # Only for grants: staff said no purpose. The list never shows it.
    NO_PURPOSE = "no_purpose"


class ConsentScope(StrEnum):
    """What a household may tick (rules.md P10); more scopes come with their features."""

    LIVE_VILLAGE = "live_village"
    LIVE_TOWN = "live_town"


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What the decision needs to know of a camera."""

    camera: str
    area: str
    household: str | None
    state: str
    off: bool
    simulated: bool = False
    consents: frozenset[str] = frozenset()
    maintenance_open: bool = False
    mask_pending: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed under `role`, or refused for `reason` with a hint in two languages."""

    reason: Reason | None = None
    hint: str = ""
    hint_en: str = ""
    role: Role | None = None
    own: bool = False

    @property
    def allowed(self) -> bool:
        """True when the picture may be seen."""
        return self.reason is None


def _no(reason: Reason, hint: str, hint_en: str) -> Decision:
    return Decision(reason, hint, hint_en)


_NO_RIGHT = _no(
    Reason.NO_RIGHT,
    "这路归别处管。要看，找镇里开权限",
    "Belongs to another area; ask the town for access",
)
_NO_PICTURES = _no(
    Reason.NO_RIGHT,
    "您的身份只管装机和维护，不能看画面。要看，找镇里开权限",
    "Your role installs and maintains and sees no pictures; ask the town for access",
)
_NO_CONSENT_VILLAGE = _no(
    Reason.NO_CONSENT,
    "这户没同意村里看。出事走“调取单”",
    "Not shared with the village; use a retrieval case",
)
_NO_CONSENT_TOWN = _no(
    Reason.NO_CONSENT,
    "这户没同意镇里看。出事走“调取单”",
    "Not shared with the town; use a retrieval case",
)
_NO_CONSENT_COUNTY = _no(
    Reason.NO_CONSENT,
    "住户的画面不给县里看。出事走“调取单”",
    "Households are not shared with the county; use a retrieval case",
)
_NO_MAINTENANCE = _no(
    Reason.NO_CONSENT,
    "没有打开的检修许可。请户主或场所负责人打开",
    "No open maintenance consent; the household or site must give one",
)
_NO_PURPOSE = _no(Reason.NO_PURPOSE, "先选因由再看", "Choose a purpose before looking")
_NO_AGREEMENT_YET = _no(
    Reason.NO_AGREEMENT,
    "您还没有有效的保密协议。找镇里签了就能看",
    "You have no valid confidentiality agreement; sign one with the town",
)
_PRIVATE = _no(
    Reason.PRIVATE,
    "这户把画面关了，只有户主能打开",
    "Turned off by the household; only its owner can turn it on",
)
_NOT_ACTIVE = _no(
    Reason.NOT_ACTIVE,
    "这路还没启用或已停用。找装维启用",
    "Not in use; ask the installer to activate it",
)


def decide(
    viewer: Viewer, camera: CameraFacts, now: datetime, *, purpose_given: bool = True
) -> Decision:
    """Decide at `now` (UTC). `purpose_given` is False only when staff ask for a grant without."""
    if (member := _membership(viewer, camera)) is not None:
        return _state(camera) or Decision(role=member, own=True)
    role, refusal = _by_scope_and_consent(viewer, camera)
    if role is None:
        return refusal
    if not purpose_given:
        return _NO_PURPOSE
    if role.name is RoleName.CLERK and (lapsed := _agreement(viewer, now)) is not None:
        return lapsed
    return _state(camera) or Decision(role=role)


def _membership(viewer: Viewer, camera: CameraFacts) -> Role | None:
    if camera.household is None:
        return None
    return next((role for role in viewer.roles if role.household == camera.household), None)


def _by_scope_and_consent(viewer: Viewer, camera: CameraFacts) -> tuple[Role | None, Decision]:
    """The role under which the camera may be seen, or the refusal that says most."""
    refusal = _NO_RIGHT
    for role in viewer.roles:
        if not role.covers_area(camera.area):
            continue
        if role.name is RoleName.CLERK:
            missing = _missing_consent(role, camera)
        elif role.name is RoleName.PROBE:
            missing = None if camera.simulated or camera.maintenance_open else _NO_MAINTENANCE
        else:
            missing = _NO_PICTURES
        if missing is None:
            return role, refusal
        if refusal.reason is Reason.NO_RIGHT:
            refusal = missing
    return None, refusal


def _missing_consent(role: Role, camera: CameraFacts) -> Decision | None:
    if camera.household is None or role.area is None:
        return None
    match level_of(role.area):
        case Level.VILLAGE | Level.GROUP:
            wanted, refusal = ConsentScope.LIVE_VILLAGE, _NO_CONSENT_VILLAGE
        case Level.TOWN:
            wanted, refusal = ConsentScope.LIVE_TOWN, _NO_CONSENT_TOWN
        case _:
            return _NO_CONSENT_COUNTY
    return None if wanted in camera.consents else refusal


def _agreement(viewer: Viewer, now: datetime) -> Decision | None:
    until = viewer.agreement_until
    if until is None:
        return _NO_AGREEMENT_YET
    if until > now:
        return None
    day = until.replace(tzinfo=until.tzinfo or UTC).astimezone(_CHINA)
    return _no(
        Reason.NO_AGREEMENT,
        f"您的保密协议 {day.month} 月 {day.day} 日到期，续签后就能看",
        f"Your confidentiality agreement lapsed on {day:%Y-%m-%d}; renew it to watch",
    )


def _state(camera: CameraFacts) -> Decision | None:
    if camera.state != "active":
        return _NOT_ACTIVE
    return _PRIVATE if camera.off else None
