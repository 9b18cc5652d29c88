"""Who is there on day 0, who arrives, and whether the world stays in balance."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from sim import population
from sim.clock import day_of
from sim.measures import occasions
from sim.offenders import BANDS, IN_PRISON, Disposal, Status
from sim.sentencing import occasions as published_occasions
from tests.worlds import SCALE, world

FIXED_AT_BIRTH = ("person", "person_hash", "birth_day", "is_female", "area", "stretch_phase")


@pytest.fixture(scope="module")
def balanced(register):
    """The old regime to the end of 2011, all series held at the level of 2008."""
    return world("pre_reform", date(2011, 12, 31), scale=0.1, register=register.with_setting("series.hold_at", "2008"))


@pytest.mark.parametrize(
    "status",
    [s for s in Status if s not in (Status.COMMITTAL, Status.LEFT, Status.POST_SENTENCE_SUPERVISION)],
)
def test_the_stock_of_day_0_holds_every_status_of_the_old_regime(day_zero, status):
    assert day_zero.people.stocks()[status] > 0


@pytest.mark.parametrize("status", [Status.POST_SENTENCE_SUPERVISION])
def test_the_stock_of_day_0_holds_nobody_in_a_status_that_the_reform_brought(day_zero, status):
    assert day_zero.people.stocks()[status] == 0


def test_the_dormant_are_there_and_most_of_all(day_zero):
    stocks = day_zero.people.stocks()
    assert stocks[Status.FREE] > 0.6 * (stocks.sum() - stocks[Status.LEFT])


def test_the_caseload_of_2011_is_about_the_size_of_the_region(pre):
    """The region is sized by the published caseload of 2011: 20,000 at 1:1."""
    weekly = pre.weekly.series("caseload")
    in_2011 = weekly[day_of(date(2011, 1, 3)) // 7 : day_of(date(2012, 1, 2)) // 7].mean()
    assert in_2011 == pytest.approx(20_000 * SCALE, rel=0.15)


@pytest.mark.parametrize("measure", ["caseload", "custody_population"])
def test_the_world_drifts_by_less_than_ten_percent_a_year(balanced, measure):
    weekly = balanced.weekly.series(measure)
    years = [weekly[52 * k : 52 * (k + 1)].mean() for k in range(4)]
    assert years[0] > 50
    for earlier, later in pairwise(years):
        assert abs(later / earlier - 1) < 0.10, years


def test_the_tracked_population_drifts_by_less_than_ten_percent_a_year(balanced):
    tracked = balanced.weekly.series("tracked")
    assert abs(tracked[-1] / tracked[0] - 1) < 0.3


def test_arrivals_are_the_same_people_in_every_regime(pre, post):
    for column in FIXED_AT_BIRTH:
        one, other = (getattr(m.people, column)[np.argsort(m.people.person)] for m in (pre, post))
        assert np.array_equal(one, other), column
    assert len(pre.people) > 10_000


def test_two_seeds_have_different_people(day_zero):
    other = world("post_reform", seed=77)
    n = min(len(other.people), len(day_zero.people))
    assert (other.people.birth_day[:n] != day_zero.people.birth_day[:n]).mean() > 0.9


def test_nobody_has_two_rows(post):
    assert len(np.unique(post.people.person)) == len(post.people)
    assert len(np.unique(post.people.person_hash)) == len(post.people)


def test_everyone_is_an_adult_with_a_life_in_order(day_zero):
    people = day_zero.people
    sanctioned = people.sanctions > 0
    age_at_last = (people.last_sanction_day - people.birth_day) / 365.25
    age_at_first = (people.first_sanction_day - people.birth_day) / 365.25
    assert age_at_last[sanctioned].min() >= 17.9
    assert age_at_last[sanctioned].max() < 90
    assert age_at_first[sanctioned].min() >= 9.9
    assert (people.first_sanction_day <= people.last_sanction_day)[sanctioned].all()
    assert ((people.ogrs3 > 0) & (people.ogrs3 < 1)).all()


def test_bands_of_history_at_sentence_are_those_published(pre):
    """The table of 2014 is a check on the courts: shares by band within three points."""
    made = occasions(pre, date(2013, 7, 1), date(2015, 7, 1)).sum(axis=0)
    table = published_occasions()[0].sum(axis=(0, 1, 3))
    assert made / made.sum() == pytest.approx(table / table.sum(), abs=0.03)


def test_occasions_are_as_many_as_published(pre):
    made = occasions(pre, date(2014, 1, 1), date(2015, 1, 1)).sum()
    assert made == pytest.approx(595_569, rel=0.08)


def test_disposals_are_those_published(pre):
    made = occasions(pre, date(2013, 1, 1), date(2015, 1, 1)).sum(axis=1)
    table = published_occasions()[0].sum(axis=(0, 1, 2))
    assert made / made.sum() == pytest.approx(table / table.sum(), abs=0.03)
    assert made[Disposal.FINE] > made[Disposal.CUSTODY] > 0


def test_numbers_of_sanctions_lie_in_their_bands():
    u = np.linspace(0, 1, 400, endpoint=False)
    floors = [0, 1, 3, 7, 11, 15]
    for band in range(5):
        found = population.previous_sanctions(np.full(400, band), u, 14.0)
        assert (found.min(), found.max()) == (floors[band], floors[band + 1] - 1)
        assert np.bincount(found - floors[band]).tolist() == pytest.approx(
            [400 / (floors[band + 1] - floors[band])] * (floors[band + 1] - floors[band]), abs=1
        )
    top = population.previous_sanctions(np.full(400, len(BANDS) - 1), u, 14.0)
    assert top.min() == 15
    assert top.mean() == pytest.approx(15 + 14, abs=1.5)


def test_careers_agree_with_hand_arithmetic():
    found = population.career_years(np.array([0, 1, 4, 16]), 2.6, 0.63)
    assert found == pytest.approx([0, 2.6, 2.6 * 4**0.63, 2.6 * 16**0.63])
    assert population.career_years(np.array([], int), 2.6, 0.63).tolist() == []


def test_the_chance_of_no_later_occasion_is_one_at_first_and_falls(day_zero):
    ogrs3 = np.full(5, 0.5)
    found = population.chance_of_no_later(day_zero, ogrs3, np.array([0, 7, 70, 365, 2000]))
    assert found[0] == 1
    assert (np.diff(found) < 0).all()


def test_the_chance_of_no_later_occasion_agrees_with_hand_arithmetic(day_zero):
    """One week at odds of one: h = scale / weeks in a year; exp(-(1 - s) h) / (1 + s h)."""
    h, s = day_zero.register.reoffending.hazard_scale / (365.25 / 7), day_zero.register.reoffending.intensity_spread
    by_hand = np.exp(-(1 - s) * h) / (1 + s * h)
    assert population.chance_of_no_later(day_zero, np.array([0.5]), np.array([7])) == pytest.approx([by_hand], rel=1e-6)
    odds = (0.8 / 0.2) ** day_zero.register.reoffending.hazard_slope
    by_hand = np.exp(-(1 - s) * h * odds) / (1 + s * h * odds)
    assert population.chance_of_no_later(day_zero, np.array([0.8]), np.array([7])) == pytest.approx([by_hand], rel=1e-6)


def test_slots_count_from_nought_in_each_week(day_zero):
    week, slot = population.weekly_slots(day_zero, "population.stock", range(10, 20), [52_000 / day_zero.size] * 10)
    for w in range(10, 20):
        here = slot[week == w]
        assert here.tolist() == list(range(len(here)))
        assert len(here) in (996, 997)


def test_prisoners_of_day_0_have_time_left_to_serve_or_served_it_before_last_week_s_sentence(day_zero):
    people = day_zero.people
    inside = people.with_status(*IN_PRISON)
    end = people.status_end_day[inside]
    assert (end >= -7).all()
    assert (end[end < 0] >= people.status_since_day[inside][end < 0]).all()
    assert (people.offence_bound[inside] == 0).all()


def test_everybody_s_stretch_begins_within_its_whole_weeks(register):
    model = world(register=register.with_setting("reoffending.stretch_weeks", "26.9"))
    assert np.unique(model.people.stretch_phase).tolist() == list(range(26))
