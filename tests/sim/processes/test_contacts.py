"""A week's contacts of made people: what falls due, is kept, missed or cut, and what calls for enforcement."""

import numpy as np
import pytest

from sim.clock import NEVER
from sim.offenders import COMMUNITY_SUPERVISION, Provider, Reason, Rosh, Status
from sim.processes import supervision
from tests.sim.processes.contacts import (
    COLUMNS,
    EVERY_STATUS,
    ORDERS,
    TRIPLING,
    WEEKS_OF_FAILURE,
    hold,
    made_people,
    rules,
)

CERTAIN = 1 - 1e-12
NONE, MISSED = Reason.NONE, Reason.MISSED_CONTACT


# --- a week's contacts of made people


def reasons(c, people, weeks):
    """Return the reason for enforcement of the first person week by week, forgotten every week as enforcement does."""
    found = []
    for week in range(1, weeks + 1):
        people.enforcement_reason[:] = Reason.NONE
        hold(c, people, week)
        found.append(Reason(people.enforcement_reason[0]))
    return found


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
    people = made_people(absences=1, warning_day=707 - days_ago)
    hold(rules(p_miss=CERTAIN), people, 101)
    assert Reason(people.enforcement_reason[0]) == expected
    assert people.absences.tolist() == [absences]
    assert people.warning_day.tolist() == [707 if absences else 707 - days_ago]


def test_a_kept_contact_leaves_warnings_as_they_are():
    people = made_people(absences=1, warning_day=3)
    assert hold(rules(p_miss=0.0), people, 1)[Provider.NPS].tolist() == [1, 1, 0]
    assert (people.absences[0], people.warning_day[0], people.enforcement_reason[0]) == (1, 3, NONE)


def test_only_people_supervised_in_the_community_have_contacts():
    people = made_people(EVERY_STATUS, status=np.arange(EVERY_STATUS))
    hold(rules(p_miss=0.0), people, 1)
    assert {Status(s) for s in np.flatnonzero(people.contacts_due)} == set(COMMUNITY_SUPERVISION)
    assert np.array_equal(people.contacts_due, people.contacts_kept)


def test_the_first_contact_comes_in_the_first_full_week():
    people = made_people(4, status_since_day=[0, 6, 7, 13], rosh=Rosh.LOW)
    hold(rules(first_weeks=0), people, 1)
    assert people.contacts_due.tolist() == [1, 1, 0, 0]


def test_whoever_reports_on_release_is_seen_in_that_very_week_and_may_miss_that_contact():
    people = made_people(2, status_since_day=[7, 13])
    hold(rules(reports_on_release=True, p_miss=CERTAIN, p_failure=CERTAIN), people, 1)
    assert people.contacts_due.tolist() == people.absences.tolist() == [1, 1]
    assert people.enforcement_reason.tolist() == [NONE, NONE], "nobody fails otherwise before the first full week"


def test_contacts_are_counted_for_whoever_supervises():
    people = made_people(4, provider=[Provider.TRUST, Provider.NPS, Provider.CRC, Provider.CRC])
    assert hold(rules(p_miss=0.0), people, 1).tolist() == [[0] * 3, [1, 1, 0], [1, 1, 0], [2, 2, 0], [0] * 3]
    assert hold(rules(p_miss=CERTAIN), people, 2).tolist() == [[0] * 3, [1, 0, 0], [1, 0, 0], [2, 0, 0], [0] * 3]
    people.officer[:] = 0
    assert hold(rules(), people, 3, cuts=1.0).tolist() == [[0] * 3, [1, 0, 1], [1, 0, 1], [2, 0, 2], [0] * 3]


def test_a_failure_on_curfew_is_a_breach_of_the_curfew_and_on_licence_non_compliance():
    people = made_people(2, status=[Status.HOME_DETENTION_CURFEW, Status.LICENCE])
    hold(rules(p_miss=0.0, p_failure=CERTAIN), people, 1)
    assert people.enforcement_reason.tolist() == [Reason.CURFEW, Reason.NON_COMPLIANCE]


def test_the_chance_of_a_failure_is_that_of_the_week_of_the_status_and_at_last_stays():
    """Somebody in each of many weeks of a status; failures are certain in the fourth week, or in the last of all."""
    weeks = np.arange(150)
    for certain, expected in ((3, [3]), (WEEKS_OF_FAILURE - 1, [*range(WEEKS_OF_FAILURE - 1, 150)])):
        chances = np.where(np.arange(WEEKS_OF_FAILURE) == certain, CERTAIN, 0.0)
        for days_beyond in (0, 6):
            people = made_people(150, status_since_day=7 * 199 - 7 * weeks + days_beyond)
            hold(rules(p_miss=0.0, p_failure=chances), people, 200)
            failed = np.flatnonzero(people.enforcement_reason == Reason.NON_COMPLIANCE)
            assert failed.tolist() == expected


def test_nobody_fails_before_the_first_full_week():
    people = made_people(2, status_since_day=[7, 6])
    hold(rules(p_miss=0.0, p_failure=CERTAIN), people, 1)
    assert people.enforcement_reason.tolist() == [NONE, Reason.NON_COMPLIANCE]


def test_people_fail_as_often_as_the_chance_of_their_week_says():
    people = made_people(8000, status_since_day=np.repeat([6, -7 * 13], 4000))
    hold(rules(p_miss=0.0, p_failure=0.02 * (1 + 14 * np.exp(-np.arange(WEEKS_OF_FAILURE) / 13))), people, 1)
    failed = (people.enforcement_reason == Reason.NON_COMPLIANCE).reshape(2, 4000).mean(axis=1)
    assert failed == pytest.approx([0.02 * 15, 0.02 * (1 + 14 / np.e)], abs=0.025)


def test_people_miss_as_often_as_the_chance_of_their_week_says():
    people = made_people(8000, status_since_day=np.repeat([6, -7 * 13], 4000))
    hold(rules(p_miss=np.where(np.arange(WEEKS_OF_FAILURE) < 13, 0.4, 0.1), first_weeks=20), people, 1)
    missed = (people.contacts_due - people.contacts_kept).reshape(2, 4000).mean(axis=1)
    assert missed == pytest.approx([0.4, 0.1], abs=0.025)


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
    columns |= {"status_since_day": rng.integers(-7 * 2 * WEEKS_OF_FAILURE, 10, n)}
    c = rules(alliance_slope=1.0, p_miss=0.3, p_failure=0.05 + 0.2 * np.exp(-np.arange(WEEKS_OF_FAILURE) / 50))
    (one, counted), (other, expected) = (
        (people, [hold(c, people, week, rar_share=0.6, cuts=0.3, cases=70, loop=loop) for week in range(1, 6)])
        for people, loop in ((made_people(n, **columns), lp) for lp in (supervision.hold, supervision.hold.py_func))
    )
    assert np.array_equal(counted, expected)
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-6, err_msg=name)
    assert one.contacts_cut.sum() > 100 < one.contacts_kept.sum()
    assert (one.enforcement_reason == Reason.NON_COMPLIANCE).sum() > 20
