"""The life of a camera: draft → verified → active → suspended → retired; pure.

A draft is being set up; verified means that its picture was seen; active cameras are pulled and
may be looked at; a suspended one rests (maintenance) and is not pulled; retired is for ever.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from huiyan_kit.errors import ErrorKind, HuiyanError

from huiyan_registry.account.roles import RoleName
from huiyan_registry.refusals import IncompleteError


class LifeState(StrEnum):
    """Where a camera stands in its life."""

    DRAFT = "draft"
    VERIFIED = "verified"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class Lack(StrEnum):
    """What may still be missing."""

    PLACEMENT = "placement"
    LIVE_CHECK = "live_check"
    SIGNAGE = "signage"


LACK_WORDS: dict[Lack, tuple[str, str]] = {
    Lack.PLACEMENT: ("安装位置的承诺", "the attested placement"),
    Lack.LIVE_CHECK: ("现场看过画面", "the live check of its picture"),
    Lack.SIGNAGE: ("告示牌的照片和张贴日期", "the sign's photo and date"),
}
_NEXT: dict[LifeState, tuple[LifeState, ...]] = {
    LifeState.DRAFT: (LifeState.VERIFIED, LifeState.RETIRED),
    LifeState.VERIFIED: (LifeState.ACTIVE, LifeState.RETIRED),
    LifeState.ACTIVE: (LifeState.SUSPENDED, LifeState.RETIRED),
    LifeState.SUSPENDED: (LifeState.ACTIVE, LifeState.RETIRED),
    LifeState.RETIRED: (),
}
# Who answers for a camera in an area: all steps. An installer only says that the picture is good.
ANSWERABLE = frozenset({RoleName.OPERATOR, RoleName.ROOM_ADMIN, RoleName.ADMINISTRATOR})
_INSTALLER_STEPS = frozenset({(LifeState.DRAFT, LifeState.VERIFIED)})


@dataclass(frozen=True, slots=True)
class LifeFacts:
    """What the next steps depend on."""

    state: LifeState
    public: bool
    attested: bool
    checked: bool
    signed: bool


def first_state(*, answers: bool, public: bool) -> LifeState:
    """Of a new camera. An installer's is a draft: its picture is yet to be seen. Who answers for
    the area vouches for the picture; a public camera still waits for its sign (rules.md P3)."""
    if not answers:
        return LifeState.DRAFT
    return LifeState.VERIFIED if public else LifeState.ACTIVE


def lacks_for(facts: LifeFacts, wanted: LifeState) -> tuple[Lack, ...]:
    """Everything that is missing for `wanted` (rules.md P1, P3)."""
    lacks = []
    if wanted in (LifeState.VERIFIED, LifeState.ACTIVE) and not facts.attested:
        lacks.append(Lack.PLACEMENT)
    if wanted is LifeState.VERIFIED and not facts.checked:
        lacks.append(Lack.LIVE_CHECK)
    if wanted is LifeState.ACTIVE and facts.public and not facts.signed:
        lacks.append(Lack.SIGNAGE)
    return tuple(lacks)


def steps_for(state: LifeState, roles: Collection[RoleName]) -> tuple[LifeState, ...]:
    """The states to which these roles may move a camera, whether or not something is missing."""
    if ANSWERABLE & set(roles):
        return _NEXT[state]
    if RoleName.INSTALLER in roles:
        return tuple(one for one in _NEXT[state] if (state, one) in _INSTALLER_STEPS)
    return ()


def check_step(facts: LifeFacts, wanted: LifeState) -> None:
    """CONFLICT `not_next` for a jump; CONFLICT `incomplete` that names everything missing, also
    in the problem's member `missing`."""
    if wanted not in _NEXT[facts.state]:
        raise HuiyanError(
            ErrorKind.CONFLICT,
            "摄像机现在不能转到这个状态",
            f"A camera that is {facts.state} cannot become {wanted}",
            code="not_next",
        )
    lacks = lacks_for(facts, wanted)
    if lacks:
        zh = "、".join(LACK_WORDS[lack][0] for lack in lacks)
        en = ", ".join(f"{lack.value}: {LACK_WORDS[lack][1]}" for lack in lacks)
        raise IncompleteError([lack.value for lack in lacks], f"还缺：{zh}", f"Still missing: {en}")
