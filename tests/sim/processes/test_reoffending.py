"""Reoffending: offences on their day, what was done, and what moves their number."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.clock import DAYS_PER_WEEK, NEVER
from sim.docket import Stage
from sim.events import MOST_OFFENCES, BreachOutcome, Event, unpack_occasion
from sim.legal_status import MARGIN, VISIT, raised
from sim.offenders import IS_ENGAGED, IS_IN_PRISON, OffenceGroup, Status
from sim.parameters.register import Register
from sim.processes import reoffending
from tests.sim.processes.alone import weightless, with_raw
from tests.sim.processes.hazards import flat
from tests.twins import watch
from tests.worlds import count, events, later, since, world

YEAR = 52
CERTAIN = 1e3
"""A hazard, a day, under which everyone at risk offends."""


@pytest.fixture
def alike(mid_2016, monkeypatch):
    """A world in which everyone is free, alike, at risk since long ago and in one stretch for good; not yet visited.

    Nobody has help, and needs weigh nothing.
    """
    monkeypatch.setattr(reoffending, "build_needs", weightless)
    model = later(mid_2016, weeks=0)
    people = model.people
    people.status[:], model.settled = Status.FREE, 0
    people.status_since_day[:] = people.follow_up_day[:] = model.day - 100
    people.ogrs3[:] = 0.4
    people.is_from_custody[:] = False
    people.help[:] = 0
    people.hearing_day[:] = NEVER
    people.stretch_phase[:] = 0
    people.offence_bound[:] = VISIT
    return model


def draw(model, hazard):
    """Return who offends this week under a hazard, and on which day."""
    model._sort_people()
    return reoffending.draw_offences(model, hazard)


def draw_weeks(model, hazard, weeks):
    """Return the rows that offend in each of some weeks under one hazard."""
    drawn = []
    for _ in range(weeks):
        drawn.append(draw(model, hazard)[0])
        model.week += 1
    return drawn


# --- offences on their day


def test_the_chance_of_a_week_is_that_of_a_constant_hazard(alike):
    found = len(draw(alike, flat(alike, scale=0.06))[0])
    chance = 1 - math.exp(-0.06 * 0.4 / 0.6 * DAYS_PER_WEEK)
    n = len(alike.people)
    assert found / n == pytest.approx(chance, abs=4 * (chance * (1 - chance) / n) ** 0.5)


def test_offences_fall_on_every_day_of_the_week_alike(alike):
    rows, days = draw(alike, flat(alike, scale=CERTAIN))
    assert rows.tolist() == list(range(len(alike.people)))
    share = np.bincount(days - alike.day, minlength=DAYS_PER_WEEK) / len(days)
    assert len(share) == DAYS_PER_WEEK
    assert share == pytest.approx(np.full(7, 1 / 7), abs=0.015)


def test_ogrs3_is_the_chance_of_a_year_where_the_intensity_is_exponential(alike):
    """The claim that the hazard is built on: odds from a mixture, ``h / (1 + h)``."""
    h = flat(alike, scale=1 / (YEAR * DAYS_PER_WEEK), spread=1.0, least_uniform=1e-9, stretch_weeks=10_000)
    weeks = draw_weeks(alike, h, YEAR)
    n = len(alike.people)
    assert len(np.unique(np.concatenate(weeks))) / n == pytest.approx(0.4, abs=0.015)


def test_the_same_hazard_spread_evenly_reaches_more_people_with_no_more_offences(alike):
    n, hazard = len(alike.people), 0.4 / 0.6
    found = {}
    for spread in (0.0, 1.0):
        h = flat(alike, scale=1 / (YEAR * DAYS_PER_WEEK), spread=spread, least_uniform=1e-9, stretch_weeks=10_000)
        weeks = draw_weeks(later(alike, weeks=0), h, YEAR)
        drawn = np.concatenate(weeks)
        found[spread] = len(drawn) / n, len(np.unique(drawn)) / n
    assert found[0.0][0] == pytest.approx(hazard, rel=0.04)
    assert found[1.0][0] == pytest.approx(hazard, rel=0.05)
    assert found[0.0][1] == pytest.approx(1 - math.exp(-hazard), abs=0.015)
    assert found[0.0][1] > found[1.0][1] + 0.05


def test_nobody_offends_before_they_are_at_liberty_nor_from_a_hearing_on(alike):
    people, day = alike.people, alike.day
    people.follow_up_day[1] = day + 2
    people.status_since_day[2] = day + 3
    people.hearing_day[3] = day + 1
    people.hearing_day[4] = day
    people.follow_up_day[5] = day + DAYS_PER_WEEK
    people.follow_up_day[6], people.hearing_day[6] = day + 4, day + 5
    people.hearing_day[7] = day - 1
    first, last = np.full(8, DAYS_PER_WEEK), np.full(8, -1)
    for _ in range(60):  # each week anew, as if it were the same days
        people.offence_bound[:] = VISIT
        rows, days = draw(alike, flat(alike, scale=CERTAIN))
        ours = rows < 8
        np.minimum.at(first, rows[ours], days[ours] - alike.day)
        np.maximum.at(last, rows[ours], days[ours] - alike.day)
        alike.week += 1
        for column in (people.follow_up_day, people.status_since_day, people.hearing_day):
            column[1:8] += DAYS_PER_WEEK
    assert (first[[0, 7]].tolist(), last[[0, 7]].tolist()) == ([0, 0], [6, 6]), "the whole week; a hearing is over"
    assert (first[1], last[1]) == (2, 6)
    assert (first[2], last[2]) == (3, 6)
    assert (first[3], last[3]) == (0, 0)
    assert last[4] == last[5] == -1, "never"
    assert (first[6], last[6]) == (4, 4)


def test_nobody_is_visited_whose_bound_is_0(alike):
    alike.people.offence_bound[:50] = 0
    rows, _ = draw(alike, flat(alike, scale=CERTAIN))
    assert rows.min() == 50
    assert len(rows) == len(alike.people) - 50


def test_everyone_who_offends_under_a_low_hazard_offends_under_a_high_one(alike):
    drawn = [set(draw(later(alike, weeks=0), flat(alike, scale=s))[0].tolist()) for s in (0.01, 0.02)]
    assert drawn[0] < drawn[1]
    assert len(drawn[1]) > 1.7 * len(drawn[0])


def test_the_earliest_decision_of_the_week_ends_the_time_at_risk(mid_2016):
    model = later(mid_2016, weeks=0)
    day, docket, hearing = model.day, model.docket, model.people.hearing_day
    hearing[:9] = NEVER
    hearing[0] = day - 10  # of a hearing long past
    docket.keep(docket.row >= 9)
    entries = [(0, 4, Stage.HEARING), (0, 2, Stage.CHARGE), (1, 6, Stage.RECALL), (2, 0, Stage.CAUTION)]
    entries += [(3, 5, Stage.BREACH_HEARING), (4, 3, Stage.NO_PROOF), (5, 7, Stage.HEARING), (6, 1, Stage.OFFENCE)]
    for row, days, stage in entries:
        docket.add(1, row=row, day=day + days, stage=stage)
    reoffending.mark_hearings(model)
    assert (hearing[:3] - day).tolist() == [2, 6, 0]
    assert (hearing[4:9] == NEVER).all(), "no proof decides nothing, nor does next week"


@pytest.mark.parametrize(("outcome", "days"), [(BreachOutcome.COMMITTAL, 5), (BreachOutcome.CONTINUED, None)])
def test_a_breach_hearing_ends_the_time_at_risk_only_if_it_ends_in_prison(mid_2016, outcome, days):
    model = later(mid_2016, weeks=0)
    row = model.people.with_status(Status.POST_SENTENCE_SUPERVISION)[:1]
    shares = tuple(float(o == outcome) for o in BreachOutcome)
    parameters = model.register.parameters["enforcement"]
    changed = parameters | {"post_sentence_breach": replace(parameters["post_sentence_breach"], value=shares)}
    model.register = Register(model.register.parameters | {"enforcement": changed})
    model.docket.keep(model.docket.row != row[0])
    model.people.hearing_day[row] = NEVER
    model.docket.add(1, row=row, day=model.day + 5, stage=Stage.BREACH_HEARING)
    reoffending.mark_hearings(model)
    assert model.people.hearing_day[row[0]] == (NEVER if days is None else model.day + days)


def test_nobody_who_would_offend_is_passed_by(mid_2016):
    """The bound kept from the last visit against a visit to everyone who can offend, half a year long."""
    model, found = later(mid_2016, weeks=0), 0
    for _ in range(26):
        everyone = later(model, weeks=0)
        can_offend = everyone.people.offence_bound > 0
        everyone.people.offence_bound[can_offend] = VISIT
        kept, looked_at = later(model, weeks=0), everyone
        kept.people.offence_bound[:] = model.people.offence_bound
        drawn = [draw(m, reoffending.hazard_of_year(m)) for m in (kept, looked_at)]
        assert np.array_equal(drawn[0][0], drawn[1][0])
        assert np.array_equal(drawn[0][1], drawn[1][1])
        found += len(drawn[0][0])
        assert (kept.people.offence_bound[can_offend] < VISIT).mean() > 0.5
        model.step()
    assert found > 200


# --- what was done


def test_further_offences_rise_with_ogrs3():
    means = reoffending.expected_further_offences(np.array([0.0, 0.5, 1.0]), 0.2, 0.6)
    assert means == pytest.approx([0.2, 0.5, 0.8])


def led_by_nobody(rows):
    """Return the places of leaders of people who lead themselves."""
    return np.full(len(rows), -1)


def recorded(model, rows):
    """Enter an offence of some people; return (group, number of offences) of each."""
    days = np.full(len(rows), model.day)
    reoffending.record_offences(model, rows, days, led_by_nobody(rows))
    group, offences, _ = unpack_occasion(model.log.value[-len(rows) :])
    return group, offences


def test_the_number_of_offences_has_its_mean(alike):
    p = alike.register.reoffending
    rows = np.arange(len(alike.people))
    _, offences = recorded(alike, rows)
    beyond = p.further_offences + p.further_offences_prolific * 0.4
    mean = (1 + beyond) * p.in_year("offences_index", alike.year)
    error = 4 * (mean * (mean - 1) / len(rows)) ** 0.5
    assert offences.mean() == pytest.approx(mean, abs=error)
    assert offences.min() == 1
    assert offences.max() <= MOST_OFFENCES


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_a_share_of_offences_is_of_the_group_of_the_last_for_its_own_sake(alike, share):
    model = later(alike, weeks=0, reoffending__specialisation=share)
    rows = np.arange(len(model.people))
    model.people.offence_group[:] = OffenceGroup.SEXUAL
    model.people.is_female[:] = True
    group, _ = recorded(model, rows)
    assert share <= (group == OffenceGroup.SEXUAL).mean() + 0.015
    assert (group == OffenceGroup.SEXUAL).mean() < share + 0.03, "hardly any woman's offence is sexual"


def test_an_offence_waits_on_the_docket_for_proof(alike):
    rows = np.array([3, 8])
    alike.people.pending_cases[:10] = 1
    entered = len(alike.docket)
    reoffending.record_offences(alike, rows, alike.day + np.array([0, 5]), led_by_nobody(rows))
    docket = alike.docket
    new = slice(entered, None)
    assert docket.row[new].tolist() == [3, 8]
    assert docket.day[new].tolist() == docket.offence_day[new].tolist() == [alike.day, alike.day + 5]
    assert (docket.stage[new] == Stage.OFFENCE).all()
    assert alike.people.pending_cases[[2, 3, 8]].tolist() == [1, 2, 2]
    assert np.array_equal(alike.log.value[-2:], docket.code[new])


def test_who_takes_part_does_what_the_leader_does(alike):
    rows, led_by = np.arange(600), np.full(600, -1)
    led_by[300:] = np.arange(300)
    entered = len(alike.docket)
    reoffending.record_offences(alike, rows, np.full(600, alike.day), led_by)
    group, offences, _ = unpack_occasion(alike.log.value[-600:])
    assert np.array_equal(group[300:], group[:300])
    assert len(np.unique(group)) > 5
    assert (offences[300:] != offences[:300]).any(), "each is charged with his own"
    assert len(alike.docket) - entered == 600


# --- direction


def offences(model, before):
    return count(model, before.day, Event.OFFENCE)


def test_a_higher_hazard_scale_raises_offences(mid_2016):
    """More prison and more charges hold offences back a little, so they rise by less than the hazard."""
    low, high = (offences(later(mid_2016, weeks=YEAR, reoffending__hazard_scale=s), mid_2016) for s in (0.5, 1.0))
    assert 1.2 * low < high < 2 * low


def test_a_stronger_decline_lowers_offences(mid_2016):
    none, full = (offences(later(mid_2016, weeks=YEAR, reoffending__desistance_share=s), mid_2016) for s in (0, 1))
    assert full < 0.85 * none


def test_a_smaller_proven_share_detects_more_and_proves_as_many(mid_2016):
    runs = [later(mid_2016, weeks=2 * YEAR, proof__p_proven=s) for s in (0.4, 0.8)]
    detected = [offences(m, mid_2016) for m in runs]
    proven = [count(m, mid_2016.day + 364, Event.CAUTION, Event.CONVICTION, Event.JOINED_CONVICTION) for m in runs]
    assert detected[0] > 1.4 * detected[1]
    assert proven[0] == pytest.approx(proven[1], rel=0.1)


def early_offences(model, start, days=56):
    """Count offences within some days of a release of the same person."""
    log = model.log
    released = since(model, start, Event.RELEASE)
    offended = since(model, start, Event.OFFENCE)
    gap = log.day[offended][:, None] - log.day[released][None, :]
    same = log.row[offended][:, None] == log.row[released][None, :]
    return int((same & (gap >= 0) & (gap < days)).sum()), len(released)


def test_a_higher_peak_raises_early_offences_after_release(mid_2016):
    flat_run, peaked = (later(mid_2016, weeks=YEAR, reoffending__release_peak=s) for s in (0, 4))
    few, releases = early_offences(flat_run, mid_2016.day)
    many, _ = early_offences(peaked, mid_2016.day)
    assert releases > 200
    assert many > 1.4 * few > 0


def offenders_of_next_week(model, **settings):
    """Return who offends in the next week, each for himself, but the newcomers, as a set of numbers."""
    twin = later(model, weeks=1, ties__p_join=0, **settings)
    did = since(twin, model.day, Event.OFFENCE)
    persons = twin.people.person[twin.log.row[did]]
    return set(persons[np.isin(persons, model.people.person)].tolist())


def test_the_peak_moves_nobody_who_comes_from_court(mid_2016):
    drawn = [offenders_of_next_week(mid_2016, reoffending__release_peak=s) for s in (0, 4)]
    moved = np.array(sorted(drawn[0] ^ drawn[1]), np.int64)
    after = later(mid_2016, weeks=1).people
    assert after.is_from_custody[after.rows_of(moved)].all()


def test_the_factor_of_supervision_moves_the_supervised_alone(mid_2016):
    """Ten weeks, each on its own, so that nobody's life has parted yet."""
    low = high = moved_free = 0
    model = mid_2016
    for _ in range(10):
        drawn = [offenders_of_next_week(model, reoffending__supervision_log_factor=f) for f in (-0.1, 0.1)]
        engaged = set(model.people.person[IS_ENGAGED[model.people.status]].tolist())
        low, high = low + len(drawn[0] & engaged), high + len(drawn[1] & engaged)
        moved_free += len((drawn[0] ^ drawn[1]) - engaged)
        assert drawn[0] <= drawn[1]
        model = later(model, weeks=1)
    assert low < high
    assert moved_free == 0


