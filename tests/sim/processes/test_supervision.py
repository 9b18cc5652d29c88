"""Supervision: contacts due and kept, absences that call for enforcement, terms that end."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.clock import NEVER
from sim.draws import Draws
from sim.events import BreachOutcome, Event, RecallKind, kind_of_enforcement
from sim.offenders import COMMUNITY_SUPERVISION, IS_SUPERVISED_IN_COMMUNITY, People, Provider, Reason, Rosh, Status
from sim.parameters.register import Register
from sim.processes import supervision
from sim.processes.supervision import Contact, fails, grown, is_contact_due, is_cut, keeps
from sim.workload import build as build_workload
from tests.sim.processes.alone import (
    alone,
    at_both_ends,
    copy_of,
    with_raw,
)
from tests.twins import watch
from tests.worlds import count, differing_columns, events, later, since

ON_LICENCE = int(Status.LICENCE)
CERTAIN = 1 - 1e-12
TRIPLING = 2 * math.log(3)
"""The slope at which the odds at OGRS3 of 1 are three times, and at 0 a third of, those at one half."""
EVERY_STATUS = len(Status)


def rules(slope=2.0, **changes):
    """Return rules made by hand, the same for every status; scalars of `changes` hold for all statuses."""
    made = {"first_weeks": 12, "p_miss": 0.1, "p_enforce": 1.0, "p_failure": 0.0, "absences_allowed": 1}
    made |= {"warning_days": 365, "interval": (4, 2, 1, 1), "alliance_slope": 0.0, "centre_alliance": 0.45}
    made |= {"alliance_growth": 0.06, "cases_quality_falls": 50.0} | changes
    by_status = {n: np.full(EVERY_STATUS, made[n]) for n in ("first_weeks", "p_miss", "p_enforce", "p_failure")}
    others = ("absences_allowed", "warning_days", "alliance_slope", "centre_alliance", "alliance_growth")
    return Contact(
        greatest_odds_ratio=math.exp(slope / 2 + made["alliance_slope"] * made["centre_alliance"]),
        miss_slope=slope,
        interval=np.tile(made["interval"], (EVERY_STATUS, 1)),
        cases_quality_falls=made["cases_quality_falls"],
        **{name: made[name] for name in others},
        **by_status,
    )


def both(rule):
    """Run a test on a compiled rule and on its twin."""
    return pytest.mark.parametrize("rule", [rule, rule.py_func], ids=["compiled", "twin"])


def weeks_due(rule, c, rosh):
    """Return the weeks of the first twenty in which a contact is due."""
    return [week for week in range(20) if rule(c, week, ON_LICENCE, int(rosh))]


def share(rule, c, base, *circumstances, n=2000):
    """Return the share of evenly spread uniforms of which a rule is true."""
    return sum(rule(c, base, *circumstances, (i + 0.5) / n) for i in range(n)) / n


# --- when a contact is due


@both(is_contact_due)
@pytest.mark.parametrize(
    ("rosh", "due"),
    [
        (Rosh.LOW, [0, 4, 8, 12, 16]),
        (Rosh.MEDIUM, [*range(11), 12, 14, 16, 18]),
        (Rosh.HIGH, [*range(20)]),
        (Rosh.VERY_HIGH, [*range(20)]),
    ],
)
def test_contact_is_weekly_at_first_but_for_low_risk_and_then_by_tier(rule, rosh, due):
    assert weeks_due(rule, rules(first_weeks=11), rosh) == due


@both(is_contact_due)
def test_contact_is_by_tier_from_the_start_where_no_weeks_are_weekly(rule):
    assert weeks_due(rule, rules(first_weeks=0), Rosh.MEDIUM) == [*range(0, 20, 2)]


# --- whether it is kept, and other failures


@both(keeps)
@pytest.mark.parametrize(("ogrs3", "missed"), [(0.0, 1 / 28), (0.5, 1 / 10), (1.0, 1 / 4)])
def test_the_odds_of_a_missed_contact_rise_with_ogrs3(rule, ogrs3, missed):
    """From 1 to 9 at one half: a third of that at 0, three times that at 1."""
    assert share(rule, rules(slope=TRIPLING), 0.1, ogrs3, 0.0) == pytest.approx(1 - missed, abs=1 / 2000)


@both(fails)
@pytest.mark.parametrize(("ogrs3", "failing"), [(0.0, 0.02), (0.5, 0.06), (1.0, 0.18)])
def test_the_chance_of_another_failure_is_multiplied_up_with_ogrs3(rule, ogrs3, failing):
    assert share(rule, rules(slope=TRIPLING), 0.06, ogrs3) == pytest.approx(failing, abs=1 / 2000)


@both(keeps)
def test_without_a_slope_a_contact_is_missed_alike_at_every_ogrs3(rule):
    kept = [share(rule, rules(slope=0.0), 0.1, ogrs3, 0.3) for ogrs3 in (0.01, 0.5, 0.99)]
    assert kept == pytest.approx([0.9] * 3, abs=1 / 2000)
    assert len(set(kept)) == 1


CHANCES = st.floats(0.001, 0.5)
UNITS = st.floats(0, 1, exclude_max=True)


@given(CHANCES, st.floats(0, 4), st.floats(0, 2), UNITS, UNITS, UNITS)
@settings(max_examples=300, deadline=None)
def test_the_short_cut_passes_by_nobody_who_misses_or_fails(base, slope, alliance_slope, ogrs3, alliance, u):
    c = rules(slope, alliance_slope=alliance_slope)
    failing = base * math.exp(slope * (ogrs3 - 0.5))
    missed = 1 / (1 + (1 / base - 1) / math.exp(slope * (ogrs3 - 0.5) - alliance_slope * (alliance - 0.45)))
    assume(min(abs(u - missed), abs(u - failing)) > 1e-9)
    assert keeps(c, base, ogrs3, alliance, u) == (u >= missed)
    assert fails(c, base, ogrs3, u) == (u < failing)


@both(keeps)
@pytest.mark.parametrize(("alliance", "missed"), [(0.0, 1 / 4), (0.5, 1 / 10), (1.0, 1 / 28)])
def test_the_odds_of_a_missed_contact_fall_with_the_alliance(rule, alliance, missed):
    """From 1 to 9 at the centre: three times that without an alliance, a third of it at the fullest."""
    c = rules(slope=0.0, alliance_slope=TRIPLING, centre_alliance=0.5)
    assert share(rule, c, 0.1, 0.5, alliance) == pytest.approx(1 - missed, abs=1 / 2000)


# --- the alliance


@both(grown)
@pytest.mark.parametrize(
    ("alliance", "cases", "expected"),
    [(0.0, 0, 0.1), (0.0, 50, 0.1), (0.0, 100, 0.05), (0.5, 50, 0.55), (0.5, 200, 0.5125), (1.0, 50, 1.0)],
)
def test_a_kept_contact_makes_up_a_share_of_what_is_missing_less_with_an_officer_of_many_cases(
    rule, alliance, cases, expected
):
    assert rule(rules(alliance_growth=0.1), alliance, cases) == pytest.approx(expected, abs=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.lists(st.integers(0, 300), max_size=30))
@settings(max_examples=100, deadline=None)
def test_the_alliance_never_falls_by_a_contact_and_stays_between_nothing_and_all(growth, alliance, contacts):
    c = rules(alliance_growth=growth)
    for cases in contacts:
        after = grown(c, alliance, cases)
        assert alliance <= after <= 1
        assert after == grown.py_func(c, alliance, cases)
        alliance = after


# --- contacts that an officer cuts


CUTS = np.array([[0.6, 0.25, 0.0, 0.0], [0.0] * 4])
"""Of two officers, by tier."""


@both(is_cut)
@pytest.mark.parametrize(
    ("officer", "rosh", "ogrs3", "share_cut"),
    [
        (0, Rosh.LOW, 0.2, 0.6),
        (0, Rosh.LOW, 0.8, 0.25),
        (0, Rosh.MEDIUM, 0.2, 0.25),
        (0, Rosh.MEDIUM, 0.8, 0.0),
        (0, Rosh.HIGH, 0.2, 0.0),
        (1, Rosh.LOW, 0.2, 0.0),
        (-1, Rosh.LOW, 0.2, 0.0),
    ],
)
def test_so_many_contacts_are_cut_as_the_officer_cuts_of_the_tier(rule, register, officer, rosh, ogrs3, share_cut):
    w = register.derived(build_workload)
    units = (np.arange(2000) + 0.5) / 2000
    assert np.mean([rule(w, CUTS, officer, int(rosh), ogrs3, u) for u in units]) == pytest.approx(share_cut, abs=1e-3)


# --- what the register says of each status


def rules_of(register, **changed):
    """Return the rules of a register with some of its numbers changed."""
    for name, text in changed.items():
        register = register.with_setting(f"supervision.{name}", text)
    return supervision._contact(register)


def by_status(values):
    """Return the values of the statuses supervised in the community, by name."""
    return {s.name: values[s] for s in COMMUNITY_SUPERVISION}


def test_orders_licences_and_post_sentence_supervision_have_chances_of_their_own(register):
    c = rules_of(
        register,
        p_miss_order="0.2",
        p_miss_licence="0.05",
        p_enforce_order="0.4",
        p_enforce_licence="0.5",
        p_enforce_post_sentence="0.6",
    )
    order, licence, after = (0.2, 0.4), (0.05, 0.5), (0.05, 0.6)
    expected = {
        "COMMUNITY_ORDER": order,
        "SUSPENDED_SENTENCE_ORDER": order,
        "HOME_DETENTION_CURFEW": licence,
        "LICENCE": licence,
        "YOUNG_OFFENDER_SUPERVISION": after,
        "POST_SENTENCE_SUPERVISION": after,
    }
    assert by_status([*zip(c.p_miss.tolist(), c.p_enforce.tolist(), strict=True)]) == expected


def test_other_failures_are_of_licence_and_curfew_alone_and_a_week_s_share_of_the_month_s(register):
    c = rules_of(register, licence_failure_per_month="0.02", curfew_failure_per_month="0.04")
    month_weeks = 365.25 / 12 / 7
    assert {Status(s) for s in np.flatnonzero(c.p_failure)} == {Status.LICENCE, Status.HOME_DETENTION_CURFEW}
    assert c.p_failure[Status.LICENCE] == pytest.approx(0.02 / month_weeks)
    assert c.p_failure[Status.HOME_DETENTION_CURFEW] == pytest.approx(0.04 / month_weeks)


@pytest.mark.parametrize("effect", ["0.0", "1.0"])
def test_the_short_cut_of_the_register_s_rules_passes_by_nobody_of_high_ogrs3_without_an_alliance(register, effect):
    c = rules_of(register, p_miss_order="0.03", alliance_miss_effect=effect, centre_alliance="0.8", miss_slope="4")
    odds = 0.03 / 0.97 * math.exp(2 + float(effect) * 0.8)
    missed = 1 - share(keeps, c, c.p_miss[Status.COMMUNITY_ORDER], 1.0, 0.0)
    assert missed == pytest.approx(odds / (1 + odds), abs=1 / 2000)


def test_post_sentence_supervision_is_thinner_but_never_denser_than_the_tier(register):
    c = rules_of(register, weeks_between_contacts="[4, 2, 1, 1]", post_sentence_weeks_between_contacts="3")
    after = [4, 3, 3, 3]
    assert by_status(c.interval.tolist()) == {
        s.name: after if "SUPERVISION" in s.name else [4, 2, 1, 1] for s in COMMUNITY_SUPERVISION
    }
    assert c.first_weeks[[Status.POST_SENTENCE_SUPERVISION, Status.YOUNG_OFFENDER_SUPERVISION]].tolist() == [0, 0]


# --- a week's contacts of made people


def made_people(n=1, **columns):
    """Return people on licence since day 0, of medium risk."""
    made = People()
    values = {"status": Status.LICENCE, "rosh": Rosh.MEDIUM, "ogrs3": 0.5, "provider": Provider.NPS} | columns
    made.arrive(0, np.arange(n), **values)
    return made


WORKLOAD = build_workload(Register.load())
COLUMNS = (
    *("person_hash", "status", "status_since_day", "rosh", "ogrs3", "provider", "officer", "is_rar"),
    *("handover_end_day", "alliance", "contacts_due", "contacts_kept", "contacts_cut"),
    *("absences", "warning_day", "enforcement_reason"),
)


def hold(c, people, week, *, rar_share=1.0, cuts=0.0, cases=0, loop=supervision.hold):
    """Hold a week's contacts with officers who all cut alike and hold alike; return (due, kept, cut) by provider."""
    draws, contacts = Draws(1), np.zeros((len(Provider), 3), np.int64)
    keys = supervision.Keys(*(draws.key(f"supervision.{name}", week) for name in supervision.Keys._fields))
    officers = max(1, people.officer.max() + 1)
    cuts, cases = np.full((officers, 4), float(cuts)), np.full(officers, cases, np.int32)
    rows, columns = np.arange(len(people)), (getattr(people, name) for name in COLUMNS)
    loop(c, WORKLOAD, rar_share, week * 7, keys, rows, cuts, cases, *columns, contacts)
    return contacts


