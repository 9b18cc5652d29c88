"""Arrivals: how many come, with what behind them, and who is tracked no longer."""

import numpy as np
import pytest

from sim.clock import DAYS_PER_WEEK, NEVER, WEEKS_PER_YEAR, year_of_week
from sim.docket import Stage
from sim.events import MOST_OFFENCES, Event, unpack_occasion
from sim.offenders import BANDS, Status, band_of
from sim.processes import arrivals
from tests.worlds import later, since

YEAR = 52
LOW, HIGH = 110_000, 150_000
"""First-timers a year, the ends of the range."""


def arrived(model, since_week):
    """Return the rows of everyone who arrived from a week on."""
    return np.flatnonzero(model.people.arrival_week >= since_week)


def split(model, since_week):
    """Return the numbers of first-timers and of returners who arrived from a week on."""
    rows = arrived(model, since_week)
    number = model.people.person[rows]
    is_returner = model.people.slot[rows] >= arrivals.RETURNER_SLOTS
    return set(number[~is_returner].tolist()), set(number[is_returner].tolist())


def expected(model, weeks, per_year):
    """Return the closed form: a yearly number at the level of each week's year and the size of the world."""
    level = [model.register.arrivals.in_year("level", year_of_week(model.week + w)) for w in range(weeks)]
    return per_year * model.size * sum(level) / WEEKS_PER_YEAR


@pytest.fixture(scope="module")
def year(mid_2016):
    """A year more."""
    return later(mid_2016, weeks=YEAR)


@pytest.fixture
def week(mid_2016):
    """A week in which people arrive and nothing else has happened yet; the rows of the newcomers."""
    model = later(mid_2016, weeks=0)
    before = len(model.people)
    arrivals.arrive(model)
    return model, np.arange(before, len(model.people))


# --- how many


@pytest.mark.parametrize("start", ["early_2012", "mid_2016"])
def test_as_many_first_timers_and_returners_arrive_as_the_level_of_the_years_says(start, request):
    before = request.getfixturevalue(start)
    model = later(before, weeks=YEAR)
    first, returners = split(model, before.week)
    p = model.register.arrivals
    # a count is the whole number below or above: its standard deviation is at most a half, over 52 weeks four
    assert len(first) == pytest.approx(expected(before, YEAR, p.first_timers_per_year), abs=15)
    assert len(returners) == pytest.approx(expected(before, YEAR, sum(p.returners_per_year)), abs=15)
    assert len(first) > 300


def test_more_first_timers_arrive_where_more_are_expected_and_nobody_is_renamed(mid_2016):
    low = split(later(mid_2016, weeks=YEAR, arrivals__first_timers_per_year=LOW), mid_2016.week)
    high = split(later(mid_2016, weeks=YEAR, arrivals__first_timers_per_year=HIGH), mid_2016.week)
    assert low[0] < high[0]
    assert len(high[0]) / len(low[0]) == pytest.approx(HIGH / LOW, rel=0.03)
    assert low[1] == high[1], "one first-timer more renames no returner"


def test_returners_of_a_band_come_in_proportion_to_its_number(mid_2016):
    model = later(mid_2016, weeks=YEAR, arrivals__returners_per_year=[40_000, 0, 20_000, 0, 20_000])
    rows = arrived(model, mid_2016.week)
    rows = rows[model.people.slot[rows] >= arrivals.RETURNER_SLOTS]
    model.people.sanctions[rows] = history_at_arrival(model, rows)
    share = np.bincount(band_of(model.people.sanctions[rows]), minlength=len(BANDS)) / len(rows)
    assert share[[0, 2, 4]].tolist() == [0, 0, 0]
    assert share[[1, 3, 5]] == pytest.approx([0.5, 0.25, 0.25], abs=0.06)


def history_at_arrival(model, rows):
    """Return how many sanctions people had before all those that the log holds."""
    log = model.log
    found = log.of(Event.CAUTION, Event.CONVICTION)
    return model.people.sanctions[rows] - np.bincount(log.row[found], minlength=len(model.people))[rows]


def test_no_returners_come_where_none_are_expected(mid_2016):
    model = later(mid_2016, weeks=4, arrivals__returners_per_year=[0, 0, 0, 0, 0])
    first, returners = split(model, mid_2016.week)
    assert returners == set()
    assert len(first) > 30


def test_who_arrives_does_not_depend_on_what_the_model_has_done(mid_2016):
    quiet = later(mid_2016, weeks=12, reoffending__hazard_scale=0.5)
    busy = later(mid_2016, weeks=12, reoffending__hazard_scale=1.3)
    assert len(quiet.log) < len(busy.log)
    for column in ("person_hash", "birth_day", "is_female", "area", "stretch_phase"):
        came = [getattr(m.people, column)[arrived(m, mid_2016.week)] for m in (quiet, busy)]
        assert np.array_equal(*came), column


# --- with what behind them


def test_newcomers_come_with_one_offence_of_this_week_on_the_docket_and_bound_to_be_proven(week):
    model, rows = week
    docket = model.docket
    new = np.flatnonzero(docket.stage == Stage.PROVEN_OFFENCE)
    assert docket.row[new].tolist() == rows.tolist()
    assert np.array_equal(docket.day[new], docket.offence_day[new])
    assert ((docket.day[new] >= model.day) & (docket.day[new] < model.day + DAYS_PER_WEEK)).all()
    assert (model.people.pending_cases[rows] == 1).all()
    assert len(rows) > 10


