"""Workload: what a case weighs, what officers hold, and what is cut above that."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.clock import date_of
from sim.events import Event
from sim.offenders import (
    COMMUNITY_SUPERVISION,
    IN_PRISON,
    IS_ENGAGED,
    IS_SUPERVISED_IN_COMMUNITY,
    Provider,
    Rosh,
    Status,
)
from sim.parameters.register import Register
from sim.processes import allocation
from sim.scenarios import load_timeline
from sim.workload import TIERS, Load, add_case, build, clear, fill_weights, share_cut, tier_of
from tests.sim.processes.alone import alone, copy_of, with_raw
from tests.worlds import count, differing_columns, events, later

BOUND = 0.5
CUSTODY, COMMUNITY, LICENCE = (1, 3, 5, 9), (10, 20, 30, 40), (15, 25, 35, 45)
ON_LICENCE = ("HOME_DETENTION_CURFEW", "LICENCE", "YOUNG_OFFENDER_SUPERVISION", "POST_SENTENCE_SUPERVISION")
ORDERS = ("COMMUNITY_ORDER", "SUSPENDED_SENTENCE_ORDER")


@cache
def rules(greatest_cut=0.6):
    """Return the rules of a register with round weights."""
    register = Register.load()
    places = (("custody", CUSTODY), ("community", COMMUNITY), ("licence", LICENCE))
    for name, text in (
        *((f"{place}_points", str(list(points))) for place, points in places),
        ("likelihood_bound", str(BOUND)),
        ("greatest_cut", str(greatest_cut)),
    ):
        register = register.with_setting(f"workload.{name}", text)
    return build(register)


def both(loop):
    """Run a test on a compiled loop and on its twin."""
    return pytest.mark.parametrize("loop", [loop, loop.py_func], ids=["compiled", "twin"])


# --- what a case weighs


@both(tier_of)
def test_the_tier_is_by_risk_and_below_high_risk_by_likelihood_too(loop):
    found = {(r.name, o): int(loop(rules(), int(r), o)) for r, o in product(Rosh, (0.0, 0.499, 0.5, 1.0))}
    below, from_it = (0.0, 0.499), (0.5, 1.0)
    assert found == (
        {("LOW", o): 0 for o in below}
        | {("LOW", o): 1 for o in from_it}
        | {("MEDIUM", o): 1 for o in below}
        | {("MEDIUM", o): 2 for o in from_it}
        | {(r, o): 3 for r in ("HIGH", "VERY_HIGH") for o in below + from_it}
    )


def test_a_case_weighs_by_where_the_person_is():
    w = rules()
    weights = {s.name: tuple(w.points[:, s]) for s in Status if IS_ENGAGED[s]}
    assert weights == (
        {s.name: CUSTODY for s in IN_PRISON} | dict.fromkeys(ORDERS, COMMUNITY) | dict.fromkeys(ON_LICENCE, LICENCE)
    )
    assert {Status(s) for s in np.flatnonzero(w.is_cuttable)} == set(COMMUNITY_SUPERVISION)


LIVING = ("COMMUNITY_ORDER", "CUSTODY", "LICENCE", "LICENCE", "LICENCE", "REMAND", "COMMUNITY_ORDER")
CASES = {
    "officer": np.array([0, 0, 2, 2, -1, 2, 0], np.int32),
    "status": np.array([Status[name] for name in LIVING], np.uint8),
    "rosh": np.array([0, 3, 1, 2, 1, 1, 1], np.uint8),
    "ogrs3": np.array([0.6, 0.6, 0.2, 0.2, 0.9, 0.9, 0.9], np.float32),
}
"""Of seven people the last is not looked at; the fifth has no officer."""


def three_officers(value, by_payment=(False, False, False)):
    """Return the load of three officers, the same number everywhere."""
    numbers = np.full(3, value, np.int32), np.full(3, value, np.int32)
    return Load(*numbers, np.array(by_payment), np.full((3, TIERS), value, np.int64))


def numbers_of(load):
    """Return what officers hold: all of a load but who cuts by payment."""
    return load.points, load.community_cases, load.cuttable


def add_all(loop, load, cases):
    """Add the cases of those of the first six who have an officer, or with -1 take them away."""
    for officer, *case in [*zip(*CASES.values(), strict=True)][:6]:
        if officer >= 0:
            loop(rules(), load, officer, *case, cases)


@both(add_case)
def test_points_and_cases_add_up_by_hand(loop):
    load = three_officers(0)
    add_all(loop, load, 1)
    assert load.points.tolist() == [20 + 9, 0, 25 + 45 + 5]
    assert load.community_cases.tolist() == [1, 0, 2]
    assert load.cuttable.tolist() == [[0, 20, 0, 0], [0] * 4, [0, 25, 0, 45]]


@both(add_case)
def test_what_is_taken_away_leaves_what_was_held_before(loop):
    load = three_officers(100)
    add_all(loop, load, -1)
    assert load.points.tolist() == [100 - 29, 100, 100 - 75]
    assert load.community_cases.tolist() == [99, 100, 98]
    assert load.cuttable.tolist() == [[100, 80, 100, 100], [100] * 4, [100, 75, 100, 55]]
    add_all(loop, load, 1)
    assert all((part == 100).all() for part in numbers_of(load))


@both(add_case)
def test_who_cuts_by_payment_adds_cases_up_by_class_of_payment_by_hand(loop):
    load = three_officers(0, by_payment=(True, True, False))
    add_all(loop, load, 1)
    assert load.points.tolist() == [20 + 9, 0, 25 + 45 + 5], "points are by tier all the same"
    assert load.cuttable.tolist() == [[0, 0, 0, 20], [0] * 4, [0, 25, 0, 45]], "OGRS3 of 0.6 is of the highest class"


@both(clear)
def test_whose_load_is_cleared_holds_nothing(loop):
    load = three_officers(9, by_payment=(True, False, True))
    loop(load)
    assert not any(part.any() for part in numbers_of(load))
    assert load.by_payment.tolist() == [True, False, True], "how anybody cuts stays"


@both(fill_weights)
def test_the_weights_of_cases_are_in_the_order_asked_for(loop):
    out = np.zeros(4, np.int64)
    loop(rules(), np.array([5, 0, 3, 1]), *[CASES[n] for n in ("status", "rosh", "ogrs3")], out)
    assert out.tolist() == [5, 20, 45, 9]


# --- what is cut


def cut(points, capacity, cuttable, greatest_cut=0.6, loop=share_cut):
    """Return the shares cut by officers."""
    out = np.full((len(points), TIERS), 9.0)
    numbers = np.array(points, np.int32), np.array(capacity, np.int64), np.array(cuttable, np.int64).reshape(-1, TIERS)
    loop(rules(greatest_cut), *numbers, out)
    return out


@both(share_cut)
@pytest.mark.parametrize(
    ("points", "shares"),
    [
        (299, [0, 0, 0, 0]),
        (300, [0, 0, 0, 0]),
        (330, [0.3, 0, 0, 0]),
        (360, [0.6, 0, 0, 0]),
        (400, [0.6, 0, 0.5, 0]),
        (420, [0.6, 0, 0.6, 12 / 40]),
        (1000, [0.6, 0, 0.6, 0.6]),
    ],
)
def test_what_is_too_much_is_cut_from_the_lowest_tier_first(loop, points, shares):
    """Capacity 300; 100, 0, 80 and 40 points of the tiers can be cut, six tenths of each at most."""
    assert cut([points], [300], [100, 0, 80, 40], loop=loop)[0] == pytest.approx(shares)


def test_each_officer_cuts_for_his_own_excess_alone():
    assert cut([500, 100], [400, 400], [[1000, 0, 0, 0]] * 2).tolist() == [[0.1, 0, 0, 0], [0, 0, 0, 0]]


ROUNDING = 1e-12
BY_TIER = st.lists(st.integers(0, 500), min_size=TIERS, max_size=TIERS)
OFFICES = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 1500), BY_TIER), min_size=1, max_size=5)


@given(OFFICES, st.floats(0.2, 1.0))
@settings(max_examples=60, deadline=None)
def test_cuts_make_up_the_excess_as_far_as_they_may_and_no_tier_is_cut_before_a_lower_one(offices, greatest):
    points, capacity, cuttable = zip(*offices, strict=True)
    out = cut(points, capacity, cuttable, greatest)
    assert ((out >= 0) & (out <= greatest)).all()
    for shares, held, can, of in zip(out, points, capacity, np.array(cuttable), strict=True):
        excess = max(0, held - can)
        assert (shares * of).sum() == pytest.approx(min(excess, greatest * of.sum()), abs=1e-6)
        for tier in np.flatnonzero(shares > ROUNDING):
            lower = of[:tier] > 0
            assert (shares[:tier][lower] == greatest).all()
    np.testing.assert_allclose(cut(points, capacity, cuttable, greatest, share_cut.py_func), out, atol=ROUNDING)


# --- in a lived world


def tiers_of(model, rows):
    """Return the tiers of people by the register's numbers, without the loops."""
    people, bound = model.people, model.register.workload.likelihood_bound
    rosh, likely = people.rosh[rows].astype(int), people.ogrs3[rows] >= bound
    return np.where(rosh >= Rosh.HIGH, 3, rosh + likely)


