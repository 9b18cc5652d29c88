"""Needs come and go: the two-state chain at liberty, loss inside, help, and what of it anybody's life depends on."""

import math

import numpy as np
import pytest

from sim.charities import Kind, Stage
from sim.clock import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.events import Event
from sim.help import FOR_NEEDS
from sim.needs import NEEDS, Need, build, has, hundredth
from sim.offenders import IN_PRISON, IS_IN_PRISON, Disposal, Status
from sim.processes import needs, reoffending
from tests.sim.processes.alone import YEAR_WEEKS, alone, at_both_ends, copy_of, free_people, weightless, with_raw
from tests.twins import watch
from tests.worlds import events, later, world

ALL_NEEDS = 2**NEEDS - 1
N = 3000
NEVER_MOVE = {
    "needs__turnover_per_year": (0.0,) * NEEDS,
    "needs__lost_per_year_inside": (0.0,) * NEEDS,
    "support__met_per_year": (0.0,) * len(Kind),
}
HELP_IS_NONE = {
    "support__met_per_year": (0.0,) * len(Kind),
    "support__mentoring_log_factor": 0.0,
    "support__mentoring_weakens_ties": 0.0,
}
ABOUT_HELP = (Event.HELP_START, Event.HELP_END)


def live(model, weeks):
    """Live some weeks of needs and nothing else."""
    for _ in range(weeks):
        alone(model, needs)
        model.week += 1
    return model


def help_with(model, rows, *kinds):
    """Give people help of some kinds, with a case for each."""
    for kind in kinds:
        model.people.help[rows] |= 1 << kind
        charity = model.people.area[rows].astype(int) * len(Kind) + kind
        model.cases.add(len(rows), row=rows, charity=charity, stage=Stage.HELPED, end_day=model.day + 1000)


def end_help(model):
    """End all help."""
    model.people.help[:] = 0
    model.cases.keep(np.zeros(len(model.cases), bool))


def shares(model, rows):
    """Return the share of people with each need, shape (7,)."""
    return np.array([has(model.people.needs[rows], need).mean() for need in Need])


def close(n=N):
    """Return four standard errors of a share, at most."""
    return 4 * 0.5 / math.sqrt(n)


def left_after(rate, weeks):
    """Return the share of people whom an event of a yearly rate has not met after some weeks."""
    return np.exp(-np.asarray(rate) * weeks * DAYS_PER_WEEK / DAYS_PER_YEAR)


# --- at liberty


@pytest.mark.parametrize("ogrs3", [0.15, 0.7])
def test_prevalence_at_liberty_stays_what_is_usual(ogrs3, day_zero):
    model = copy_of(day_zero)
    rows = free_people(model, N, ogrs3=ogrs3, help=0)
    usual = build(model.register).usual[:, hundredth(ogrs3)]
    drawn = np.random.default_rng(4).random((N, NEEDS)) < usual
    model.people.needs[rows] = drawn @ (1 << np.arange(NEEDS))
    before = model.people.needs[rows].copy()
    for _ in range(3):
        live(model, YEAR_WEEKS)
        assert shares(model, rows) == pytest.approx(usual, abs=close())
    assert (model.people.needs[rows] != before).mean() > 0.8, "and yet nearly everyone's needs have moved"


@pytest.mark.parametrize("at_first", [0, ALL_NEEDS])
def test_prevalence_comes_back_to_what_is_usual_at_the_rate_of_turnover(at_first, day_zero):
    model = copy_of(day_zero)
    rows = free_people(model, N, ogrs3=0.4, help=0, needs=at_first)
    usual = build(model.register).usual[:, 40]
    for year in (1, 2):
        live(model, YEAR_WEEKS)
        left = left_after(model.register.needs.turnover_per_year, year * YEAR_WEEKS)
        assert shares(model, rows) == pytest.approx(usual + left * ((at_first > 0) - usual), abs=close())


@pytest.mark.parametrize("review_weeks", [4, 13, 26])
def test_needs_are_renewed_at_their_turnover_however_finely_time_is_cut(review_weeks, day_zero):
    """Where no need is usual, a renewal is a recovery."""
    model = with_raw(day_zero, needs__level=(-60.0,) * NEEDS, needs__review_weeks=review_weeks)
    rows = free_people(model, N, help=0, needs=ALL_NEEDS)
    live(model, YEAR_WEEKS)
    left = left_after(model.register.needs.turnover_per_year, YEAR_WEEKS)
    assert shares(model, rows) == pytest.approx(left, abs=close())