# --- the week


def test_a_step_records_the_offences_it_draws_and_no_prisoner_s(mid_2016):
    model = later(mid_2016, weeks=0)
    before = len(model.log)
    model._sort_people()
    reoffending.step(model)
    log = model.log
    assert np.isin(log.event[before:], (Event.OFFENCE, Event.CO_OFFENCE)).all()
    assert not IS_IN_PRISON[model.people.status[log.row[before:]]].any()
    assert ((log.day[before:] >= model.day) & (log.day[before:] < model.day + DAYS_PER_WEEK)).all()
    offended = log.row[before:][log.event[before:] == Event.OFFENCE]
    assert len(np.unique(offended)) == len(offended) > 5


def with_detection(model, ratio):
    """Return a copy of a world in which so many times as much is detected in 2017 as in every year before."""
    return with_raw(model, proof__detection_index=(0.9,) * 9 + (0.9 * ratio,))


def at_new_year(model, ratio):
    """Return the copy at the start of 2017; nothing is lived."""
    twin = with_detection(model, ratio)
    while not twin.is_first_week_of_year:
        twin.week += 1
    assert twin.year == 2017
    return twin


def bounds_in_force(model, monkeypatch):
    """Live offending for a week; return the bounds before it, and those with which it draws."""
    before, drawn_with, draw_offences = model.people.offence_bound.copy(), [], reoffending.draw_offences

    def seen(model, hazard):
        drawn_with.append(model.people.offence_bound.copy())
        return draw_offences(model, hazard)

    monkeypatch.setattr(reoffending, "draw_offences", seen)
    model._sort_people()
    reoffending.step(model)
    return before.astype(float), drawn_with[0].astype(float)