def held(model):
    """Add up what every officer holds from the people alone; return (points, caseload, community cases, cuttable)."""
    people, p = model.people, model.register.workload
    rows = np.flatnonzero(people.officer >= 0)
    status, tier = people.status[rows], tiers_of(model, rows)
    weight = np.array(p.custody_points)[tier]
    order = np.isin(status, [Status[s] for s in ORDERS])
    licence = np.isin(status, [Status[s] for s in ON_LICENCE])
    weight[order] = np.array(p.community_points)[tier[order]]
    weight[licence] = np.array(p.licence_points)[tier[licence]]
    size, officer = len(model.officers), people.officer[rows]
    in_community = IS_SUPERVISED_IN_COMMUNITY[status]
    cuttable = [np.bincount(officer, weight * (in_community & (tier == t)), minlength=size) for t in range(TIERS)]
    return (
        np.bincount(officer, weight, minlength=size),
        np.bincount(officer, minlength=size),
        np.bincount(officer[in_community], minlength=size),
        np.transpose(cuttable),
    )


def assert_officers_hold_what_people_say(model):
    """Compare what officers hold with a count of everyone's case anew."""
    officers = model.officers
    points, caseload, in_community, cuttable = held(model)
    assert np.array_equal(officers.points, points)
    assert np.array_equal(officers.caseload, caseload)
    assert np.array_equal(officers.community_cases, in_community)
    assert np.array_equal(officers.cuttable, cuttable)