def test_nobody_s_needs_move_between_two_reviews(day_zero):
    model = with_raw(day_zero, needs__turnover_per_year=(1e6,) * NEEDS, needs__level=(-60.0,) * NEEDS)
    rows = free_people(model, 500, help=0)
    review_weeks = int(model.register.needs.review_weeks)
    for _ in range(review_weeks):
        model.people.needs[rows] = ALL_NEEDS
        alone(model, needs)
        due = model.people.stretch_phase[rows] % review_weeks == model.week % review_weeks
        assert (model.people.needs[rows] == np.where(due, 0, ALL_NEEDS)).all()
        assert 0 < due.sum() < len(rows)
        model.week += 1


def test_lives_that_parted_agree_again_at_the_next_renewal(day_zero):
    """The draws of a review know nothing of the needs before it."""
    model = with_raw(day_zero, needs__turnover_per_year=(4.0,) * NEEDS)
    parted = copy_of(model)
    for each, at_first in ((model, 0), (parted, ALL_NEEDS)):
        rows = free_people(each, N, help=0, needs=at_first)
        live(each, 2 * YEAR_WEEKS)
    differ = has(model.people.needs[rows] ^ parted.people.needs[rows], Need.WORK).mean()
    assert differ == pytest.approx(left_after(4.0, 2 * YEAR_WEEKS), abs=0.005)


def test_the_bound_on_the_hazard_grows_with_the_needs_of_whoever_can_offend(day_zero):
    """What is set anew may be anything that is high enough; who cannot offend still cannot."""
    model = with_raw(day_zero, needs__turnover_per_year=(4.0,) * NEEDS)
    rows = free_people(model, N, offence_bound=10**6, help=0)
    cannot = rows[::3]
    model.people.offence_bound[cannot] = 0
    before = model.people.needs.astype(int)
    alone(model, needs)
    present, now = build(model.register).present, model.people.needs
    moved, can = now[rows] != before[rows], ~np.isin(rows, cannot)
    bound, grown = model.people.offence_bound[rows].astype(int), present[now[rows]] / present[before[rows]]
    assert (bound[moved & can] >= 10**6 * np.maximum(grown[moved & can], 1)).all()
    assert (bound[~moved & can] == 10**6).all()
    assert (bound[~can] == 0).all()
    assert 20 < (moved & can & (grown > 1)).sum() < can.sum()


# --- inside


@pytest.mark.parametrize("status", IN_PRISON)
def test_inside_needs_only_begin_at_their_rate(status, day_zero):
    rates = (0.8, 0.4, 0.0, 3.0, 0.1, 8.0, 0.2)
    model = with_raw(day_zero, needs__lost_per_year_inside=rates)
    rows = free_people(model, N, needs=0, help=2 ** len(Kind) - 1)
    model.people.status[rows] = status
    for _ in range(2):
        before = model.people.needs[rows].copy()
        live(model, 13)
        assert (before & ~model.people.needs[rows] == 0).all(), "none ends, whatever help somebody had"
    assert shares(model, rows) == pytest.approx(1 - left_after(rates, 26), abs=close())


def test_at_liberty_nothing_is_lost(day_zero):
    model = with_raw(day_zero, **NEVER_MOVE | {"needs__lost_per_year_inside": (1000.0,) * NEEDS})
    rows = free_people(model, N, needs=0, help=0)
    live(model, 4)
    assert (model.people.needs[rows] == 0).all()


# --- help


@pytest.mark.parametrize("kind", Kind)
def test_help_meets_what_it_is_for_only_while_it_lasts(kind, day_zero):
    rates = (4.0,) * len(Kind)
    model = with_raw(day_zero, **NEVER_MOVE | {"support__met_per_year": rates})
    end_help(model)
    rows = free_people(model, N, needs=ALL_NEEDS)
    help_with(model, rows, kind)
    live(model, 10)
    met = [left_after(4.0, 10) if need in FOR_NEEDS[kind] else 1.0 for need in Need]
    assert shares(model, rows) == pytest.approx(met, abs=close())
    end_help(model)
    before = model.people.needs.copy()
    live(model, 10)
    assert np.array_equal(model.people.needs[rows], before[rows])


