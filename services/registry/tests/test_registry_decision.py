"""The decision table: who may see which camera, and who can change it."""

from datetime import UTC, datetime, timedelta

import pytest
from huiyan_kit.errors import HuiyanError
from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.area.codes import Level, covers, level_of, parent_of
from huiyan_registry.decision import CameraFacts, Reason, decide
from huiyan_registry.grant.purpose import PurposeCode, check_purpose

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COUNTY, TOWN, VILLAGE, NEXT = "510799000000", "510799101000", "510799101201", "510799101202"
GROUP = VILLAGE + "002"
CLERK, OPERATOR, PROBE = RoleName.CLERK, RoleName.OPERATOR, RoleName.PROBE
SHARED = frozenset({"live_village"})


def viewer(*roles: Role, agreement: int | None = 30) -> Viewer:
    until = None if agreement is None else NOW + timedelta(days=agreement)
    return Viewer(TOWN, "prn_x", roles, until)


def camera(household=None, *, state="active", off=False, consents=frozenset(), **more):
    return CameraFacts("cam_x", GROUP, household, state, off, consents=consents, **more)


AT = {name: Role(CLERK, area=name) for name in (COUNTY, TOWN, VILLAGE, NEXT, GROUP)}
OWNER = Role(RoleName.HOUSEHOLD_OWNER, household="hh_a")
RELATIVE = Role(RoleName.RELATIVE, household="hh_a")

TABLE = [
    ("village clerk, public", viewer(AT[VILLAGE]), camera(), None),
    ("group clerk, public", viewer(AT[GROUP]), camera(), None),
    ("county clerk, public", viewer(AT[COUNTY]), camera(), None),
    ("next village", viewer(AT[NEXT]), camera(), Reason.NO_RIGHT),
    ("clerk, home unshared", viewer(AT[VILLAGE]), camera("hh_a"), Reason.NO_CONSENT),
    ("clerk, home shared", viewer(AT[VILLAGE]), camera("hh_a", consents=SHARED), None),
    ("town, village scope", viewer(AT[TOWN]), camera("hh_a", consents=SHARED), Reason.NO_CONSENT),
    (
        "town, town scope",
        viewer(AT[TOWN]),
        camera("hh_a", consents=frozenset({"live_town"})),
        None,
    ),
    (
        "county, every scope",
        viewer(AT[COUNTY]),
        camera("hh_a", consents=frozenset({"live_village", "live_town"})),
        Reason.NO_CONSENT,
    ),
    ("lapsed agreement", viewer(AT[VILLAGE], agreement=-1), camera(), Reason.NO_AGREEMENT),
    ("no agreement", viewer(AT[VILLAGE], agreement=None), camera(), Reason.NO_AGREEMENT),
    ("owner", viewer(OWNER, agreement=None), camera("hh_a"), None),
    ("relative", viewer(RELATIVE, agreement=None), camera("hh_a"), None),
    ("relative of another home", viewer(RELATIVE), camera("hh_b"), Reason.NO_RIGHT),
    ("owner, public camera", viewer(OWNER), camera(), Reason.NO_RIGHT),
    ("owner, off", viewer(OWNER), camera("hh_a", off=True), Reason.PRIVATE),
    (
        "clerk, shared but off",
        viewer(AT[VILLAGE]),
        camera("hh_a", off=True, consents=SHARED),
        Reason.PRIVATE,
    ),
    (
        "clerk, unshared and off: off is nobody's business",
        viewer(AT[VILLAGE]),
        camera("hh_a", off=True),
        Reason.NO_CONSENT,
    ),
    ("suspended", viewer(AT[VILLAGE]), camera(state="suspended"), Reason.NOT_ACTIVE),
    ("draft for its owner", viewer(OWNER), camera("hh_a", state="draft"), Reason.NOT_ACTIVE),
    ("operator", viewer(Role(OPERATOR, area=TOWN)), camera(), Reason.NO_RIGHT),
    ("room admin", viewer(Role(RoleName.ROOM_ADMIN, area=TOWN)), camera(), Reason.NO_RIGHT),
    ("operator who is clerk too", viewer(Role(OPERATOR, area=TOWN), AT[TOWN]), camera(), None),
    ("probe, real", viewer(Role(PROBE, area=TOWN)), camera("hh_a"), Reason.NO_CONSENT),
    ("probe, demo", viewer(Role(PROBE, area=TOWN)), camera("hh_a", simulated=True), None),
    (
        "probe, maintenance",
        viewer(Role(PROBE, area=TOWN)),
        camera("hh_a", maintenance_open=True),
        None,
    ),
    ("nobody", viewer(), camera(), Reason.NO_RIGHT),
]


@pytest.mark.parametrize(
    ("who", "asked", "reason"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_decision(who, asked, reason):
    decision = decide(who, asked, NOW)
    assert decision.reason is reason
    assert decision.allowed is (reason is None)
    # A refusal is no dead end: it names who can change it, in both languages.
    assert bool(decision.hint) is bool(decision.hint_en) is (reason is not None)


def test_own_is_for_the_household_only():
    assert decide(viewer(RELATIVE), camera("hh_a"), NOW).own is True
    assert decide(viewer(AT[VILLAGE]), camera("hh_a", consents=SHARED), NOW).own is False


def test_staff_need_a_purpose_and_families_none():
    without = decide(viewer(AT[VILLAGE]), camera(), NOW, purpose_given=False)
    assert without.reason is Reason.NO_PURPOSE
    assert decide(viewer(OWNER), camera("hh_a"), NOW, purpose_given=False).allowed


def test_lapse_names_the_day():
    until = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    lapsed = Viewer(TOWN, "prn_x", (AT[VILLAGE],), until)
    # 16:30 UTC on the 20th is the 21st in China.
    assert "11 月 21 日" in decide(lapsed, camera(), NOW).hint


@pytest.mark.parametrize(
    ("code", "text", "accepted"),
    [
        ("patrol", "", True),
        ("patrol", "安全", False),
        ("patrol", " 安 全。", False),
        ("other", "", False),
        ("other", "公共安全", False),
        ("other", "Safety!", False),
        ("other", "查看倒伏的电杆", True),
    ],
)
def test_purpose(code, text, accepted):
    try:
        check_purpose(PurposeCode(code), text)
    except HuiyanError as error:
        assert not accepted and error.code == "purpose"
    else:
        assert accepted


def test_area_codes():
    assert [level_of(code) for code in (COUNTY, TOWN, VILLAGE, GROUP)] == list(Level)
    assert [parent_of(code) for code in (GROUP, VILLAGE, TOWN, COUNTY)] == [
        VILLAGE,
        TOWN,
        COUNTY,
        None,
    ]
    assert covers(TOWN, GROUP) and covers(VILLAGE, VILLAGE)
    assert not covers(NEXT, GROUP) and not covers(GROUP, VILLAGE)
    with pytest.raises(ValueError, match="digits"):
        level_of("5107991012")
