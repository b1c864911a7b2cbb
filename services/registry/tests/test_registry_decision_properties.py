"""Random worlds: the explanation agrees with the decision, and no step can be got round."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from huiyan_registry.account.roles import FAMILY, WATCHERS, Role, RoleName, Viewer
from huiyan_registry.consent.hours import WEEK, Window, minutes_of, open_at, open_until, week_minute
from huiyan_registry.consent.terms import Terms, stored_of, windows_of
from huiyan_registry.decision import (
    ANY_PURPOSE,
    Ask,
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
from huiyan_registry.decision_steps.order import STEPS
from huiyan_registry.member.rights import Right
from hypothesis import given, settings
from hypothesis import strategies as st

BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
AREAS = ("510799000000", "510799101000", "510799101201", "510799101202", "510799101201002")
HOMES = ("hh_a", "hh_b")
PURPOSES = ("patrol", "flood", "search")

instants = st.integers(0, 14 * 24 * 3600).map(lambda s: BEGIN + timedelta(seconds=s))
windows = st.builds(
    lambda days, start, lasts: Window(tuple(sorted(days)), start, (start + lasts) % 1440 or 1440),
    st.sets(st.integers(1, 7), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1439),
)
hours = st.lists(windows, max_size=2).map(tuple)
purpose_sets = st.frozensets(st.sampled_from(PURPOSES))
scopes = st.sampled_from(["live_village", "live_town", "live_county", "live_police", "tv"])
consents = st.lists(st.builds(GivenConsent, scopes, hours, purpose_sets), max_size=4).map(tuple)
glasses = st.none() | st.builds(OpenBreakGlass, st.sampled_from(PURPOSES), instants)
roles = st.one_of(
    st.builds(
        Role,
        st.sampled_from(sorted(FAMILY)),
        household=st.sampled_from(HOMES),
        rights=st.frozensets(st.sampled_from(Right)),
    ),
    st.builds(Role, st.sampled_from(sorted(set(RoleName) - FAMILY)), area=st.sampled_from(AREAS)),
)
viewers = st.builds(
    Viewer,
    town=st.just(AREAS[1]),
    principal=st.just("prn_x"),
    roles=st.lists(roles, max_size=3).map(tuple),
    agreement_until=st.none() | instants,
    vetted=st.booleans(),
    trained=st.booleans(),
    disabled=st.integers(0, 5).map(lambda n: n == 0),
)
cameras = st.builds(
    CameraFacts,
    camera=st.just("cam_x"),
    area=st.just(AREAS[4]),
    household=st.sampled_from([None, *HOMES]),
    state=st.sampled_from(["active", "active", "suspended"]),
    off=st.integers(0, 3).map(lambda n: n == 0),
    simulated=st.booleans(),
    consents=consents,
    maintenance_until=st.none() | instants,
    mask_pending=st.integers(0, 3).map(lambda n: n == 0),
    break_glass=glasses,
)
purposes = st.sampled_from([ANY_PURPOSE, None, *PURPOSES])
worlds = st.tuples(viewers, cameras, instants, purposes)
many = settings(max_examples=400, deadline=None)


@many
@given(worlds)
def test_the_explanation_agrees_with_the_decision(world):
    viewer, camera, now, purpose = world
    decision = decide(viewer, camera, now, purpose=purpose)
    told = explain(viewer, camera, now, purpose=purpose)
    assert told.decision == decision
    order = [step.step for step in told.steps]
    assert order == list(StepName)[: len(order)]
    assert all(step.passed for step in told.steps[:-1])
    assert told.steps[-1].passed is decision.allowed
    assert len(order) == len(StepName) if decision.allowed else order[-1] is decision.step
    assert all(step.why.zh and step.why.en for step in told.steps)


@many
@given(worlds)
def test_who_is_allowed_passed_every_step_and_who_is_not_failed_one_by_each_role(world):
    viewer, camera, now, purpose = world
    decision = decide(viewer, camera, now, purpose=purpose)
    ask = Ask(now, purpose)
    by_role = [
        [step.check(viewer, role, camera, ask) is None for step in STEPS] for role in viewer.roles
    ]
    assert decision.allowed is any(all(passed) for passed in by_role)
    if decision.allowed:
        assert decision.role in viewer.roles
        return
    # What comes out is the refusal of the role that came furthest.
    first = [passed.index(False) for passed in by_role]
    assert decision.step is (STEPS[max(first)].name if first else StepName.ROLE)


@many
@given(worlds)
def test_off_and_mask_hold_and_nothing_overrides_them(world):
    viewer, camera, now, purpose = world
    off = replace(camera, off=True)
    assert not decide(viewer, off, now, purpose=purpose).allowed
    masked = decide(viewer, replace(camera, mask_pending=True), now, purpose=purpose)
    assert not masked.allowed or masked.own
    asleep = replace(camera, state="suspended")
    assert not decide(viewer, asleep, now, purpose=purpose).allowed


@many
@given(worlds)
def test_break_glass_overrides_consent_and_hours_only(world):
    viewer, camera, now, purpose = world
    without = decide(viewer, replace(camera, break_glass=None), now, purpose=purpose)
    with_glass = decide(viewer, camera, now, purpose=purpose)
    if with_glass.allowed and not without.allowed:
        assert without.reason in {Reason.NO_CONSENT, Reason.OUT_OF_HOURS, Reason.NO_PURPOSE}
        assert with_glass.role is not None and camera.break_glass is not None
        assert with_glass.role.name in {RoleName.CLERK, RoleName.POLICE}
        assert now < camera.break_glass.until and camera.household is not None
        assert purpose in {ANY_PURPOSE, camera.break_glass.purpose}
        assert needed_break_glass(camera, now, with_glass, purpose=purpose) is camera.break_glass
    # It never takes away what a consent gives.
    assert with_glass.allowed or not without.allowed


@many
@given(worlds)
def test_staff_without_papers_and_strangers_see_nothing(world):
    viewer, camera, now, purpose = world
    decision = decide(viewer, camera, now, purpose=purpose)
    if not decision.allowed:
        return
    role = decision.role
    assert role is not None and not viewer.disabled
    if role.name in WATCHERS:
        assert viewer.vetted and viewer.trained and viewer.agreement_until > now
    assert decision.own is (role.household is not None)
    if decision.own:
        assert role.household == camera.household and Right.LIVE in role.rights
    else:
        assert role.covers_area(camera.area) and purpose is not None


@many
@given(worlds)
def test_what_is_allowed_stays_allowed_until_its_end_and_not_beyond(world):
    viewer, camera, now, purpose = world
    decision = decide(viewer, camera, now, purpose=purpose)
    end = holds_until(viewer, camera, now, decision, purpose=purpose)
    if end is None:
        return
    assert end > now
    alone = replace(viewer, roles=(decision.role,))
    before = end - timedelta(microseconds=1)
    assert decide(alone, camera, before, purpose=purpose).allowed
    assert not decide(alone, camera, end, purpose=purpose).allowed


@many
@given(hours, instants)
def test_hours_agree_with_the_minutes_of_the_week(some, now):
    minutes = minutes_of(some)
    assert open_at(some, now) is (week_minute(now) in minutes)
    end = open_until(some, now)
    if end is None:
        assert len(minutes) == WEEK
    elif end == now:
        assert not open_at(some, now)
    else:
        assert not open_at(some, end) and open_at(some, end - timedelta(seconds=1))
    assert windows_of(stored_of(some)) == some


@settings(max_examples=60, deadline=None)
@given(hours, purpose_sets, hours, purpose_sets, instants, st.sampled_from(PURPOSES))
def test_terms_that_do_not_allow_less_lose_nothing(h1, p1, h2, p2, now, purpose):
    before, after = Terms("live_village", None, h1, p1), Terms("live_village", None, h2, p2)

    def lets(terms):
        fits = not terms.purposes or purpose in terms.purposes
        return fits and open_at(terms.hours, now)

    if not after.allows_less_than(before):
        assert lets(after) or not lets(before)
    assert not before.allows_less_than(before)
    assert replace(before, camera="cam_x").allows_less_than(before)
    assert not before.allows_less_than(replace(before, camera="cam_x"))


def test_hours_in_china():
    # Monday 2026-11-23 00:30 in China is Sunday 16:30 UTC.
    now = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert week_minute(now) == 30
    night = (Window((7,), 22 * 60, 6 * 60),)
    assert open_at(night, now) and not open_at((Window((1,), 22 * 60, 6 * 60),), now)
    assert open_until(night, now) == now + timedelta(hours=5, minutes=30)
    whole = (Window(tuple(range(1, 8)), 0, 1440),)
    assert open_until(whole, now) is None and len(minutes_of(whole)) == WEEK
