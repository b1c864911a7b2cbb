"""The reader of hand-written tables: four places, nobody left out, nobody twice."""

import pytest
from huiyan_testing.expected_table import Cell, read_table

HEAD = """
who: [clerk, auditor, owner]
also: [tired clerk]
nowhere: {owner: [parent]}
words: {"403": 403 forbidden}
rows:
"""


def test_each_cell_has_its_answer():
    table = read_table(HEAD + '  "GET /a · home": {clerk: 200 | 404 | 201 | 404, others: 403}\n')
    answers = {(cell.who, cell.place): cell.answer for cell in table.cells}
    assert answers["clerk", "own"] == "200" and answers["clerk", "parent"] == "201"
    assert answers["auditor", "far"] == answers["owner", "own"] == "403 forbidden"
    assert ("owner", "parent") not in answers and len(answers) == 11
    assert not any(cell.who == "tired clerk" for cell in table.cells)
    assert table.rows == ("GET /a · home",) and table.routes == {"GET /a"}


def test_a_cell_says_what_is_asked_by_whom_from_where():
    cell = Cell("GET /a · home", "clerk", "own", "200")
    assert (cell.route, cell.variant) == ("GET /a", "home")
    assert str(cell) == "GET /a · home · clerk @ own"
    assert Cell("GET /a", "clerk", "own", "200").variant == ""


def test_single_rows_may_ask_further_people():
    table = read_table(HEAD + "  GET /a: {others: 200, tired clerk: 403}\n")
    tired = table.of(lambda cell: cell.who == "tired clerk")
    assert [cell.answer for cell in tired] == ["403 forbidden"] * 4


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ("  GET /a: {clerk: 200}", "nothing for auditor, owner"),
        ("  GET /a: {king: 200, others: 403}", "who is king"),
        ("  GET /a: {clerk: 200 | 404, others: 403}", "one answer or 4"),
        ("  GET /a: {clerk: 200 | - | 200 | 404, others: 403}", "gets no answer"),
        ('  GET /a: {clerk: 200, "clerk, auditor": 404, others: 403}', "two answers"),
        ('  GET /a: {"clerk, auditor, owner": 200, others: 403}', "no others"),
        ("  GET /a: {others: 200}\n  GET /a: {others: 403}", "stands there twice"),
        ("  GET /a: {clerk: 200, clerk: 404, others: 403}", "one line stands there twice"),
        ("  {}", "no rows"),
    ],
)
def test_a_row_that_says_too_little_or_too_much_is_refused(rows, wrong):
    with pytest.raises(ValueError, match=wrong):
        read_table(HEAD + rows + "\n")