def checked_weeks(model, weeks, monkeypatch):
    """Live some weeks, each compared with a count anew after allocation; return the world and what each week had.

    A week has (cases handed on by leavers, cases that pass to another provider, escalations, people taken off).
    """
    allocate, seen = allocation.step, []

    def checked(model):
        people, day = model.people, model.day
        officer, provider = people.officer.copy(), people.provider.copy()
        had = officer >= 0
        gone = had & model.officers.is_vacant[officer]
        allocate(model)
        assert_officers_hold_what_people_say(model)
        escalated = count(model, day, Event.ESCALATION)
        still = people.officer >= 0
        passed = had & still & (people.provider != provider)
        seen.append([(gone & still & (people.officer != officer)).sum(), passed.sum(), escalated, (had & ~still).sum()])

    monkeypatch.setattr(allocation, "step", checked)
    return later(model, weeks=weeks), np.array(seen)


@pytest.mark.parametrize("name", ["early_2012", "mid_2016", "pre", "post"])
def test_after_allocation_what_officers_hold_is_the_sum_of_their_cases(name, request, monkeypatch):
    """In every week, in which people come, go, and change hands."""
    model, weeks = checked_weeks(request.getfixturevalue(name), 8, monkeypatch)
    assert len(weeks) == 8
    assert np.array_equal(model.officers.caseload, held(model)[1]), "the caseload is right at the week's end too"
    assert held(model)[0].sum() > 1000


def test_what_officers_hold_is_right_before_in_and_after_the_week_of_the_split_with_vacancies(early_2012, monkeypatch):
    """Whole weeks in which a leaver's cases, all cases of a trust and escalated cases pass on, and people come off."""
    split = early_2012.day + 4 * 7
    timeline = load_timeline("risk_split_only", early_2012.region.areas)
    model = early_2012.fork(timeline.with_lever_setting("risk_split", date_of(split).isoformat()))
    model = with_raw(model, workload__leaving_per_year=1.5, allocation__p_escalation_per_week=0.02)
    _, weeks = checked_weeks(model, 10, monkeypatch)
    handed_on, passed, escalated, off = weeks.T
    assert not passed[:4].any()
    assert passed[4] > 500
    assert (passed[5:] > 0).all()
    assert handed_on[1:4].sum() > 20 < handed_on[5:].sum()
    assert (escalated > 0).all()
    assert off[:4].sum() > 0 < off[5:].sum()


