"""Role by table by place: rows that a query without a filter sees under the scope of a request
(`matrix/expected_rows.yaml`, by hand); without row-level security named cells go red."""

from pathlib import Path

import pytest
from huiyan_registry.account.roles import RoleName
from huiyan_testing.expected_table import read_table
from matrix_row_cells import fill_rows, protected_tables, red_rows, switch_off_row_rules
from matrix_town import FAR, TOWN, MatrixTown

TABLE = read_table((Path(__file__).parent / "matrix/expected_rows.yaml").read_text("utf-8"))
# Some of those that must go red when PostgreSQL no longer holds to whose rows they are.
NAMED = {
    "SELECT FROM camera · clerk @ sister",
    "SELECT FROM camera · household_owner @ own",
    "SELECT FROM household · installer @ far",
    "SELECT FROM consent · police @ sister",
    "SELECT FROM one_time_link · relative @ sister",
    "SELECT FROM role_assignment · room_admin @ own",
    "SELECT FROM sign_photo · household_owner @ own",
    "SELECT FROM break_glass · grid_officer @ parent",
    "SELECT FROM access_register · auditor @ sister",
    "SELECT FROM access_register · relative @ far",
    "SELECT FROM view_event · administrator @ far",
    "SELECT FROM granted_view · operator @ sister",
}


@pytest.fixture
async def town(world_of):
    made = await MatrixTown(await world_of(f"{TOWN},{FAR}")).fill()
    await fill_rows(made)
    return made


async def test_every_protected_table_has_a_row(town):
    tables = [row.removeprefix("SELECT FROM ") for row in TABLE.rows]
    assert sorted(tables) == await protected_tables(town)
    assert sorted(TABLE.who) == sorted(RoleName)


async def test_a_query_without_a_filter_sees_only_whose_rows_they_are(town):
    red = await red_rows(town, TABLE.cells)
    assert not red, "\n".join(f"{cell}: {told}" for cell, told in red.items())


async def test_without_row_level_security_named_cells_go_red(town):
    await switch_off_row_rules(town)
    red = await red_rows(town, TABLE.cells)
    assert red.keys() >= NAMED
    # Nobody's right answer is everything, so every single cell tells of it.
    assert red.keys() == {str(cell) for cell in TABLE.cells}
    assert all(told.endswith("got {own sister far}") for told in red.values())