def reasons(c, people, weeks):
    """Return the reason for enforcement of the first person week by week, forgotten every week as enforcement does."""
    found = []
    for week in range(1, weeks + 1):
        people.enforcement_reason[:] = Reason.NONE
        hold(c, people, week)
        found.append(Reason(people.enforcement_reason[0]))
    return found


NONE, MISSED = Reason.NONE, Reason.MISSED_CONTACT


@pytest.mark.parametrize(
    ("allowed", "expected"), [(1, [NONE, MISSED, NONE, MISSED, NONE]), (2, [NONE, NONE, MISSED, NONE, NONE])]
)
def test_one_absence_more_than_allowed_calls_for_enforcement_and_then_the_count_begins_anew(allowed, expected):
    c = rules(p_miss=CERTAIN, absences_allowed=allowed)
    assert reasons(c, made_people(), 5) == expected


def test_an_officer_who_always_uses_discretion_enforces_nothing():
    people = made_people()
    assert reasons(rules(p_miss=CERTAIN, p_enforce=0.0), people, 6) == [NONE] * 6
    assert people.absences.tolist() == [6]


@pytest.mark.parametrize(("days_ago", "expected", "absences"), [(365, MISSED, 0), (366, NONE, 1)])
def test_a_warning_lapses_after_twelve_months(days_ago, expected, absences):
    people = made_people(absences=1, warning_day=700 - days_ago)
    hold(rules(p_miss=CERTAIN), people, 100)
    assert Reason(people.enforcement_reason[0]) == expected
    assert people.absences.tolist() == [absences]
    assert people.warning_day.tolist() == [700 if absences else 700 - days_ago]


