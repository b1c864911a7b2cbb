"""Areas that merge: who covers what, and where things count. Pure."""

from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.area.codes import covers, level_of, parent_of
from huiyan_registry.area.figures import Figures, Sight
from huiyan_registry.area.lineage import Lineage
from huiyan_registry.area.tree import build_tree
from huiyan_registry.room.follow import Held, follow
from hypothesis import given
from hypothesis import strategies as st

TOWN, A, B, C = "510799101000", "510799101201", "510799101202", "510799101203"
A1, B1, B6 = f"{A}001", f"{B}001", f"{B}006"
MERGED = Lineage({A: B})


def _tree(names, scope, figures, lineage):
    codes = (scope, *lineage.inherited(scope))
    stands = {code: Figures(cameras=count) for code, count in figures.items()}
    sight = Sight.within(codes)
    return build_tree(dict.fromkeys(names, ""), sight.covers, stands, lineage)


def _flat(view):
    return {
        view.code: (view.cameras, [child.code for child in view.children]),
        **{code: flat for child in view.children for code, flat in _flat(child).items()},
    }


def test_an_heir_covers_what_it_took_over_and_not_the_other_way_round():
    inherited = MERGED.inherited(B)
    assert inherited == (A,)
    assert covers(B, A1, inherited) and covers(B, A, inherited) and covers(B, B1, inherited)
    assert MERGED.inherited(A) == () and not covers(A, B1) and covers(A, A1)
    assert not covers(B6, A1, MERGED.inherited(B6)), "a cell of the heir is no wider than before"
    assert MERGED.inherited(TOWN) == (), "the town covers it by its code"


def test_mergers_chain_and_groups_merge_too():
    chain = Lineage({A: B, B: C})
    assert chain.inherited(C) == (A, B) and chain.inherited(B) == (A,) and chain.heir(A) == C
    groups = Lineage({A1: B6})
    assert groups.inherited(B) == (A1,) and groups.inherited(B6) == (A1,)
    assert groups.heir(A1) == B6 and groups.heir(B6) == B6


def test_a_role_follows_and_a_ring_ends():
    clerk = Role(RoleName.CLERK, area=B, inherited=MERGED.inherited(B))
    viewer = Viewer(TOWN, "prn_x", (clerk,))
    assert viewer.sees(A1, None) and viewer.acts_in(A1, RoleName.CLERK)
    assert clerk.areas == (B, A) and Role(RoleName.RELATIVE, household="hh_1").areas == ()
    ring = Lineage({A: B, B: A})
    assert ring.heir(A) == B and set(ring.inherited(C)) == set()


_codes = st.integers(0, 40).map(lambda n: f"5107991012{n:02d}")


@given(successors=st.dictionaries(_codes, _codes, max_size=12))
def test_what_is_inherited_is_exactly_what_leads_there(successors):
    lineage = Lineage(successors)
    for outer in {*successors, *successors.values()}:
        for closed in successors:
            seen, code = set(), closed
            while code in successors and code not in seen and code != outer:
                seen.add(code)
                code = successors[code]
            leads = code == outer and closed != outer
            assert (closed in lineage.inherited(outer)) is leads


def test_things_of_a_merged_village_count_at_the_heir():
    names = [TOWN, B, B1, A1]
    tree = _tree(names, TOWN, {A: 1, A1: 2, B1: 4}, MERGED)
    assert _flat(tree) == {TOWN: (7, [B]), B: (7, [A1, B1]), A1: (2, []), B1: (4, [])}
    assert _flat(_tree(names, B, {A: 1, A1: 2, B1: 4}, MERGED))[B] == (7, [A1, B1])


def test_a_role_of_the_merged_village_keeps_its_own_tree():
    tree = _tree([TOWN, A, A1, B, B1], A, {A: 1, A1: 2}, MERGED)
    assert _flat(tree) == {A: (3, [A1]), A1: (2, [])}


def test_a_group_that_merged_counts_where_it_can_be_seen():
    groups = Lineage({A1: B6})
    names = [TOWN, A, B, B6]
    assert _flat(_tree(names, TOWN, {A1: 3}, groups))[B6] == (3, [])
    assert _flat(_tree(names, A, {A1: 3}, groups)) == {A: (3, [])}


def test_sight_is_a_range_of_digits():
    sight = Sight.within([B, TOWN, A])
    assert (
        sight.prefixes == ("510799101",) and sight.covers(A1) and not sight.covers("510799102000")
    )
    assert Sight.within([]).covers(A) is False


def test_levels_and_parents():
    assert [level_of(code).value for code in (TOWN, A, A1)] == ["town", "village", "group"]
    assert (parent_of(A1), parent_of(A), parent_of(TOWN)) == (A, TOWN, "510799000000")
    assert MERGED.above(A1) == B and MERGED.above(A1, {A}) == A


def _held(*roles):
    return [Held(f"rol_{i}", who, name, area) for i, (who, name, area) in enumerate(roles)]


def test_rights_follow_the_room():
    clerk, police, admin = RoleName.CLERK, RoleName.POLICE, RoleName.ROOM_ADMIN
    held = _held(("a", clerk, A), ("b", police, A1), ("c", admin, A), ("d", clerk, TOWN))
    wider = follow(held, [A], [A, B], Lineage({}))
    assert wider.ended == () and wider.given == (("a", clerk, B),)
    other = follow(held, [A], [B], Lineage({}))
    assert other.ended == ("rol_0", "rol_1") and other.given == (("a", clerk, B),)
    assert follow(held, [A, B], [A, B], Lineage({})) == follow([], [A], [B], Lineage({}))


def test_a_room_of_the_heir_keeps_roles_of_the_merged_village():
    held = _held(("a", RoleName.CLERK, A))
    assert follow(held, [A, B], [B], MERGED).ended == ()
