"""Who may give which role where: the one table. Pure.

Nobody gives a wider scope or a higher role than his own. Family roles come by links only,
machines by `bootstrap` only.
"""

from collections.abc import Iterable

from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.area.codes import Level, level_of

_R = RoleName
# Whoever holds the role on the left gives and takes the roles on the right, and nothing else.
MAY_GIVE: dict[RoleName, frozenset[RoleName]] = {
    _R.ADMINISTRATOR: frozenset(
        {
            _R.ADMINISTRATOR,
            _R.AUDITOR,
            _R.ROOM_ADMIN,
            _R.CLERK,
            _R.POLICE,
            _R.GRID_OFFICER,
            _R.INSTALLER,
        }
    ),
    _R.ROOM_ADMIN: frozenset({_R.CLERK, _R.GRID_OFFICER}),
    _R.AUDITOR: frozenset(),
    _R.CLERK: frozenset(),
    _R.POLICE: frozenset(),
    _R.GRID_OFFICER: frozenset(),
    _R.INSTALLER: frozenset(),
    _R.OPERATOR: frozenset(),
    _R.PROBE: frozenset(),
    _R.HOUSEHOLD_OWNER: frozenset(),
    _R.RELATIVE: frozenset(),
}
_EVERYWHERE = frozenset(Level)
# In which areas a role makes sense (docs/design/registry.md, Roles).
LEVELS: dict[RoleName, frozenset[Level]] = {
    _R.ADMINISTRATOR: frozenset({Level.COUNTY, Level.TOWN}),
    _R.AUDITOR: _EVERYWHERE,
    _R.ROOM_ADMIN: _EVERYWHERE,
    _R.CLERK: _EVERYWHERE,
    _R.POLICE: _EVERYWHERE,
    _R.GRID_OFFICER: frozenset({Level.VILLAGE, Level.GROUP}),
    _R.INSTALLER: _EVERYWHERE,
}
# Who has an office over accounts at all.
GIVERS = tuple(name for name, given in MAY_GIVE.items() if given)


def gives(own: Role, asked: Role) -> bool:
    """True when the holder of `own` may give (and take) `asked`."""
    return (
        own.area is not None
        and asked.area is not None
        and asked.household is None
        and asked.name in MAY_GIVE[own.name]
        and own.covers_area(asked.area)
    )


def may_give(viewer: Viewer, asked: Role) -> bool:
    """True when any role of the viewer gives it."""
    return any(gives(own, asked) for own in viewer.roles)


def fits_level(asked: Role) -> bool:
    """True when the role makes sense in an area of that level."""
    return asked.area is not None and level_of(asked.area) in LEVELS.get(asked.name, frozenset())


def commands(viewer: Viewer, roles: Iterable[Role]) -> bool:
    """True when the viewer may give every one of these roles, and so may reset, disable and vet
    their holder. Nobody's holder (no role left) belongs to whoever administers the whole town."""
    roles = tuple(roles)
    if roles:
        return all(may_give(viewer, role) for role in roles)
    return administers(viewer, viewer.town)


def sees(viewer: Viewer, roles: Iterable[Role]) -> bool:
    """True when the person is listed for the viewer: one role lies within what it gives."""
    roles = tuple(roles)
    if not roles:
        return administers(viewer, viewer.town)
    return any(may_give(viewer, role) for role in roles)


def administers(viewer: Viewer, area: str) -> bool:
    """True for an administrator of that area or of one around it."""
    return any(role.name is _R.ADMINISTRATOR and role.covers_area(area) for role in viewer.roles)
