"""Supervision in a world: terms that end, and what moves contacts, failures and alliances."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sim.clock import NEVER, TWELVE_MONTHS_DAYS
from sim.events import BreachOutcome, Event, RecallKind, kind_of_enforcement
from sim.offenders import IS_SUPERVISED_IN_COMMUNITY, Reason, Status
from sim.processes import supervision
from tests.sim.processes.alone import (
    YEAR_WEEKS,
    alone,
    at_both_ends,
    copy_of,
    with_raw,
)
from tests.sim.processes.contacts import COLUMNS, ORDERS
from tests.twins import watch
from tests.worlds import differing_columns, events, later, since, world

# --- in a world


def test_the_compiled_loops_are_their_twins(mid_2016, monkeypatch):
    model = with_raw(mid_2016, supervision__licence_failure_per_month=0.5, supervision__p_miss_licence=0.3)
    model.people.enforcement_reason[:] = Reason.NONE
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
    "licence_failure_peak": enforced(Event.RECALL, for_reason(Reason.NON_COMPLIANCE)),
    "licence_settling_weeks": enforced(Event.RECALL, for_reason(Reason.NON_COMPLIANCE)),
    "p_miss_order": BREACHES,
    "p_enforce_order": BREACHES,
    "p_enforce_post_sentence": enforced(Event.BREACH, after_sentence),
    "first_weeks": CONTACTS,
}
WATCHED_WEEKS = {"p_enforce_post_sentence": 2 * YEAR_WEEKS}
"""In a year from the middle of 2016 few are under post-sentence supervision long enough to fail."""
FALLING = {
    "weeks_between_contacts": CONTACTS,
    "post_sentence_weeks_between_contacts": CONTACTS,
}


@pytest.mark.parametrize("name", RISING)
def test_what_is_raised_raises_contacts_or_failures(mid_2016, name):
    weeks = WATCHED_WEEKS.get(name, YEAR_WEEKS)
    low, high = at_both_ends(mid_2016, f"supervision.{name}", RISING[name], weeks=weeks)
    assert high > SMALLEST_RISE.get(RISING[name], 1.3) * low
    assert high > low + 10


def recalls_by_length(model, day):
    """Return the numbers of recalls of people whose last sentence was of under twelve months, and of all others."""
    short = model.people.sentence_days[model.log.row[since(model, day, Event.RECALL)]] < TWELVE_MONTHS_DAYS
    return np.array([short.sum(), (~short).sum()])


def test_a_higher_peak_recalls_more_leavers_of_short_sentences_and_more_of_them_than_of_others():
    """Short licences lie in the first weeks as a whole; in a world large enough to tell the two rises apart."""
    large = world("post_reform", date(2016, 7, 4), scale=0.3)
    low, high = at_both_ends(large, "supervision.licence_failure_peak", recalls_by_length, weeks=2 * YEAR_WEEKS)
    rise = high / low
    assert low.min() > 200
    assert rise[0] > 1.3
    assert rise[0] > 1.1 * rise[1]


@pytest.mark.parametrize("name", FALLING)
def test_longer_intervals_lower_contacts(mid_2016, name):
    low, high = at_both_ends(mid_2016, f"supervision.{name}", FALLING[name])
    assert low > SMALLEST_RISE[FALLING[name]] * high
    assert low > high + 10


def failures_by_reason(model, day):
    """Return the numbers of recalls and breaches for missed contacts, and of all."""
    codes = model.log.value[since(model, day, Event.RECALL, Event.BREACH)]
    return np.array([for_reason(Reason.MISSED_CONTACT)(codes).sum(), len(codes)])


def test_more_patience_with_absences_lowers_failures_for_them_and_thereby_failures_as_a_whole(mid_2016):
    """Over two years, because those of one are few, and a third of them or more have other reasons."""
    low, high = at_both_ends(mid_2016, "supervision.absences_allowed", failures_by_reason, weeks=2 * YEAR_WEEKS)
    missed, every = low / high
    assert every > 1.3
    assert missed > 1.1 * every
    assert (low > high + 20).all()


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
