"""Who may give which role where: every pair of roles, every pair of levels."""

import itertools

import pytest
from huiyan_registry.account.giving import (
    LEVELS,
    MAY_GIVE,
    commands,
    fits_level,
    gives,
    may_give,
    sees,
)
from huiyan_registry.account.roles import FAMILY, MACHINES, STAFF, Role, RoleName, Viewer
from huiyan_registry.area.codes import covers

TOWN = "510799101000"
AREAS = {
    "county": "510799000000",
    "town": TOWN,
    "other town": "510799102000",
    "village": "510799101201",
    "next village": "510799101202",
    "group": "510799101201002",
    "next group": "510799101201003",
}
R = RoleName
# By hand, from docs/design/registry.md: the giver on the left, what it gives on the right.
EXPECTED = {
    R.ADMINISTRATOR: {
        R.ADMINISTRATOR,
        R.AUDITOR,
        R.ROOM_ADMIN,
        R.CLERK,
        R.POLICE,
        R.GRID_OFFICER,
        R.INSTALLER,
    },
    R.ROOM_ADMIN: {R.CLERK, R.GRID_OFFICER},
}


def viewer(*roles: Role) -> Viewer:
    return Viewer(TOWN, "prn_x", roles)


def test_every_role_against_every_role_in_every_pair_of_areas():
    tried = 0
    for own, asked in itertools.product(RoleName, RoleName):
        for mine, there in itertools.product(AREAS.values(), AREAS.values()):
            expected = asked in EXPECTED.get(own, set()) and covers(mine, there)
            answer = may_give(viewer(Role(own, area=mine)), Role(asked, area=there))
            assert answer is expected, (own, mine, asked, there)
            tried += 1
    assert tried == 11 * 11 * 49


def test_nobody_gives_what_is_higher_than_himself():
    assert set(MAY_GIVE) == set(RoleName)
    for own, given in MAY_GIVE.items():
        for role in given:
            assert MAY_GIVE[role] <= given, f"{own} would get more through {role}"
            assert role is own or own not in MAY_GIVE[role], f"{own} and {role} give each other"


def test_no_office_gives_families_or_machines():
    for own in RoleName:
        assert not MAY_GIVE[own] & (FAMILY | MACHINES)
    admin = viewer(Role(R.ADMINISTRATOR, area=AREAS["county"]))
    assert not may_give(admin, Role(R.RELATIVE, household="hh_a"))
    assert not gives(Role(R.HOUSEHOLD_OWNER, household="hh_a"), Role(R.CLERK, area=TOWN))


def test_levels_are_said_for_every_role_of_the_staff():
    assert set(LEVELS) == STAFF
    places = {
        name: {place for place, code in AREAS.items() if fits_level(Role(name, area=code))}
        for name in RoleName
    }
    assert places[R.ADMINISTRATOR] == {"county", "town", "other town"}
    assert places[R.GRID_OFFICER] == {"village", "next village", "group", "next group"}
    assert places[R.CLERK] == set(AREAS)
    assert places[R.PROBE] == places[R.RELATIVE] == set()


@pytest.mark.parametrize(
    ("roles", "seen", "commanded"),
    [
        ([Role(R.CLERK, area=AREAS["village"])], True, True),
        ([Role(R.CLERK, area=AREAS["next village"])], False, False),
        ([Role(R.CLERK, area=AREAS["village"]), Role(R.CLERK, area=TOWN)], True, False),
        (
            [Role(R.CLERK, area=AREAS["village"]), Role(R.POLICE, area=AREAS["village"])],
            True,
            False,
        ),
        ([Role(R.ROOM_ADMIN, area=AREAS["village"])], False, False),
        ([], False, False),
    ],
)
def test_a_room_administrator_commands_only_whole_people(roles, seen, commanded):
    own = viewer(Role(R.ROOM_ADMIN, area=AREAS["village"]))
    assert (sees(own, roles), commands(own, roles)) == (seen, commanded)


def test_who_lost_every_role_belongs_to_the_towns_administrator():
    assert commands(viewer(Role(R.ADMINISTRATOR, area=TOWN)), [])
    assert commands(viewer(Role(R.ADMINISTRATOR, area=AREAS["county"])), [])
    assert not commands(viewer(Role(R.ADMINISTRATOR, area=AREAS["other town"])), [])
    assert not sees(viewer(Role(R.ROOM_ADMIN, area=TOWN)), [])