def test_a_kept_contact_leaves_warnings_as_they_are():
    people = made_people(absences=1, warning_day=3)
    assert hold(rules(p_miss=0.0), people, 1)[Provider.NPS].tolist() == [1, 1, 0]
    assert (people.absences[0], people.warning_day[0], people.enforcement_reason[0]) == (1, 3, NONE)


def test_only_people_supervised_in_the_community_have_contacts():
    people = made_people(EVERY_STATUS, status=np.arange(EVERY_STATUS))
    hold(rules(p_miss=0.0), people, 1)
    assert {Status(s) for s in np.flatnonzero(people.contacts_due)} == set(COMMUNITY_SUPERVISION)
    assert np.array_equal(people.contacts_due, people.contacts_kept)


def test_the_first_contact_comes_after_the_first_day():
    people = made_people(3, status_since_day=[6, 7, 8])
    hold(rules(), people, 1)
    assert people.contacts_due.tolist() == [1, 0, 0]


def test_contacts_are_counted_for_whoever_supervises():
    people = made_people(4, provider=[Provider.TRUST, Provider.NPS, Provider.CRC, Provider.CRC])
    assert hold(rules(p_miss=0.0), people, 1).tolist() == [[0] * 3, [1, 1, 0], [1, 1, 0], [2, 2, 0]]
    assert hold(rules(p_miss=CERTAIN), people, 2).tolist() == [[0] * 3, [1, 0, 0], [1, 0, 0], [2, 0, 0]]
    people.officer[:] = 0
    assert hold(rules(), people, 3, cuts=1.0).tolist() == [[0] * 3, [1, 0, 1], [1, 0, 1], [2, 0, 2]]


