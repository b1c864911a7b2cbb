"""What a person may be, and where."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from huiyan_registry.area.codes import covers
from huiyan_registry.database.row_scope import RowScope
from huiyan_registry.member.rights import ALL_RIGHTS, Right


class RoleName(StrEnum):
    """Every role."""

    HOUSEHOLD_OWNER = "household_owner"
    RELATIVE = "relative"
    CLERK = "clerk"
    OPERATOR = "operator"
    ROOM_ADMIN = "room_admin"
    PROBE = "probe"
    POLICE = "police"
    GRID_OFFICER = "grid_officer"
    INSTALLER = "installer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


FAMILY = frozenset({RoleName.HOUSEHOLD_OWNER, RoleName.RELATIVE})
INSTALLERS = frozenset({RoleName.OPERATOR, RoleName.ROOM_ADMIN, RoleName.INSTALLER})
MACHINES = frozenset({RoleName.OPERATOR, RoleName.PROBE})
# People with an account and a scope of areas; they need a second factor where it is required.
STAFF = frozenset(RoleName) - FAMILY - MACHINES
# Staff who see pictures, and only while vetted, trained and under an agreement (rules.md P7).
WATCHERS = frozenset({RoleName.CLERK, RoleName.POLICE, RoleName.GRID_OFFICER})


@dataclass(frozen=True, slots=True)
class Role:
    """A role within an area, or (family) within a household, there with these rights.

    `inherited`: closed areas that merged into the role's area (docs/adr/0010-merging-areas.md).
    """

    name: RoleName
    area: str | None = None
    household: str | None = None
    rights: frozenset[Right] = ALL_RIGHTS
    inherited: tuple[str, ...] = ()

    def covers_area(self, area: str) -> bool:
        """True when this is an area's role and `area` lies within it, or within what it took
        over."""
        return self.area is not None and covers(self.area, area, self.inherited)

    @property
    def areas(self) -> tuple[str, ...]:
        """The area of the role and those that it took over; none for a household's role."""
        return () if self.area is None else (self.area, *self.inherited)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: everything the decision needs to know of a principal.

    `vetted` and `trained` hold at the instant for which the viewer was read; `lapses_at` is the
    earliest instant at which vetting, training or agreement ends by itself (None: never).
    """

    town: str
    principal: str
    roles: tuple[Role, ...]
    agreement_until: datetime | None = None
    vetted: bool = True
    trained: bool = True
    lapses_at: datetime | None = None
    disabled: bool = False

    def has(self, *names: RoleName) -> bool:
        """True with any of these roles, wherever."""
        return any(role.name in names for role in self.roles)

    def in_household(self, household: str | None, *names: RoleName) -> bool:
        """True for members of the household (with one of `names`, if given)."""
        wanted = names or tuple(FAMILY)
        return household is not None and any(
            role.household == household and role.name in wanted for role in self.roles
        )

    @property
    def households(self) -> tuple[str, ...]:
        """The households to which this person belongs."""
        return tuple(dict.fromkeys(r.household for r in self.roles if r.household is not None))

    @property
    def rows(self) -> RowScope:
        """The rows of the database that this person's requests may touch."""
        areas = (code for role in self.roles for code in role.areas)
        return RowScope.of(self.town, self.principal, areas, self.households)

    def sees(self, area: str, household: str | None) -> bool:
        """True when a camera there is listed for this person (no word about its picture)."""
        return self.in_household(household) or any(role.covers_area(area) for role in self.roles)

    def acts_in(self, area: str, *names: RoleName) -> bool:
        """True with one of these roles over that area."""
        return any(role.name in names and role.covers_area(area) for role in self.roles)

    def installs_in(self, area: str) -> bool:
        """True when this person may add and change cameras there."""
        return any(role.name in INSTALLERS and role.covers_area(area) for role in self.roles)
