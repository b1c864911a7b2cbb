"""Role by route by place: every cell of a table written by hand (`matrix/expected.yaml`), with
real sessions on a real database. Every closed route has its row there."""

import sys
from pathlib import Path

import pytest
from huiyan_registry.account.roles import RoleName
from huiyan_registry.route_rules import read_rules
from huiyan_testing.expected_table import read_table
from matrix_bodies import Question
from matrix_cells import red_cells
from matrix_town import FAR, TOWN, MatrixTown

TABLE = read_table((Path(__file__).parent / "matrix/expected.yaml").read_text("utf-8"))
RULES = {
    f"{method} {path}": rule for (method, path), rule in read_rules().items() if not rule.public
}


@pytest.fixture
async def town(world_of, monkeypatch):
    # httpx looks for this module at each request; where there is none, that takes a millisecond.
    monkeypatch.setitem(sys.modules, "sniffio", None)
    return await MatrixTown(await world_of(f"{TOWN},{FAR}")).fill()


def test_every_closed_route_has_a_row_and_every_role_an_answer():
    assert sorted(TABLE.routes) == sorted(RULES)
    assert sorted(TABLE.who) == sorted(RoleName)


def test_the_table_gives_nothing_to_roles_that_the_rules_leave_out():
    """Two papers about one thing: who is not listed in route_rules.yaml is refused everywhere,
    and who is listed gets something somewhere."""
    given = [cell for cell in TABLE.cells if int(cell.answer[:3]) < 300]
    wrong = [str(cell) for cell in given if not _listed(cell)]
    assert not wrong
    served = {(cell.route, cell.who) for cell in given}
    unserved = {
        (route, role.value)
        for route, rule in RULES.items()
        for role in rule.roles
        if (route, role.value) not in served
    }
    assert unserved == {
        # Nothing to find on this machine, and no device.
        ("POST /api/v1/onboarding/discover", "installer"),
        ("POST /api/v1/onboarding/probe", "installer"),
    }


def _listed(cell):
    rule = RULES[cell.route]
    return rule.anyone or cell.who.partition(" ")[0] in rule.roles


async def test_without_a_session_every_row_is_shut(town):
    stranger, wrong = town.world.visitor(), []
    for row in TABLE.rows:
        route, _, variant = row.partition(" · ")
        asked = Question(town, route, variant)
        answer = await stranger.call(asked.method, asked.path, **asked.content)
        if (answer.status_code, answer.json()["code"]) != (401, "no_session"):
            wrong.append(f"{row}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


async def test_the_matrix(town, capsys):
    red = await red_cells(town, TABLE.cells)
    with capsys.disabled():
        told = f"{len(TABLE.cells)} cells, {len(TABLE.rows)} rows, {len(RULES)} routes"
        sys.stdout.write(f"\nmatrix of the registry: {told}; {len(red)} red\n")
    assert not red, "\n".join(f"{cell}: {told}" for cell, told in red.items())