def test_an_arrival_and_its_offence_are_logged_on_one_day(week):
    model, rows = week
    log = model.log
    came, did = since(model, model.day, Event.ARRIVED), since(model, model.day, Event.OFFENCE)
    assert log.row[came].tolist() == log.row[did].tolist() == rows.tolist()
    assert np.array_equal(log.day[came], log.day[did])
    group, offences, _ = unpack_occasion(log.value[did])
    assert np.array_equal(group, log.value[came])
    assert np.array_equal(group, model.people.offence_group[rows])
    assert offences.min() >= 1


def test_newcomers_are_free_and_not_at_risk_before_next_week(week):
    model, rows = week
    people = model.people
    assert (people.status[rows] == Status.FREE).all()
    assert (people.follow_up_day[rows] == model.day + DAYS_PER_WEEK).all()
    assert (people.status_end_day[rows] == NEVER).all()


def test_first_timers_have_no_history_and_returners_have_one(week):
    model, rows = week
    people = model.people
    is_returner = people.slot[rows] >= arrivals.RETURNER_SLOTS
    assert (people.sanctions[rows[~is_returner]] == 0).all()
    assert (people.first_sanction_day[rows[~is_returner]] == NEVER).all()
    assert (people.sanctions[rows[is_returner]] > 0).all()
    assert (people.first_sanction_day[rows[is_returner]] < model.day).all()
    assert 0 < is_returner.sum() < len(rows)


def test_the_first_offence_of_a_newcomer_is_proven_without_fail(year, mid_2016):
    log, rows = year.log, arrived(year, mid_2016.week)
    ends = log.of(Event.NO_PROOF)
    first = dict(zip(log.row[log.of(Event.ARRIVED)], log.day[log.of(Event.ARRIVED)], strict=True))
    unproven = [k for k in ends if log.row[k] in set(rows.tolist()) and log.cause_day[k] == first[log.row[k]]]
    assert unproven == []
    assert len(ends) > 100


@pytest.mark.parametrize("mean", [0.1, 0.8])
def test_offences_of_the_first_occasion_have_their_mean(mid_2016, mean):
    model = later(mid_2016, weeks=0, reoffending__further_offences=mean)
    rows = np.arange(len(model.people))
    u = model.draws.uniforms("test", model.people.person_hash)
    arrivals.enter_offence(model, rows, np.full(len(rows), model.day), u)
    _, offences, _ = unpack_occasion(model.log.value[-len(rows) :])
    # the standard deviation of a geometric number of mean m is sqrt(m (1 + m))
    assert offences.mean() == pytest.approx(1 + mean, abs=4 * (mean * (1 + mean) / len(rows)) ** 0.5)
    assert offences.max() <= MOST_OFFENCES


# --- who leaves


@pytest.fixture
def leaving(mid_2016):
    """A week at whose start the tracked years of four free people end, one of whom has a case pending."""
    model = later(mid_2016, weeks=0)
    people = model.people
    rows = np.flatnonzero((people.status == Status.FREE) & (people.pending_cases == 0))[:5]
    people.status_end_day[rows] = model.day - np.arange(5)
    people.status_end_day[rows[4]] = model.day + 1
    people.pending_cases[rows[3]] = 1
    model._sort_people()
    arrivals.leave(model)
    return model, rows


def test_people_whose_tracked_years_are_over_leave_on_the_day_on_which_they_end(leaving):
    model, rows = leaving
    people, log = model.people, model.log
    assert (people.status[rows[:3]] == Status.LEFT).all()
    assert (people.status_end_day[rows[:3]] == NEVER).all()
    assert (people.offence_bound[rows[:3]] == 0).all(), "nobody offends who has left"
    logged = {int(log.row[k]): int(log.day[k]) for k in since(model, model.day - 5, Event.LEFT)}
    assert [logged[row] for row in rows[:3].tolist()] == [model.day, model.day - 1, model.day - 2]


def test_nobody_leaves_with_a_case_pending_or_before_the_day(leaving):
    model, rows = leaving
    people = model.people
    assert (people.status[rows[3:]] == Status.FREE).all()
    assert people.status_end_day[rows[3]] > model.day, "asked again later"
    assert people.status_end_day[rows[4]] == model.day + 1


def test_someone_whose_case_was_pending_leaves_once_it_is_closed(leaving):
    model, rows = leaving
    people = model.people
    people.pending_cases[rows[3]] = 0
    while people.status_end_day[rows[3]] > model.day:
        model.week += 1
    model._sort_people()
    arrivals.leave(model)
    assert people.status[rows[3]] == Status.LEFT


def test_people_are_tracked_for_longer_where_the_tracked_years_are_longer(early_2012):
    short = later(early_2012, weeks=4 * YEAR, population__tracking_years=3)
    long = later(early_2012, weeks=4 * YEAR, population__tracking_years=10)
    gone = [len(since(m, early_2012.day, Event.LEFT)) for m in (short, long)]
    assert gone[0] > 1.3 * gone[1]