@pytest.mark.parametrize("ratio", [1.02, 1.3])
def test_in_a_year_in_which_more_is_detected_all_bounds_rise_by_the_ratio(mid_2016, monkeypatch, ratio):
    before, after = bounds_in_force(at_new_year(mid_2016, ratio), monkeypatch)
    known = (before > 0) & (before * ratio < VISIT)
    assert known.sum() > 1000
    assert (after[known] >= before[known] * ratio).all()
    assert (after[known] <= before[known] * ratio + MARGIN).all()
    assert (after[before * ratio >= VISIT] == VISIT).all()
    assert (after[before == 0] == 0).all()
    assert (before == 0).sum() > 100


@pytest.mark.parametrize("ratio", [0.7, 1.0])
def test_in_a_year_in_which_no_more_is_detected_all_bounds_stay(mid_2016, monkeypatch, ratio):
    before, after = bounds_in_force(at_new_year(mid_2016, ratio), monkeypatch)
    assert np.array_equal(before, after)


def test_in_no_other_week_bounds_rise(mid_2016, monkeypatch):
    model = at_new_year(mid_2016, 1.3)
    model.week += 1
    before, after = bounds_in_force(model, monkeypatch)
    assert np.array_equal(before, after)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.021, 1.3, 7.0])
@pytest.mark.parametrize("loop", [reoffending._raise_all, reoffending._raise_all.py_func], ids=["compiled", "twin"])
def test_a_raised_bound_is_that_of_the_rule_for_one(loop, factor):
    bounds = np.array([0, 1, 2, 1000, 2**31, VISIT - 1, VISIT], np.uint32)
    found = bounds.copy()
    loop(found, factor)
    assert found.tolist() == [raised.py_func(bound, factor) for bound in bounds.tolist()]
    assert found[0] == 0
    assert found[-1] == VISIT
    assert np.array_equal(found, bounds) == (factor <= 1)