# --- nothing moves, nothing weighs


def test_needs_never_move_where_there_is_no_turnover_no_loss_and_no_help(mid_2016):
    model = with_raw(mid_2016, **NEVER_MOVE)
    person, before = model.people.person, model.people.needs.copy()
    still, alive = (later(m, weeks=YEAR_WEEKS).people for m in (model, mid_2016))
    assert np.array_equal(still.needs[still.rows_of(person)], before)
    assert (alive.needs[alive.rows_of(person)] != before).mean() > 0.1, "they do move"


def lived(model, **values):
    """Return what happened in a year under other numbers, help left out."""
    return events(later(with_raw(model, **values), weeks=YEAR_WEEKS), without=ABOUT_HELP)


def test_nothing_but_help_depends_on_needs_that_weigh_nothing(mid_2016, monkeypatch):
    worlds = HELP_IS_NONE, HELP_IS_NONE | NEVER_MOVE
    assert not np.array_equal(*(lived(mid_2016, **values) for values in worlds)), "needs do weigh something"
    monkeypatch.setattr(reoffending, "build_needs", weightless)
    assert np.array_equal(*(lived(mid_2016, **values) for values in worlds))


# --- direction


def leavers_with(need):
    """Return a function that gives the share of leavers of a world, from a day on, who have a need."""

    def share(model, day):
        log = model.index_log
        left = (log.day >= day + 26 * DAYS_PER_WEEK) & (log.disposal == Disposal.CUSTODY)
        assert left.sum() > 120
        return has(log.needs[left], need).mean()

    return share


@pytest.mark.parametrize("need", [Need.ACCOMMODATION, Need.WORK])
def test_more_loss_inside_makes_more_leavers_homeless_and_workless(need, mid_2016):
    world = with_raw(mid_2016, custody__p_in_cohort=1.0)
    low, high = at_both_ends(world, "needs.lost_per_year_inside", leavers_with(need))
    assert low + 4 * 0.03 < high, "by more than four standard errors of some two hundred leavers"


def test_a_higher_level_of_needs_gives_leavers_more_of_them(mid_2016):
    level = mid_2016.register.needs.level
    levels = [tuple(x + more for x in level) for more in (-1, 1)]
    worlds = [with_raw(mid_2016, needs__level=of_all, custody__p_in_cohort=1.0) for of_all in levels]
    low, high = (leavers_with(Need.ACCOMMODATION)(later(m, weeks=YEAR_WEEKS), mid_2016.day) for m in worlds)
    assert low + 0.05 < high


def offences_after_loss(model, share):
    """Count a year's offences of the people of a world in which everyone at liberty has lost everything since sentence,
    and nothing moves from then on."""
    twin = with_raw(model, needs__causal_share=share, **NEVER_MOVE)
    twin.people.needs[:] = ALL_NEEDS
    after = later(twin, weeks=YEAR_WEEKS)
    log = after.log
    offended = log.of(Event.OFFENCE)
    offended = offended[(log.day[offended] >= model.day) & (log.row[offended] < len(model.people))]
    return len(offended)


def test_the_larger_the_causal_share_the_more_offences_follow_from_what_is_lost(mid_2016):
    none, half, full = (offences_after_loss(mid_2016, share) for share in (0.0, 0.5, 1.0))
    assert none * 1.1 < half < full / 1.1


# --- twins


def test_the_compiled_loops_are_their_twins(monkeypatch):
    fast = {"support__met_per_year": (40.0,) * len(Kind), "needs__lost_per_year_inside": (8.0,) * NEEDS}
    register = with_raw(world(scale=0.002), **fast).register
    world(scale=0.002, register=register).step()
    calls = watch(monkeypatch, needs)
    model = world(scale=0.002, seed=5, register=register)
    people = model.people
    inside, at_liberty = (np.flatnonzero(IS_IN_PRISON[people.status] == held) for held in (True, False))
    helped = at_liberty[people.status[at_liberty] == Status.FREE][::2]
    help_with(model, helped, *Kind)
    before = people.needs.copy()
    live(model, 4)
    assert len(calls) > 0 < min(calls.values())
    for rows in (inside, at_liberty, helped):
        assert (model.people.needs != before)[rows].any()