def test_a_failure_on_curfew_is_a_breach_of_the_curfew_and_on_licence_non_compliance():
    people = made_people(2, status=[Status.HOME_DETENTION_CURFEW, Status.LICENCE])
    hold(rules(p_miss=0.0, p_failure=CERTAIN), people, 1)
    assert people.enforcement_reason.tolist() == [Reason.CURFEW, Reason.NON_COMPLIANCE]


def test_people_miss_as_often_as_the_chance_says():
    people = made_people(8000, ogrs3=np.repeat([0.5, 1.0], 4000))
    hold(rules(slope=TRIPLING), people, 1)
    missed = (people.contacts_due - people.contacts_kept).reshape(2, 4000).mean(axis=1)
    assert missed == pytest.approx([0.1, 0.25], abs=0.02)


# --- cut contacts, handovers, the alliance, the activity requirement, of made people


def test_a_contact_that_is_cut_is_neither_kept_nor_missed():
    people = made_people(officer=0, alliance=0.5)
    c = rules(p_miss=CERTAIN, absences_allowed=0)
    for week in range(1, 5):
        hold(c, people, week, cuts=1.0)
    assert (people.contacts_due[0], people.contacts_cut[0], people.contacts_kept[0]) == (4, 4, 0)
    assert (people.absences[0], people.enforcement_reason[0], people.alliance[0]) == (0, NONE, 0.5)


