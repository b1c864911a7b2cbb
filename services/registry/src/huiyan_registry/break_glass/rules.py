"""Who may ask, approve, end and read a break-glass look; pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.area.codes import covers
from huiyan_registry.decision_steps.consent import BREAKERS

_READERS = frozenset({RoleName.ADMINISTRATOR, RoleName.AUDITOR, RoleName.POLICE})


def _covering(viewer: Viewer, names: Iterable[RoleName], areas: Sequence[str]) -> list[Role]:
    return [
        role
        for role in viewer.roles
        if role.name in names and all(role.covers_area(area) for area in areas)
    ]


def asking_role(viewer: Viewer, areas: Sequence[str]) -> Role | None:
    """The clerk's or officer's role within which all these cameras stand."""
    return next(iter(_covering(viewer, BREAKERS, areas)), None)


def approving_role(
    viewer: Viewer, areas: Sequence[str], asker_area: str, now: datetime
) -> Role | None:
    """An administrator of the cameras' area, or police of a wider area than the asker's who may
    see pictures themselves (vetted, trained, under an agreement)."""
    administrators = _covering(viewer, {RoleName.ADMINISTRATOR}, areas)
    if administrators:
        return administrators[0]
    until = viewer.agreement_until
    if not (viewer.vetted and viewer.trained and until is not None and until > now):
        return None
    return next(
        (
            role
            for role in _covering(viewer, {RoleName.POLICE}, areas)
            if role.area is not None
            and covers(role.area, asker_area)
            and not covers(asker_area, role.area)
        ),
        None,
    )


def may_read(viewer: Viewer, areas: Sequence[str], asker: str) -> bool:
    """The asker, and administrators, auditors and police of the cameras' area."""
    return viewer.principal == asker or bool(_covering(viewer, _READERS, areas))


def may_end(viewer: Viewer, areas: Sequence[str], people: Sequence[str | None]) -> bool:
    """Both people, and every administrator of the cameras' area."""
    return viewer.principal in people or bool(_covering(viewer, {RoleName.ADMINISTRATOR}, areas))