def test_what_officers_hold_is_right_on_the_day_on_which_everyone_changes_hands(mid_2016):
    model = copy_of(mid_2016)
    model.people.provider[model.people.officer >= 0] = Provider.TRUST
    model.people.officer[model.people.officer >= 0] = 0
    model.officers.caseload[:] = held(model)[1]
    alone(model, allocation)
    assert model.officers.caseload[0] == 0
    assert_officers_hold_what_people_say(model)


def graded(model, points_full_time):
    """Return a copy of a world whose officers can carry so many points full time."""
    twin = with_raw(model, workload__points_full_time=points_full_time)
    twin.officers.grade(twin.register.workload, twin.draws)
    return twin


def contacts_cut(model, weeks=26):
    """Live some weeks and return the number of contacts cut in them."""
    return later(model, weeks=weeks).weekly.series("contacts_cut")[-weeks:].sum()


def test_officers_who_can_carry_more_cut_fewer_contacts(mid_2016):
    low, middle, high = (contacts_cut(graded(mid_2016, points)) for points in (500, 900, 1600))
    assert low > 1.3 * middle > 0
    assert middle > 1.3 * high > 0


def test_officers_of_the_crc_cut_more_of_the_contacts_the_lower_the_tier(mid_2016):
    """The NPS's qualified officers hold little but the highest tier."""
    model = with_raw(graded(mid_2016, 650), allocation__handover_days=0)
    model.people.contacts_cut[:] = model.people.contacts_due[:] = 0
    lived = later(model, weeks=13)
    people, tiers = lived.people, tiers_of(lived, np.arange(len(lived.people)))
    groups = [(people.provider == Provider.CRC) & (tiers == tier) for tier in range(TIERS - 1)]
    shares = [people.contacts_cut[group].sum() / people.contacts_due[group].sum() for group in groups]
    assert shares[0] > shares[1] + 0.05 > shares[2] + 0.1
    assert shares[0] < model.register.workload.greatest_cut + 0.05


@pytest.mark.parametrize("name", ["mid_2016", "post"])
def test_an_officer_cuts_a_tier_only_where_all_lower_ones_are_cut_as_far_as_they_may_be(name, request):
    model = alone(graded(request.getfixturevalue(name), 550), allocation)
    officers, greatest = model.officers, model.register.workload.greatest_cut
    assert (officers.cuts > ROUNDING).any(axis=0)[:3].all()
    for tier in range(1, TIERS):
        cutting = officers.cuts[:, tier] > ROUNDING
        lower = officers.cuttable[cutting, :tier] > 0
        assert (officers.cuts[cutting, :tier][lower] == greatest).all()
    assert not officers.cuts[officers.points <= officers.capacity(model.day, 0.5)].any()


def test_where_nothing_may_be_cut_only_handovers_cut_contacts(mid_2016):
    model = with_raw(graded(mid_2016, 500), workload__greatest_cut=0.0)
    model.people.contacts_cut[:] = 0
    people = later(model, weeks=26).people
    handed_over = people.handover_end_day > mid_2016.day
    assert people.contacts_cut[handed_over].sum() > 0
    assert people.contacts_cut[~handed_over].sum() == 0
    assert contacts_cut(with_raw(model, allocation__handover_days=0)) == 0


def test_where_nothing_may_be_cut_it_does_not_matter_what_officers_can_carry(mid_2016):
    """Officers without bounds and officers who cut nothing live the same weeks, if overload has no other effect.

    Owners change no posts, for they look at overload too. The factor is a power of two, so that officers' loads stand
    in the same order to the last bit.
    """

    def lived(greatest_cut, factor):
        slopes = {"workload__leaving_overload_slope": 0.0, "workload__sick_overload_slope": 0.0}
        posts = {"organisations__greatest_change_per_month": 0.0}
        model = with_raw(mid_2016, workload__greatest_cut=greatest_cut, **slopes, **posts)
        model.officers.target[:] *= factor
        return later(model, weeks=26)

    uncut, without_bound, cutting = lived(0.0, 1), lived(0.6, 1024), lived(0.6, 1)
    assert np.array_equal(events(uncut), events(without_bound))
    assert differing_columns(uncut, without_bound) == []
    assert len(events(cutting)) != len(events(uncut)) or not np.array_equal(events(cutting), events(uncut))
    assert "contacts_cut" in differing_columns(cutting, uncut)