def test_so_many_contacts_are_cut_as_the_share_says_whatever_would_have_come_of_them():
    people = made_people(8000, officer=0)
    kept = made_people(8000, officer=0)
    hold(rules(p_miss=0.4), people, 1, cuts=0.3)
    hold(rules(p_miss=0.4), kept, 1)
    assert people.contacts_cut.mean() == pytest.approx(0.3, abs=0.02)
    left = people.contacts_cut == 0
    assert np.array_equal(people.contacts_kept[left], kept.contacts_kept[left])
    assert people.contacts_kept[left].mean() == pytest.approx(0.6, abs=0.02)


def test_until_a_handover_is_over_contacts_due_are_cut():
    people = made_people(3, handover_end_day=[7 * 5 + 1, 7 * 5, -NEVER])
    for week in range(3, 8):
        hold(rules(p_miss=0.0), people, week)
    assert people.contacts_due.tolist() == [5, 5, 5]
    assert people.contacts_cut.tolist() == [3, 2, 0]
    assert people.contacts_kept.tolist() == [2, 3, 5]


@pytest.mark.parametrize(("cases", "growth"), [(50, 0.06), (75, 0.04), (0, 0.06)])
def test_after_so_many_kept_contacts_the_alliance_is_as_the_closed_form_says(cases, growth):
    people = made_people(2, officer=[0, -1])
    for k in range(1, 13):
        hold(rules(p_miss=0.0), people, k, cases=cases)
        assert people.alliance.tolist() == pytest.approx([1 - (1 - growth) ** k, 1 - 0.94**k], abs=1e-5)


def test_a_missed_contact_adds_nothing_to_the_alliance():
    people = made_people(2, officer=0, alliance=[0.0, 0.6])
    hold(rules(p_miss=CERTAIN), people, 1)
    assert people.alliance.tolist() == pytest.approx([0.0, 0.6])


ORDERS = (Status.COMMUNITY_ORDER, Status.SUSPENDED_SENTENCE_ORDER)


def test_under_the_activity_requirement_a_share_of_contacts_falls_due_on_orders_alone():
    status = np.repeat(COMMUNITY_SUPERVISION, 4000)
    people, plain = (made_people(len(status), status=status, is_rar=is_rar) for is_rar in (True, False))
    for thinned in (people, plain):
        hold(rules(), thinned, 1, rar_share=0.7)
    due = {s: people.contacts_due[status == s].mean() for s in COMMUNITY_SUPERVISION}
    assert [due[s] for s in ORDERS] == pytest.approx([0.7, 0.7], abs=0.025)
    assert {due[s] for s in COMMUNITY_SUPERVISION if s not in ORDERS} == {1.0}
    assert (plain.contacts_due == 1).all()
    held = people.contacts_due == 1
    assert np.array_equal(people.contacts_kept[held], plain.contacts_kept[held])


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_contacts_due_under_a_lower_share_are_due_under_a_higher_one_and_all_under_all(share):
    people = {s: made_people(500, status=Status.COMMUNITY_ORDER, is_rar=True) for s in (share, 1.0)}
    without = made_people(500, status=Status.COMMUNITY_ORDER)
    for week in range(1, 9):
        for s, those in people.items():
            hold(rules(), those, week, rar_share=s)
        hold(rules(), without, week)
    assert (people[share].contacts_due <= people[1.0].contacts_due).all()
    assert people[share].contacts_due.sum() < people[1.0].contacts_due.sum()
    for name in ("contacts_due", "contacts_kept", "absences", "warning_day", "enforcement_reason", "alliance"):
        assert np.array_equal(getattr(people[1.0], name), getattr(without, name))


