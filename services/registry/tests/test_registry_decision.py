"""The decision table: who may see which camera, and who can change it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from huiyan_kit.errors import HuiyanError
from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.area.codes import Level, covers, level_of, parent_of
from huiyan_registry.consent.hours import Window
from huiyan_registry.decision import (
    CameraFacts,
    GivenConsent,
    OpenBreakGlass,
    Reason,
    StepName,
    decide,
    explain,
    holds_until,
    needed_break_glass,
)
from huiyan_registry.grant.purpose import PurposeCode, check_purpose
from huiyan_registry.member.rights import Right

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COUNTY, TOWN, VILLAGE, NEXT = "510799000000", "510799101000", "510799101201", "510799101202"
GROUP = VILLAGE + "002"
CLERK, OPERATOR, PROBE = RoleName.CLERK, RoleName.OPERATOR, RoleName.PROBE
POLICE, GRID = RoleName.POLICE, RoleName.GRID_OFFICER
SHARED = (GivenConsent("live_village"),)
LATER = NOW + timedelta(minutes=10)
BROKEN = OpenBreakGlass("search", LATER, "bgl_x", "赵所长")
# Now is Sunday 20:00 in China.
AT_NIGHT = (GivenConsent("live_village", (Window((7,), 19 * 60, 6 * 60),)),)
BY_DAY = (GivenConsent("live_village", (Window(tuple(range(1, 8)), 6 * 60, 18 * 60),)),)
FOR_FLOOD = (GivenConsent("live_village", purposes=frozenset({"flood", "fire"})),)


def viewer(*roles: Role, agreement: int | None = 30, **more) -> Viewer:
    until = None if agreement is None else NOW + timedelta(days=agreement)
    return Viewer(TOWN, "prn_x", roles, until, **more)


def camera(household=None, *, state="active", off=False, consents=(), **more):
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
        camera("hh_a", consents=(GivenConsent("live_town"),)),
        None,
    ),
    (
        "county, every scope",
        viewer(AT[COUNTY]),
        camera("hh_a", consents=(*SHARED, GivenConsent("live_town"))),
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
        camera("hh_a", maintenance_until=LATER),
        None,
    ),
    (
        "probe, maintenance over",
        viewer(Role(PROBE, area=TOWN)),
        camera("hh_a", maintenance_until=NOW),
        Reason.NO_CONSENT,
    ),
    ("not vetted", viewer(AT[VILLAGE], vetted=False), camera(), Reason.NOT_VETTED),
    ("not trained", viewer(AT[VILLAGE], trained=False), camera(), Reason.NOT_TRAINED),
    ("owner needs no vetting", viewer(OWNER, vetted=False), camera("hh_a"), None),
    ("disabled owner", viewer(OWNER, disabled=True), camera("hh_a"), Reason.NO_RIGHT),
    (
        "relative without live",
        viewer(replace(RELATIVE, rights=frozenset({Right.ALARMS}))),
        camera("hh_a"),
        Reason.NO_RIGHT,
    ),
    ("police, public", viewer(Role(POLICE, area=TOWN)), camera(), None),
    (
        "police, village's consent",
        viewer(Role(POLICE, area=VILLAGE)),
        camera("hh_a", consents=SHARED),
        Reason.NO_CONSENT,
    ),
    (
        "police, own consent",
        viewer(Role(POLICE, area=COUNTY)),
        camera("hh_a", consents=(GivenConsent("live_police"),)),
        None,
    ),
    (
        "county, county scope",
        viewer(AT[COUNTY]),
        camera("hh_a", consents=(GivenConsent("live_county"),)),
        None,
    ),
    ("grid officer of the cell", viewer(Role(GRID, area=GROUP)), camera(), None),
    (
        "grid officer, home shared",
        viewer(Role(GRID, area=GROUP)),
        camera("hh_a", consents=SHARED),
        None,
    ),
    ("installer", viewer(Role(RoleName.INSTALLER, area=TOWN)), camera(), Reason.NO_RIGHT),
    ("administrator", viewer(Role(RoleName.ADMINISTRATOR, area=TOWN)), camera(), Reason.NO_RIGHT),
    ("auditor", viewer(Role(RoleName.AUDITOR, area=TOWN)), camera(), Reason.NO_RIGHT),
    ("in hours over midnight", viewer(AT[VILLAGE]), camera("hh_a", consents=AT_NIGHT), None),
    (
        "out of hours",
        viewer(AT[VILLAGE]),
        camera("hh_a", consents=BY_DAY),
        Reason.OUT_OF_HOURS,
    ),
    ("mask, public", viewer(AT[VILLAGE]), camera(mask_pending=True), Reason.MASK_PENDING),
    ("mask, owner", viewer(OWNER), camera("hh_a", mask_pending=True), None),
    (
        "mask, probe",
        viewer(Role(PROBE, area=TOWN)),
        camera(simulated=True, mask_pending=True),
        Reason.MASK_PENDING,
    ),
    (
        "break-glass, no consent",
        viewer(AT[VILLAGE]),
        camera("hh_a", break_glass=BROKEN),
        None,
    ),
    (
        "break-glass, out of hours",
        viewer(AT[VILLAGE]),
        camera("hh_a", consents=BY_DAY, break_glass=BROKEN),
        None,
    ),
    (
        "break-glass over",
        viewer(AT[VILLAGE]),
        camera("hh_a", break_glass=OpenBreakGlass("search", NOW)),
        Reason.NO_CONSENT,
    ),
    (
        "break-glass, off",
        viewer(AT[VILLAGE]),
        camera("hh_a", break_glass=BROKEN, off=True),
        Reason.PRIVATE,
    ),
    (
        "break-glass, mask",
        viewer(AT[VILLAGE]),
        camera("hh_a", break_glass=BROKEN, mask_pending=True),
        Reason.MASK_PENDING,
    ),
    (
        "break-glass, no agreement",
        viewer(AT[VILLAGE], agreement=None),
        camera("hh_a", break_glass=BROKEN),
        Reason.NO_AGREEMENT,
    ),
    (
        "break-glass, other area",
        viewer(AT[NEXT]),
        camera("hh_a", break_glass=BROKEN),
        Reason.NO_RIGHT,
    ),
    (
        "break-glass is for clerks and police",
        viewer(Role(GRID, area=GROUP)),
        camera("hh_a", break_glass=BROKEN),
        Reason.NO_CONSENT,
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
    without = decide(viewer(AT[VILLAGE]), camera(), NOW, purpose=None)
    assert without.reason is Reason.NO_PURPOSE
    assert decide(viewer(OWNER), camera("hh_a"), NOW, purpose=None).allowed


def test_a_consent_may_name_its_purposes():
    clerk, home = viewer(AT[VILLAGE]), camera("hh_a", consents=FOR_FLOOD)
    assert decide(clerk, home, NOW).allowed and decide(clerk, home, NOW, purpose="flood").allowed
    refused = decide(clerk, home, NOW, purpose="patrol")
    assert refused.reason is Reason.NO_PURPOSE and "防汛" in refused.hint
    assert decide(clerk, camera(), NOW, purpose="patrol").allowed


def test_break_glass_is_for_its_own_purpose_and_named():
    clerk, home = viewer(AT[VILLAGE]), camera("hh_a", break_glass=BROKEN)
    assert decide(clerk, home, NOW, purpose="patrol").reason is Reason.NO_PURPOSE
    allowed = decide(clerk, home, NOW, purpose="search")
    assert allowed.allowed and not allowed.own
    assert needed_break_glass(home, NOW, allowed, purpose="search") is BROKEN
    shared = camera("hh_a", consents=SHARED, break_glass=BROKEN)
    assert needed_break_glass(shared, NOW, allowed, purpose="search") is None


def test_what_time_alone_ends():
    clerk = viewer(AT[VILLAGE])

    def until(who, asked):
        return holds_until(who, asked, NOW, decide(who, asked, NOW))

    agreement = clerk.agreement_until
    assert until(clerk, camera()) == agreement
    assert until(viewer(AT[VILLAGE], lapses_at=LATER), camera()) == LATER
    # Sunday 20:00 in China until Monday 06:00.
    assert until(clerk, camera("hh_a", consents=AT_NIGHT)) == NOW + timedelta(hours=10)
    assert until(clerk, camera("hh_a", consents=(*AT_NIGHT, *SHARED))) == agreement
    assert until(clerk, camera("hh_a", break_glass=BROKEN)) == LATER
    assert until(clerk, camera("hh_a", consents=SHARED, break_glass=BROKEN)) == agreement
    assert until(viewer(OWNER), camera("hh_a", consents=BY_DAY)) is None
    probe = viewer(Role(PROBE, area=TOWN))
    assert until(probe, camera("hh_a", maintenance_until=LATER)) == LATER
    assert until(probe, camera(simulated=True, maintenance_until=LATER)) is None
    refused = decide(clerk, camera("hh_a"), NOW)
    assert holds_until(clerk, camera("hh_a"), NOW, refused) is None


def test_an_explanation_stops_where_the_decision_did():
    told = explain(viewer(AT[VILLAGE]), camera("hh_a", off=True), NOW)
    assert [step.step for step in told.steps] == list(StepName)[:5]
    assert [step.passed for step in told.steps] == [True] * 4 + [False]
    nobody = explain(viewer(), camera(), NOW)
    assert [(step.step, step.passed) for step in nobody.steps] == [
        (StepName.PRINCIPAL, True),
        (StepName.ROLE, False),
    ]


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