@pytest.mark.parametrize("ratio", [0.7, 1.5])
def test_nobody_who_would_offend_in_a_new_year_is_passed_by(mid_2016, ratio):
    """A visit to everyone who can offend finds the same offences, in the first weeks of the year."""
    kept, found = with_detection(mid_2016, ratio), 0
    while kept.year == 2016:
        kept.step()
    seeing, unraised = later(kept, weeks=0), later(kept, weeks=0)
    unraised.people.offence_bound[:] = kept.people.offence_bound
    all_, some = (set(draw(m, reoffending.hazard_of_year(m))[0].tolist()) for m in (seeing, unraised))
    assert some < all_ if ratio > 1 else some == all_, "bounds must be raised where more is detected, and only there"
    for _ in range(8):
        looked_at = later(kept, weeks=1)
        kept.step()
        assert np.array_equal(events(kept), events(looked_at))
        found += count(kept, kept.day - DAYS_PER_WEEK, Event.OFFENCE)
    assert found > 50


def test_the_compiled_loops_are_their_twins(monkeypatch):
    model = world(scale=0.005, seed=5)
    calls = watch(monkeypatch, reoffending)
    for _ in range(8):
        model.step()
    assert len(calls) > 0 < min(calls.values())
    assert count(model, 0, Event.OFFENCE) > 10