def test_a_week_s_contacts_of_people_of_every_kind_are_those_of_the_twin():
    """The loop is called by the process with everything at once; here with cuts, handovers and thinning."""
    rng = np.random.default_rng(5)
    n = 400
    columns = {"status": rng.integers(0, EVERY_STATUS, n), "rosh": rng.integers(0, 4, n), "ogrs3": rng.random(n)}
    columns |= {"officer": rng.integers(-1, 3, n), "is_rar": rng.random(n) < 0.5, "alliance": rng.random(n)}
    columns |= {"handover_end_day": rng.choice([-NEVER, 10, 100], n), "provider": rng.integers(0, 4, n)}
    c = rules(alliance_slope=1.0, p_miss=0.3, p_failure=0.05)
    (one, counted), (other, expected) = (
        (people, [hold(c, people, week, rar_share=0.6, cuts=0.3, cases=70, loop=loop) for week in range(1, 6)])
        for people, loop in ((made_people(n, **columns), lp) for lp in (supervision.hold, supervision.hold.py_func))
    )
    assert np.array_equal(counted, expected)
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-6, err_msg=name)
    assert one.contacts_cut.sum() > 100 < one.contacts_kept.sum()


# --- in a world


def test_the_compiled_loops_are_their_twins(mid_2016, monkeypatch):
    model = with_raw(mid_2016, supervision__licence_failure_per_month=0.5, supervision__p_miss_licence=0.3)
    model.people.enforcement_reason[:] = NONE
    calls = watch(monkeypatch, supervision)
    people = alone(model, supervision).people
    assert min(calls.values()) > 0
    assert {Reason.NON_COMPLIANCE, Reason.MISSED_CONTACT} <= set(people.enforcement_reason.tolist())
    assert (people.warning_day == model.day).any()


def test_terms_that_have_run_out_end_on_their_own_day(mid_2016):
    model = copy_of(mid_2016)
    people, end = model.people, model.people.status_end_day.copy()
    over = np.flatnonzero(IS_SUPERVISED_IN_COMMUNITY[people.status] & (end <= model.day))
    status = people.status[over].copy()
    alone(model, supervision)
    ended = since(model, 0, Event.SUPERVISION_END)[-len(over) :]
    assert len(over) > 5
    assert sorted(model.log.row[ended]) == over.tolist()
    assert np.array_equal(model.log.day[ended], end[model.log.row[ended]])
    assert sorted(model.log.value[ended]) == sorted(status)
    still = IS_SUPERVISED_IN_COMMUNITY[people.status] & (people.status_end_day <= model.day)
    assert not still.any()


def test_a_term_that_has_a_day_left_goes_on(mid_2016):
    model = copy_of(mid_2016)
    people = model.people
    row = np.flatnonzero(people.status == Status.COMMUNITY_ORDER)[:2]
    people.order_end_day[row] = people.status_end_day[row] = [model.day, model.day + 1]
    for column in ("licence_end_day", "pss_end_day", "young_offender_end_day"):
        getattr(people, column)[row] = -NEVER
    alone(model, supervision)
    assert people.status[row].tolist() == [Status.FREE, Status.COMMUNITY_ORDER]
    assert (people.officer[row] >= 0).tolist() == [False, True]


# --- direction


