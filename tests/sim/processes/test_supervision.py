"""Supervision: contacts due and kept, absences that call for enforcement, terms that end."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.clock import NEVER
from sim.draws import Draws
from sim.events import BreachOutcome, Event, RecallKind, kind_of_enforcement
from sim.offenders import COMMUNITY_SUPERVISION, IS_SUPERVISED_IN_COMMUNITY, People, Provider, Reason, Rosh, Status
from sim.processes import supervision
from sim.processes.supervision import Contact, fails, is_contact_due, keeps
from tests.sim.processes.alone import (
    alone,
    at_both_ends,
    copy_of,
    with_raw,
)
from tests.twins import watch
from tests.worlds import count, later, since

ON_LICENCE = int(Status.LICENCE)
CERTAIN = 1 - 1e-12
TRIPLING = 2 * math.log(3)
"""The slope at which the odds at OGRS3 of 1 are three times, and at 0 a third of, those at one half."""
EVERY_STATUS = len(Status)


def rules(slope=2.0, **changes):
    """Return rules made by hand, the same for every status; scalars of `changes` hold for all statuses."""
    made = {"first_weeks": 12, "p_miss": 0.1, "p_enforce": 1.0, "p_failure": 0.0, "absences_allowed": 1}
    made |= {"warning_days": 365, "interval": (4, 2, 1, 1)} | changes
    by_status = {n: np.full(EVERY_STATUS, made[n]) for n in ("first_weeks", "p_miss", "p_enforce", "p_failure")}
    interval = np.tile(made["interval"], (EVERY_STATUS, 1))
    return Contact(
        greatest_odds_ratio=math.exp(slope / 2),
        miss_slope=slope,
        absences_allowed=made["absences_allowed"],
        warning_days=made["warning_days"],
        interval=interval,
        **by_status,
    )


def both(rule):
    """Run a test on a compiled rule and on its twin."""
    return pytest.mark.parametrize("rule", [rule, rule.py_func], ids=["compiled", "twin"])


def weeks_due(rule, c, rosh):
    """Return the weeks of the first twenty in which a contact is due."""
    return [week for week in range(20) if rule(c, week, ON_LICENCE, int(rosh))]


def share(rule, c, base, ogrs3, n=2000):
    """Return the share of evenly spread uniforms of which a rule is true."""
    return sum(rule(c, base, ogrs3, (i + 0.5) / n) for i in range(n)) / n


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
    assert share(rule, rules(slope=TRIPLING), 0.1, ogrs3) == pytest.approx(1 - missed, abs=1 / 2000)


@both(fails)
@pytest.mark.parametrize(("ogrs3", "failing"), [(0.0, 0.02), (0.5, 0.06), (1.0, 0.18)])
def test_the_chance_of_another_failure_is_multiplied_up_with_ogrs3(rule, ogrs3, failing):
    assert share(rule, rules(slope=TRIPLING), 0.06, ogrs3) == pytest.approx(failing, abs=1 / 2000)


@both(keeps)
def test_without_a_slope_a_contact_is_missed_alike_at_every_ogrs3(rule):
    kept = [share(rule, rules(slope=0.0), 0.1, ogrs3) for ogrs3 in (0.01, 0.5, 0.99)]
    assert kept == pytest.approx([0.9] * 3, abs=1 / 2000)
    assert len(set(kept)) == 1


CHANCES = st.floats(0.001, 0.5)
UNITS = st.floats(0, 1, exclude_max=True)


@given(CHANCES, st.floats(0, 4), UNITS, UNITS)
@settings(max_examples=300, deadline=None)
def test_the_short_cut_passes_by_nobody_who_misses_or_fails(base, slope, ogrs3, u):
    odds_ratio = math.exp(slope * (ogrs3 - 0.5))
    missed, failing = 1 / (1 + (1 / base - 1) / odds_ratio), base * odds_ratio
    assume(min(abs(u - missed), abs(u - failing)) > 1e-9)
    assert keeps(rules(slope), base, ogrs3, u) == (u >= missed)
    assert fails(rules(slope), base, ogrs3, u) == (u < failing)


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


def hold(c, people, week):
    """Hold a week's contacts; return (due, kept) by provider."""
    draws, contacts = Draws(1), np.zeros((len(Provider), 2), np.int64)
    keys = supervision.Keys(*(draws.key(f"supervision.{name}", week) for name in supervision.Keys._fields))
    columns = ("person_hash", "status", "status_since_day", "rosh", "ogrs3", "provider", "contacts_due")
    columns += ("contacts_kept", "absences", "warning_day", "enforcement_reason")
    supervision.hold(c, week * 7, keys, np.arange(len(people)), *(getattr(people, name) for name in columns), contacts)
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
    assert hold(rules(p_miss=0.0), people, 1)[Provider.NPS].tolist() == [1, 1]
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
    assert hold(rules(p_miss=0.0), people, 1).tolist() == [[0, 0], [1, 1], [1, 1], [2, 2]]
    assert hold(rules(p_miss=CERTAIN), people, 2).tolist() == [[0, 0], [1, 0], [1, 0], [2, 0]]


def test_a_failure_on_curfew_is_a_breach_of_the_curfew_and_on_licence_non_compliance():
    people = made_people(2, status=[Status.HOME_DETENTION_CURFEW, Status.LICENCE])
    hold(rules(p_miss=0.0, p_failure=CERTAIN), people, 1)
    assert people.enforcement_reason.tolist() == [Reason.CURFEW, Reason.NON_COMPLIANCE]


def test_people_miss_as_often_as_the_chance_says():
    people = made_people(8000, ogrs3=np.repeat([0.5, 1.0], 4000))
    hold(rules(slope=TRIPLING), people, 1)
    missed = (people.contacts_due - people.contacts_kept).reshape(2, 4000).mean(axis=1)
    assert missed == pytest.approx([0.1, 0.25], abs=0.02)


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
    one, other = (alone(w, supervision).people for w in worlds)
    assert np.array_equal(one.contacts_kept, other.contacts_kept)
    assert np.array_equal(one.enforcement_reason, other.enforcement_reason)
    assert one.contacts_kept.sum() < one.contacts_due.sum()


def test_where_no_contact_is_missed_every_contact_is_kept(mid_2016):
    model = later(with_raw(mid_2016, supervision__p_miss_order=0.0, supervision__p_miss_licence=0.0), weeks=26)
    due, kept = (model.weekly.series(f"contacts_{n}")[-26:] for n in ("due", "kept"))
    assert due.sum() > 1000
    assert np.array_equal(due, kept)


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
