"""How the rights of a room's people follow the areas of the room: pure.

The decision knows roles only; a room gives no right by itself. So that both agree, the roles with
which somebody watches from a room (clerk, police) follow when an administrator changes its areas:
a role over an area that the room no longer watches ends; whoever watched an area of the room as a
whole watches an added one too. Roles that never lay within the room's areas stay as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from huiyan_registry.account.roles import RoleName
from huiyan_registry.area.codes import covers
from huiyan_registry.area.lineage import Lineage

FOLLOWING = frozenset({RoleName.CLERK, RoleName.POLICE})


@dataclass(frozen=True, slots=True)
class Held:
    """A running role of one of the room's people."""

    assignment: str
    principal: str
    name: RoleName
    area: str


@dataclass(frozen=True, slots=True)
class Following:
    """Role assignments that end, and roles to give: (principal, role, area)."""

    ended: tuple[str, ...]
    given: tuple[tuple[str, RoleName, str], ...]


def follow(
    held: Iterable[Held], before: Sequence[str], after: Sequence[str], lineage: Lineage
) -> Following:
    """What changes when a room watches `after` instead of `before`."""

    def within(area: str, areas: Sequence[str]) -> bool:
        return any(covers(one, area, lineage.inherited(one)) for one in areas)

    watching = [role for role in held if role.name in FOLLOWING]
    ended = [
        role for role in watching if within(role.area, before) and not within(role.area, after)
    ]
    stays = [role for role in watching if role not in ended]
    whole = {(role.principal, role.name) for role in watching if role.area in before}
    given = [
        (principal, name, area)
        for principal, name in sorted(whole)
        for area in after
        if area not in before
        and not any(
            (role.principal, role.name) == (principal, name) and within(area, [role.area])
            for role in stays
        )
    ]
    return Following(tuple(role.assignment for role in ended), tuple(given))