def weekly_sum(measure):
    """Return a measure that sums a series of the weekly record."""
    return lambda model, day: model.weekly.series(measure)[day // 7 :].sum()


def enforced(event, of):
    """Return a measure that counts recalls or breaches whose code answers to a question."""

    def measure(model, day):
        return int(of(model.log.value[since(model, day, event)]).sum())

    return measure


def for_reason(reason):
    """Return the question whether enforcement was for a reason."""
    return lambda codes: codes % 8 == reason


def after_sentence(codes):
    """Say which outcomes of a breach only post-sentence supervision has."""
    return np.isin(kind_of_enforcement(codes), [BreachOutcome.DEFAULT_ORDER, BreachOutcome.COMMITTAL])


CONTACTS = weekly_sum("contacts_due")
RECALLS = weekly_sum("recalls")
BREACHES = weekly_sum("breaches")
SMALLEST_RISE = {CONTACTS: 1.05}
"""Contacts move by some tenths at most, for two groups alone; failures by half or more."""
RISING = {
    "p_miss_licence": RECALLS,
    "p_enforce_licence": RECALLS,
    "licence_failure_per_month": enforced(Event.RECALL, for_reason(Reason.NON_COMPLIANCE)),
    "p_miss_order": BREACHES,
    "p_enforce_order": BREACHES,
    "p_enforce_post_sentence": enforced(Event.BREACH, after_sentence),
    "first_weeks": CONTACTS,
}
FALLING = {
    "weeks_between_contacts": CONTACTS,
    "post_sentence_weeks_between_contacts": CONTACTS,
    "absences_allowed": lambda model, day: count(model, day, Event.RECALL, Event.BREACH),
}


@pytest.mark.parametrize("name", RISING)
def test_what_is_raised_raises_contacts_or_failures(mid_2016, name):
    low, high = at_both_ends(mid_2016, f"supervision.{name}", RISING[name])
    assert high > SMALLEST_RISE.get(RISING[name], 1.3) * low
    assert high > low + 10


@pytest.mark.parametrize("name", FALLING)
def test_longer_intervals_and_more_patience_lower_contacts_and_failures(mid_2016, name):
    low, high = at_both_ends(mid_2016, f"supervision.{name}", FALLING[name])
    assert low > SMALLEST_RISE.get(FALLING[name], 1.3) * high
    assert low > high + 10


def test_more_failures_on_curfew_lead_to_more_recalls_from_it(mid_2016):
    curfewed = with_raw(mid_2016, custody__p_curfew=(1.0,) * len(mid_2016.register.custody.p_curfew))
    low, high = at_both_ends(curfewed, "supervision.curfew_failure_per_month", from_curfew)
    assert high > 1.3 * low
    assert high > low + 5


def from_curfew(model, day):
    """Count recalls from curfew."""
    recalls = since(model, day, Event.RECALL)
    return int((kind_of_enforcement(model.log.value[recalls]) == RecallKind.CURFEW).sum())


def missed_by_ogrs3(model, day):
    """Return the share of contacts missed by people of high OGRS3 less that by people of low."""
    people = model.people
    high, low = (people.ogrs3 > 0.6), (people.ogrs3 < 0.4)
    missed = [1 - people.contacts_kept[g].sum() / people.contacts_due[g].sum() for g in (high, low)]
    return missed[0] - missed[1]


def test_a_steeper_slope_sets_the_prolific_further_apart(mid_2016):
    fresh = copy_of(mid_2016)
    fresh.people.contacts_due[:] = fresh.people.contacts_kept[:] = 0
    low, high = at_both_ends(fresh, "supervision.miss_slope", missed_by_ogrs3, weeks=26)
    assert high > low + 0.03


# --- zero


def test_without_a_slope_ogrs3_changes_no_contact(mid_2016):
    worlds = [with_raw(mid_2016, supervision__miss_slope=0.0) for _ in range(2)]
    worlds[1].people.ogrs3[:] = np.random.default_rng(1).permutation(worlds[1].people.ogrs3)
    for model in worlds:
        model.officers.cuts[:] = 0  # which contacts are cut depends on OGRS3 by the tier
    one, other = (alone(w, supervision).people for w in worlds)
    assert np.array_equal(one.contacts_kept, other.contacts_kept)
    assert np.array_equal(one.enforcement_reason, other.enforcement_reason)
    assert one.contacts_kept.sum() < one.contacts_due.sum()


def test_where_no_contact_is_missed_every_contact_is_kept_or_cut(mid_2016):
    model = later(with_raw(mid_2016, supervision__p_miss_order=0.0, supervision__p_miss_licence=0.0), weeks=26)
    due, kept, cut = (model.weekly.series(f"contacts_{n}")[-26:] for n in ("due", "kept", "cut"))
    assert due.sum() > 1000
    assert cut.sum() > 0
    assert np.array_equal(due, kept + cut)


def test_where_the_alliance_does_not_count_it_changes_nobody_s_contacts(mid_2016):
    def lived(alliance, effect):
        model = with_raw(mid_2016, supervision__alliance_miss_effect=effect)
        model.people.alliance[:] = alliance
        return alone(model, supervision).people

    random = np.random.default_rng(1).random(len(mid_2016.people))
    none, mixed = lived(0.0, 0.0), lived(random, 0.0)
    for name in COLUMNS:
        if name != "alliance":
            assert np.array_equal(getattr(none, name), getattr(mixed, name)), name
    assert not np.array_equal(lived(0.0, 1.0).contacts_kept, lived(random, 1.0).contacts_kept)


def missed(model, day):
    """Return the share missed of the contacts that were not cut, of a fresh count."""
    people = model.people
    held = people.contacts_due.sum() - people.contacts_cut.sum()
    return 1 - people.contacts_kept.sum() / held


@pytest.mark.parametrize(("alliance", "direction"), [(1.0, -1), (0.0, 1)])
def test_the_more_the_alliance_counts_the_fewer_contacts_are_missed_with_a_good_one(mid_2016, alliance, direction):
    fresh = with_raw(mid_2016, supervision__alliance_growth=0.0, allocation__alliance_kept_on_change=1.0)
    people = fresh.people
    people.contacts_due[:] = people.contacts_kept[:] = people.contacts_cut[:] = 0
    people.alliance[:] = alliance
    low, high = at_both_ends(fresh, "supervision.alliance_miss_effect", missed, weeks=13)
    assert direction * (high - low) > 0.01


def alliance_of_supervised(model, day):
    """Return the mean alliance of those who were supervised when the world was parted and still are."""
    people = model.people
    return people.alliance[IS_SUPERVISED_IN_COMMUNITY[people.status] & (people.status_since_day < day)].mean()


def test_the_faster_alliances_grow_the_better_they_are_and_the_fewer_cases_quality_bears_the_worse(mid_2016):
    low, high = at_both_ends(mid_2016, "supervision.alliance_growth", alliance_of_supervised, weeks=26)
    assert high > low + 0.2
    assert 0 < low < high < 1
    few, many = (
        alliance_of_supervised(later(with_raw(mid_2016, supervision__cases_quality_falls=n), weeks=26), mid_2016.day)
        for n in (5, 50)
    )
    assert many > few + 0.1


def under_requirement(model, share, is_rar=True):
    """Return a copy of a world in which all orders have the requirement or none, at a share of contacts."""
    lever = model.timeline.levers[RAR]
    levers = dict(model.timeline.levers) | {
        RAR: replace(lever, settings=dict(lever.settings) | {"contact_share": share})
    }
    twin = model.fork(replace(model.timeline, levers=levers))
    twin.people.is_rar[:] = is_rar
    return twin


RAR = "rehabilitation_activity_requirement"


def test_an_activity_requirement_with_all_contacts_changes_no_contact(mid_2016):
    whole, without = (alone(under_requirement(mid_2016, 1.0, is_rar), supervision) for is_rar in (True, False))
    assert set(differing_columns(whole, without)) == {"is_rar"}
    assert np.array_equal(whole.contacts, without.contacts)
    assert np.array_equal(events(whole), events(without))


def test_a_lower_share_of_contacts_thins_out_orders_under_the_requirement_alone(mid_2016):
    whole, thin = (alone(under_requirement(mid_2016, share), supervision).people for share in (1.0, 0.5))
    fewer = whole.contacts_due > thin.contacts_due
    assert (thin.contacts_due <= whole.contacts_due).all()
    assert set(whole.status[fewer]) == set(ORDERS)
    mixed, plain = (under_requirement(mid_2016, share) for share in (0.5, 1.0))
    mixed.people.is_rar[::2] = plain.people.is_rar[::2] = False
    mixed, plain = (alone(m, supervision).people for m in (mixed, plain))
    fewer = np.flatnonzero(plain.contacts_due > mixed.contacts_due)
    assert len(fewer) > 20
    assert (fewer % 2 == 1).all()


@pytest.mark.parametrize(
    ("zeros", "gone"),
    [
        (("licence_failure_per_month", "curfew_failure_per_month"), (Reason.NON_COMPLIANCE, Reason.CURFEW)),
        (("p_enforce_licence",), (Reason.MISSED_CONTACT,)),
    ],
)
def test_nobody_is_recalled_for_what_never_happens(mid_2016, zeros, gone):
    """What was decided before the worlds part takes effect in the week after."""
    model = later(with_raw(mid_2016, **{f"supervision__{name}": 0.0 for name in zeros}), weeks=26)
    recalls = model.log.value[since(model, mid_2016.day + 7, Event.RECALL)] % 8
    assert not np.isin(recalls, gone).any()
    assert len(recalls) > 5
