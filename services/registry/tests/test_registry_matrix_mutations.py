"""The matrix means something: with the one decision patched to allow, named cells go red, and
nothing but the cells that rest on the decision."""

import sys
from pathlib import Path

import pytest
from huiyan_registry import decision
from huiyan_registry.decision import Decision, Reason
from huiyan_testing.expected_table import read_table
from matrix_cells import red_cells
from matrix_town import FAR, TOWN, MatrixTown

TABLE = read_table((Path(__file__).parent / "matrix/expected.yaml").read_text("utf-8"))
PROBES = "POST /api/v1/grants · for a probe"
NAMED = {
    "POST /api/v1/grants · clerk @ sister",
    "POST /api/v1/grants · administrator @ own",
    "POST /api/v1/grants · clerk without agreement @ own",
    "POST /api/v1/grants · clerk not vetted @ parent",
    "POST /api/v1/grants · home · police @ own",
    "POST /api/v1/grants · home · clerk @ parent",
    "POST /api/v1/grants · private home · clerk @ own",
    "POST /api/v1/grants · private home · household_owner @ own",
    "POST /api/v1/grants · home switched off · household_owner @ own",
    "POST /api/v1/grants · home switched off · grid_officer @ own",
    "POST /api/v1/grants · road with a mask · clerk @ own",
    "POST /api/v1/grants · checked draft · police @ own",
    "POST /api/v1/grants · for a probe · probe @ far",
    "GET /api/v1/cameras · may look · administrator @ own",
    "GET /api/v1/cameras · may look · police @ parent",
    "GET /api/v1/cameras/{camera}/why · private home · clerk @ own",
    "GET /api/v1/cameras/{camera}/why · home switched off · relative @ own",
}


@pytest.fixture
async def town(world_of, monkeypatch):
    # httpx looks for this module at each request; where there is none, that takes a millisecond.
    monkeypatch.setitem(sys.modules, "sniffio", None)
    return await MatrixTown(await world_of(f"{TOWN},{FAR}")).fill()


def _rests_on_the_decision(cell):
    return (
        cell.route in ("POST /api/v1/grants", "GET /api/v1/cameras/{camera}/why")
        or cell.variant == "may look"
    )


def _is_a_refusal(cell):
    """By the decision, and so given away once it allows everything."""
    return cell.answer.split()[-1] in {*Reason, "purpose"} or cell.variant == "may look"


def _allow(viewer, camera, ask):
    return Decision(role=viewer.roles[0]), viewer.roles[0]


async def test_with_a_decision_that_allows_everything_named_cells_go_red(town, monkeypatch):
    cells = TABLE.of(_rests_on_the_decision)
    monkeypatch.setattr(decision, "_decide", _allow)
    red = await red_cells(town, cells)
    assert red.keys() >= NAMED
    # Whoever is told of no camera of this village has nothing to be offered.
    wanted = {str(cell) for cell in cells if _is_a_refusal(cell)}
    offered_nothing = {
        str(cell)
        for cell in cells
        if cell.variant == "may look" and cell.place in ("sister", "far")
    }
    assert red.keys() == wanted - offered_nothing
