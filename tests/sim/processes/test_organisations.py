"""Organisations: officers fall ill and leave, more often the more they have to do; posts stay empty for a while."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR
from sim.draws import Draws
from sim.offenders import IS_SUPERVISED_IN_COMMUNITY, Provider
from sim.officers import Officers, heads_for
from sim.processes import allocation, organisations
from sim.processes.organisations import factor_of_load, move_staff
from tests.sim.processes.alone import alone, copy_of, with_raw
from tests.twins import watch
from tests.worlds import later, on_caseload

HEADS = 20_000
WORKING_DAYS = 5


def office(register, heads=HEADS, *, load=1.0, seed=7, **settings):
    """Return officers without people, all at a load, with a register under which they can be lived alone."""
    for name, value in ({"caseholder_share": 1} | settings).items():
        register = register.with_setting(f"workload.{name}", str(value))
    officers = Officers(1)
    officers.employ(Provider.TRUST, heads, (1.0,))
    officers.grade(register.workload, Draws(seed))
    officers.points[:] = np.round(officers.target * load)
    return SimpleNamespace(register=register, officers=officers, draws=Draws(seed), week=0, day=0)


def live(world, weeks=52):
    """Live officers alone; return (leavers, absences, officer-weeks at work)."""
    officers, left, ill, at_work = world.officers, 0, 0, 0
    for _ in range(weeks):
        next_week = world.day + DAYS_PER_WEEK
        present = officers.away_until_day <= next_week
        organisations.staff(world)
        gone = present & (officers.away_until_day > next_week)
        left += (gone & officers.is_vacant).sum()
        ill += (gone & ~officers.is_vacant).sum()
        at_work += present.sum()
        world.week += 1
        world.day += DAYS_PER_WEEK
    return int(left), int(ill), int(at_work)


def expected(rate_a_year, at_work):
    """Return how many events a rate lets expect, as an approximation with four standard errors of sampling."""
    mean = rate_a_year / WEEKS_PER_YEAR * at_work
    return pytest.approx(mean, abs=4 * math.sqrt(mean))


# --- how often


def test_at_target_officers_leave_and_fall_ill_as_often_as_the_register_says(register):
    left, ill, at_work = live(office(register))
    assert left == expected(register.workload.leaving_per_year, at_work)
    per_spell = register.workload.sick_spell_weeks * WORKING_DAYS
    assert ill == expected(register.workload.sick_days_per_year / per_spell, at_work)
    assert 500 < left < ill


@pytest.mark.parametrize("load", [0.0, 0.5, 1.0])
def test_below_target_it_does_not_matter_how_far(register, load):
    assert live(office(register, 3000, load=load)) == live(office(register, 3000, load=1.0))


@pytest.mark.parametrize("spell", ["1", "2", "3.7", "8"])
def test_the_days_lost_are_the_same_however_long_a_spell_is(register, spell):
    _, ill, at_work = live(office(register, sick_spell_weeks=spell))
    weeks = int(float(spell))
    assert ill == expected(register.workload.sick_days_per_year / (weeks * WORKING_DAYS), at_work)


@pytest.mark.parametrize("name", ["leaving", "sick"])
def test_overload_multiplies_leaving_and_sickness_by_the_factor_of_the_load(register, name):
    other = {"leaving": "sick", "sick": "leaving"}[name]
    settings = {f"{name}_overload_slope": 2.0, f"{other}_overload_slope": 0.0}
    left, ill, at_work = live(office(register, load=1.5, **settings))
    p, factors = register.workload, {name: math.e, other: 1.0}
    assert left == expected(p.leaving_per_year * factors["leaving"], at_work)
    assert ill == expected(p.sick_days_per_year / (p.sick_spell_weeks * WORKING_DAYS) * factors["sick"], at_work)


def test_without_slopes_the_load_changes_nothing(register):
    zeros = {"leaving_overload_slope": 0.0, "sick_overload_slope": 0.0}
    worlds = [office(register, 3000, load=load, **zeros) for load in (1.0, 3.0)]
    assert live(worlds[0]) == live(worlds[1])
    for name in ("is_vacant", "away_until_day"):
        assert np.array_equal(*(getattr(w.officers, name) for w in worlds))
    assert live(office(register, 3000, load=3.0)) != live(office(register, 3000, load=1.0))


def test_where_nobody_leaves_or_falls_ill_everyone_stays(register, day_zero):
    nothing = with_raw(day_zero, workload__leaving_per_year=0.0, workload__sick_days_per_year=0.0).register
    world = office(register, 500)
    world.register = nothing
    assert live(world) == (0, 0, 500 * 52)


def test_posts_are_as_many_as_leave_the_staff_in_post_that_were_asked_for(register):
    wanted = 10_000
    world = office(register, heads_for(wanted, register.workload))
    live(world, 26)  # until as many posts fall empty as are filled
    in_post = []
    for _ in range(26):
        live(world, 1)
        in_post.append(world.officers.hours[~world.officers.is_vacant].sum())
    assert np.mean(in_post) == pytest.approx(wanted, rel=0.01)
    assert len(world.officers) > 1.05 * wanted


# --- the rules


@pytest.mark.parametrize("rule", [factor_of_load, factor_of_load.py_func], ids=["compiled", "twin"])
@pytest.mark.parametrize(
    ("points", "slope", "factor"),
    [(0, 1.0, 1.0), (800, 1.0, 1.0), (1200, 1.0, math.exp(0.5)), (1600, 0.5, math.exp(0.5)), (1600, 0.0, 1.0)],
)
def test_the_factor_of_load_is_one_up_to_the_target(rule, points, slope, factor):
    assert rule(points, 800, slope) == pytest.approx(factor)


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(200, 1600), st.floats(0, 2))
def test_more_points_never_make_leaving_less_likely(one, other, target, slope):
    less, more = (factor_of_load(p, target, slope) for p in sorted((one, other)))
    assert 1 <= less <= more


def moved(loop, *, p_leaving=0.0, p_sick=0.0, away=0, next_week=700, n=50):
    """Let officers at target move for a week; return (is_vacant, away_until_day)."""
    officers = Officers(1)
    officers.employ(Provider.CRC, n, (1.0,))
    officers.away_until_day[:] = away
    keys = [Draws(1).key(name, 3) for name in ("organisations.leaving", "organisations.sickness")]
    numbers = (p_leaving, 1.0, 26 * 7, p_sick, 0.5, 14)
    points, target = np.full(n, 1000, np.int32), np.full(n, 1000, np.int32)
    vacant, until = officers.is_vacant, officers.away_until_day
    loop(next_week, *keys, *numbers, officers.officer_hash, points, target, vacant, until)
    return vacant, until


LOOPS = pytest.mark.parametrize("loop", [move_staff, move_staff.py_func], ids=["compiled", "twin"])


@LOOPS
def test_whoever_leaves_is_gone_for_the_vacancy_and_whoever_is_ill_for_the_spell(loop):
    vacant, until = moved(loop, p_leaving=1.0, p_sick=1.0)
    assert vacant.all()
    assert set(until) == {700 + 26 * 7}
    vacant, until = moved(loop, p_sick=1.0)
    assert not vacant.any()
    assert set(until) == {714}


@LOOPS
@pytest.mark.parametrize(("away", "moves"), [(700, True), (701, False)])
def test_whoever_is_away_next_week_neither_leaves_nor_falls_ill(loop, away, moves):
    vacant, until = moved(loop, p_leaving=1.0, p_sick=1.0, away=away)
    assert vacant.all() == vacant.any() == moves
    assert (until == away).all() != moves


def test_officers_of_a_lower_chance_of_leaving_are_among_those_of_a_higher():
    few, many = (moved(move_staff, p_leaving=p, n=5000)[0] for p in (0.05, 0.2))
    assert few.mean() == pytest.approx(0.05, abs=0.015)
    assert many.mean() == pytest.approx(0.2, abs=0.025)
    assert not (few & ~many).any()


def test_a_sick_officer_comes_back_and_a_leaver_s_post_is_filled_when_their_time_is_up(register):
    world = office(register, 4, leaving_overload_slope=0.0)
    world.register = SimpleNamespace(workload=SimpleNamespace(**NOBODY_MOVES))
    officers = world.officers
    officers.is_vacant[:2] = True
    officers.away_until_day[:] = [21, 28, 14, -1]
    vacant, away = [], []
    for _ in range(5):
        live(world, 1)
        vacant.append(officers.is_vacant.tolist())
        away.append(officers.is_away(world.day).tolist())
    assert vacant == [[True, True, False, False]] * 2 + [[False, True, False, False]] + [[False] * 4] * 2
    assert away == [
        [True, True, True, False],
        [True, True, False, False],
        [False, True, False, False],
        *[[False] * 4] * 2,
    ]


NOBODY_MOVES = {
    **{"leaving_per_year": 0.0, "leaving_overload_slope": 0.0, "vacancy_weeks": 26},
    **{"sick_days_per_year": 0.0, "sick_spell_weeks": 2, "sick_overload_slope": 0.0},
}


# --- in a world


def calm(model, **changes):
    """Return a copy of a world in which nobody leaves or falls ill from now on, and everyone is at work."""
    zeros = {"workload__leaving_per_year": 0.0, "workload__sick_days_per_year": 0.0}
    twin = with_raw(model, **zeros | changes)
    twin.officers.is_vacant[:] = False
    twin.officers.away_until_day[:] = 0
    return twin


def test_a_leaver_hands_on_every_case_next_week_and_a_successor_without_cases_comes_in_time(mid_2016):
    vacancy = 9
    model = calm(mid_2016, workload__vacancy_weeks=vacancy)
    settings, officers = model.register, model.officers
    model.register = with_raw(model, workload__leaving_per_year=0.2 * WEEKS_PER_YEAR).register
    before = officers.caseload.copy()
    alone(model, organisations)
    left = np.flatnonzero(officers.is_vacant & (before > 0))
    assert 3 < len(left) < 40
    assert np.array_equal(officers.caseload, before), "the cases wait for next week's allocation"
    model.week += 1
    model.register = settings
    held, vacant = [], []
    for _ in range(vacancy + 2):
        model.step()
        held.append(officers.caseload[left].sum())
        vacant.append(officers.is_vacant[left].sum())
    assert held[:vacancy] == [0] * vacancy, "empty for so many allocations"
    assert vacant == [len(left)] * (vacancy - 1) + [0] * 3
    assert 0 < held[vacancy] <= held[vacancy + 1]


def test_nobody_on_a_caseload_is_without_an_officer_at_a_week_s_end_however_many_leave(mid_2016):
    model = with_raw(mid_2016, workload__leaving_per_year=2.0, workload__sick_days_per_year=40.0)
    for _ in range(13):
        start = model.day
        model.step()
        people = model.people
        waiting = people.officer[: len(people)] < 0
        waiting = np.flatnonzero(waiting & on_caseload(model, np.arange(len(people))))
        assert (people.status_since_day[waiting] >= start).all()
        assert len(waiting) < 40
    assert model.officers.is_vacant.sum() > 20
    assert model.weekly.series("vacancies")[-1] > 5


def test_the_caseload_does_not_dip_when_officers_leave(mid_2016):
    many, nobody = (later(with_raw(mid_2016, workload__leaving_per_year=p), weeks=13) for p in (2.0, 0.0))
    for measure in ("caseload", "caseload_in_community"):
        one, other = (w.weekly.series(measure)[-13:] for w in (many, nobody))
        assert one == pytest.approx(other, rel=0.03)
        assert np.abs(np.diff(one)).max() < 0.04 * one.mean()
    for w in (many, nobody):
        people = w.people
        has = people.officer >= 0
        assert w.weekly.series("caseload")[-1] == has.sum()
        assert w.weekly.series("caseload_in_community")[-1] == (has & IS_SUPERVISED_IN_COMMUNITY[people.status]).sum()
    holders = [len(set(w.people.officer.tolist())) for w in (many, nobody)]
    assert holders[0] < holders[1] - 3


def test_the_more_leave_and_the_longer_posts_are_empty_the_more_those_who_stay_hold(mid_2016):
    def held(**changes):
        slow = {"organisations__greatest_change_per_month": 0.0}  # owners neither hire nor dismiss
        lived = later(with_raw(mid_2016, **slow, **changes), weeks=39)
        measures = ("cases_per_om_fte", "om_fte")
        return [lived.weekly.series(measure)[-13:].mean() for measure in measures]

    calm_cases, calm_staff = held(workload__leaving_per_year=0.0)
    short_cases, short_staff = held(workload__leaving_per_year=0.4, workload__vacancy_weeks=8)
    long_cases, long_staff = held(workload__leaving_per_year=0.4, workload__vacancy_weeks=52)
    assert 1.1 * calm_cases < long_cases
    assert short_cases < long_cases
    assert calm_staff > short_staff > long_staff > 0


def test_officers_who_can_carry_less_leave_and_fall_ill_more_often(mid_2016):
    """Of the same people and officers, some with half the target of the others."""
    found = []
    for factor in (2.0, 0.5):
        steep = {"workload__leaving_overload_slope": 2.0, "workload__sick_overload_slope": 2.0}
        model = with_raw(mid_2016, **steep)
        model.officers.target[:] = model.officers.target * factor
        away = 0
        for _ in range(26):
            model.step()
            away += model.officers.is_away(model.day).sum()
        found.append(away)
    assert found[1] > 1.5 * found[0] > 0


def test_the_compiled_loop_is_its_twin(mid_2016, monkeypatch):
    model = with_raw(mid_2016, workload__leaving_per_year=5.0, workload__sick_days_per_year=60.0)
    away = model.officers.is_away(model.day).sum()
    alone(copy_of(mid_2016), allocation)
    calls = watch(monkeypatch, organisations)
    alone(model, organisations)
    assert calls["move_staff"] == 1
    assert model.officers.is_away(model.day + 7).sum() > away
