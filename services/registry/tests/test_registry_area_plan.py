"""Tables of areas against what is there. Pure."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from huiyan_registry.area.codes import parent_of
from huiyan_registry.area.plan import COLUMNS, Known, Planner, written
from huiyan_registry.importing.reading import read_table
from huiyan_registry.importing.writing import write_table
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 22, tzinfo=UTC)
COUNTY, TOWN, A, B = "510799000000", "510799101000", "510799101201", "510799101202"
BASE = {COUNTY: Known(COUNTY, "演示县"), TOWN: Known(TOWN, "双板镇"), A: Known(A, "新寨村")}


def _plan(text, known=BASE, allowed=lambda code: code.startswith("510799101")):
    return Planner(known, allowed, NOW).plan(read_table(text.encode(), "text/csv", COLUMNS))


def test_rows_in_any_order_are_placed_parents_first():
    plan = _plan(f"代码,名称\n{B}001,一社\n{A}001,一社\n{B},石桥村\n{A},新寨村\n")
    assert [area.code for area in plan.added] == [B, f"{A}001", f"{B}001"]
    assert (plan.unchanged, plan.changed, plan.errors) == (1, [], [])


def test_columns_that_are_absent_change_nothing():
    known = {**BASE, A: Known(A, "新寨村", "5" * 20, (("ga", "77"),))}
    plan = _plan(f"code,name\n{A},新寨社区\n", known)
    assert plan.changed == [Known(A, "新寨社区", "5" * 20, (("ga", "77"),))]
    cleared = _plan(f"code,name,gb_id,aliases\n{A},新寨村,,\n", known)
    assert cleared.changed == [Known(A, "新寨村")]


@pytest.mark.parametrize(
    ("rows", "line", "column", "word"),
    [
        ("12,甲", 2, "代码", "12 or 15"),
        ("510799102201,甲", 2, "代码", "your areas"),
        (f"{B}001,一社", 2, "代码", "no area"),
        (f"{B},石桥村\n{B},石桥", 3, "代码", "line 2"),
        (f"{B},石桥村,组", 2, "级别", "village"),
        (f"{B},石桥村,村,{COUNTY}", 2, "上级代码", "parent"),
        (f"{B},石桥村,村,,123", 2, "国标编号", "20 digits"),
        (f"{B},石桥村,村,,,x", 2, "别名", "scheme:code"),
        (f"{B},石桥村,村,,,ga:1\n{A},新寨村,村,,,ga:1", 3, "别名", "Another"),
        (f"{B},石桥村,村,,,,2026-01-01", 2, "停用时间", "zone"),
        (f"{B},石桥村,村,,,,哪天", 2, "停用时间", "ISO"),
        (f"{B},石桥村,村,,,,2026-01-01T00:00:00Z", 2, "并入", "both"),
        (f"{B},石桥村,村,,,,2026-01-01T00:00:00Z,510799101999", 2, "并入", "same level"),
        (f"{B},石桥村,村,,,,2026-01-01T00:00:00Z,{TOWN}", 2, "并入", "same level"),
        (f"{A},新寨村,村,,,,2026-01-01T00:00:00Z,{TOWN}", 2, "并入", "by hand"),
    ],
)
def test_each_wrong_line_is_named(rows, line, column, word):
    plan = _plan(f"代码,名称,级别,上级代码,国标编号,别名,停用时间,并入\n{rows}\n")
    assert [(one.line, one.column) for one in plan.errors] == [(line, column)]
    assert word in plan.errors[0].message_en and plan.errors[0].message


def test_no_child_below_what_merged():
    known = {**BASE, B: Known(B, "石桥村", valid_to=NOW, successor=A)}
    plan = _plan(f"代码,名称\n{B}009,九社\n", known)
    assert "merged" in plan.errors[0].message_en


_names = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=12).map(
    lambda text: f"村{text.strip()}".strip()
)
_villages = st.integers(1, 999).map(lambda n: f"{TOWN[:9]}{n:03d}")


@st.composite
def _trees(draw):
    """The areas of a town: villages, groups, ids, aliases, mergers."""
    areas = dict(BASE)
    for village in draw(st.lists(_villages, max_size=8, unique=True)):
        areas[village] = Known(village, draw(_names))
        for number in range(draw(st.integers(0, 3))):
            group = f"{village}{number + 1:03d}"
            areas[group] = Known(group, draw(_names), aliases=(("ga", group[-9:]),))
    plain = [code for code in areas if len(code) == 12 and not code.endswith("000")]
    for closed, heir in itertools.pairwise(plain):
        if draw(st.booleans()):
            end = NOW - timedelta(days=draw(st.integers(1, 900)), microseconds=7)
            areas[closed] = Known(closed, areas[closed].name, None, (), end, heir)
    if plain:
        last = areas[plain[-1]]
        areas[last.code] = Known(last.code, last.name, "1" * 20, (("a_b", "x.1-2"),))
    return areas


@settings(max_examples=40, deadline=None)
@given(areas=_trees(), order=st.randoms(), format=st.sampled_from(["csv", "csv", "xlsx"]))
def test_an_export_is_read_again_as_the_same_areas(areas, order, format):
    rows = written(areas.values())
    assert [row["parent"] for row in rows] == [parent_of(row["code"]) or "" for row in rows]
    order.shuffle(rows)
    body, kind, _ = write_table(format, COLUMNS, rows)
    table = read_table(body, kind, COLUMNS)
    anew = Planner({}, lambda _: True, NOW).plan(table)
    assert anew.errors == [] and {area.code: area for area in anew.added} == areas
    again = Planner(areas, lambda _: True, NOW).plan(table)
    assert (again.errors, again.added, again.changed) == ([], [], [])
    assert again.unchanged == len(areas)
