"""What a year pays, against every outcome there is; break-even and switching against hand arithmetic."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from experiments.incentives import (
    Curve,
    best_fall,
    best_rise,
    break_even,
    break_even_interval,
    chance_of_deduction,
    chance_of_pay,
    curve,
    greatest_cost,
    results_of_years,
    switching_cost,
)
from experiments.provider import Area, World
from tests.contracts import made

TINY = Area("tiny", 1.0, 4)
HALF = World(0.5, 3.0, years=40_000, seed=7)


@pytest.fixture
def contract(tmp_path):
    """Pays 1,000 pounds a head from a quarter fewer on; from a quarter more on deducts a tenth of 187,500."""
    return made(tmp_path, binary_hurdle=0.25, annual_hurdle=0.25, rise_limit=0.25, frequency_tariff=0)


def pays(counts):
    """Return what four quarters of four people pay, by hand: two expected of each, eight of the year."""
    quarters = [1000 * (2 - k) if k <= 1 else 0 for k in counts]
    year = 1000 * (8 - sum(counts)) if sum(counts) <= 4 else 0
    deducted = sum(18_750 for k in counts if k >= 3)
    return max(sum(quarters), year) - deducted


def exact(rate):
    """Return every outcome of a year: its pay and its probability."""
    outcomes = list(product(range(5), repeat=4))
    chance = [np.prod(binom.pmf(counts, 4, rate)) for counts in outcomes]
    return np.array([pays(counts) for counts in outcomes]), np.array(chance)


@pytest.mark.parametrize("fall", [-20.0, 0.0, 20.0])
def test_a_years_pay_has_the_distribution_of_every_outcome_worked_out_by_hand(contract, fall):
    drawn = results_of_years(contract, TINY, fall, HALF)
    paid, chance = exact(0.5 - fall / 100)
    assert set(np.round(drawn)) <= set(paid)
    assert drawn.mean() == pytest.approx(chance @ paid, abs=4 * drawn.std() / len(drawn) ** 0.5)
    for pounds in (-18_750, 0, 1000, 4000):
        wanted = chance[paid <= pounds].sum()
        assert (drawn <= pounds + 1e-6).mean() == pytest.approx(wanted, abs=4 * (wanted / len(drawn)) ** 0.5)


def test_an_advance_that_is_not_earned_is_taken_back_whole_or_in_part(tmp_path):
    whole = made(tmp_path, binary_hurdle=1, annual_hurdle=1, rise_limit=1)
    assert not results_of_years(whole, TINY, 10.0, HALF).any()
    part = made(tmp_path, binary_hurdle=1, annual_hurdle=1, rise_limit=1, clawback_share=0.6)
    assert np.unique(results_of_years(part, TINY, 10.0, HALF)) == pytest.approx([0.4 * 0.2 * 250_000])


def test_results_are_never_more_than_the_pot(tmp_path):
    rich = made(tmp_path, binary_tariff=1_000_000, rise_limit=1)
    assert results_of_years(rich, TINY, 30.0, HALF).max() == pytest.approx(250_000)


def test_the_frequency_is_paid_as_far_as_it_falls(tmp_path):
    """Nothing is paid for the binary rate; each reoffence fewer earns 100 pounds."""
    area, world = Area("large", 1.0, 20_000), World(0.5, 3.0, follows=1.0, years=200, seed=2)
    contract = made(tmp_path, binary_tariff=0.001, binary_hurdle=0, annual_hurdle=0, maximum_annual_payment=1e9)
    fall, rate = 10.0, 0.4
    frequency = 3.0 * (-np.log(0.6) / 0.4) / (-np.log(0.5) / 0.5)
    wanted = 80_000 * rate * (3.0 - frequency) * 100
    assert results_of_years(contract, area, fall, world).mean() == pytest.approx(wanted, rel=0.01)
    unmoved = World(0.5, 3.0, follows=0.0, years=200, seed=2)
    assert results_of_years(contract, area, fall, unmoved).mean() < 0.1 * wanted


def test_the_same_seed_draws_the_same_years_and_another_does_not(contract):
    one = results_of_years(contract, TINY, 0.0, HALF)
    assert np.array_equal(one, results_of_years(contract, TINY, 0.0, HALF))
    assert not np.array_equal(one, results_of_years(contract, TINY, 0.0, World(0.5, 3.0, years=40_000, seed=8)))


def test_a_curve_runs_from_the_rise_to_the_fall_in_tenths_of_a_point(contract):
    found = curve(contract, TINY, World(0.5, 3.0, years=10), 0.3, 0.2)
    assert found.falls.tolist() == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2]
    assert found.pounds.shape == (6, 10)
    assert found.fewer == pytest.approx([-0.048, -0.032, -0.016, 0.0, 0.016, 0.032])


# --- by hand: 25 people a quarter, so that a point is one reoffender of a year; four years, equally likely


@pytest.fixture
def found(contract):
    falls = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
    pounds = [[-3, -1, -1, -3], [0, 0, 0, -2], [0, 0, 0, 0], [0, 0, 0, 4], [0, 2, 4, 6], [3, 5, 9, 9]]
    return Curve(contract, Area("by hand", 1.0, 25), falls, np.array(pounds, float))


def test_breaking_even_is_the_least_fall_whose_results_exceed_its_cost(found):
    assert found.fewer.tolist() == [-2, -1, 0, 1, 2, 3]
    assert found.exceeded(0.5).tolist() == [-3, 0, 0, 0, 2, 5]
    assert break_even(found, 0.0, 0.5) == 2.0
    assert break_even(found, 0.9, 0.5) == 2.0
    assert break_even(found, 1.0, 0.5) == 3.0, "2 pounds for 2 reoffenders is no money made"
    assert break_even(found, 1.7, 0.5) is None
    assert greatest_cost(found, 0.5) == pytest.approx(5 / 3)


def test_more_certainty_takes_a_larger_fall_and_effort_that_costs_more_too(contract):
    curve_ = curve(contract, Area("some", 1.0, 100), World(0.5, 3.0, years=2000), 0.0, 40.0)
    for cost in (0.0, 300.0):
        falls = [break_even(curve_, cost, sure) for sure in (0.5, 0.8, 0.95)]
        assert falls == sorted(falls)
        assert falls[0] < falls[-1]
    assert break_even(curve_, 0.0, 0.8) < break_even(curve_, 600.0, 0.8)
    low, high = break_even_interval(curve_, 0.0, 0.8)
    assert low <= break_even(curve_, 0.0, 0.8) <= high
    assert low < high


def test_any_money_at_no_cost_is_as_likely_as_the_binomial_says(contract):
    """At least one quarter, or the year, below its count: no draw in it."""
    area, people = Area("some", 1.0, 40), 40
    open_contract = contract.with_value("rise_limit", 1.0)
    drawn = results_of_years(open_contract, area, 15.0, World(0.5, 3.0, years=40_000, seed=3))
    p = 0.35
    failing = np.where(np.arange(people + 1) > 10, binom.pmf(np.arange(people + 1), people, p), 0.0)
    nothing = failing
    for _ in range(3):
        nothing = np.convolve(nothing, failing)
    wanted = 1 - nothing[41:].sum()
    assert 0.1 < wanted < 0.9
    assert (drawn > 1e-6).mean() == pytest.approx(wanted, abs=4 * 0.5 / 200)


def test_gains_take_the_cost_of_effort_off_and_put_a_share_of_it_on_for_cutting(found):
    assert found.means.tolist() == [-2, -0.5, 0, 1, 3, 6.5]
    assert found.gains(2.0).tolist() == [2, 1.5, 0, -1, -1, 0.5]
    assert found.gains(2.0, 0.5).tolist() == [0, 0.5, 0, -1, -1, 0.5]


def test_the_best_of_cutting_and_of_spending(found):
    cut, spend = best_rise(found, 2.0, 1.0), best_fall(found, 2.0, 3.0)
    assert (cut.fall, cut.pounds) == (-2.0, 2.0)
    assert (spend.fall, spend.pounds) == (3.0, 0.5)
    unable = best_fall(found, 2.0, 2.0)
    assert (unable.fall, unable.pounds) == (0.0, 0.0), "the usual service, where no fall that can be bought pays"


def test_cutting_pays_better_from_the_cost_at_which_both_gain_the_same(found):
    """6.5 - 3 c = 2 c - 2 at c = 1.7, where a rise of one point gains less."""
    cost, low, high = switching_cost(found, 3.0, 1.0)
    assert cost == pytest.approx(1.7, abs=0.5)
    assert best_rise(found, 1.69, 1.0).pounds < best_fall(found, 1.69, 3.0).pounds
    assert best_rise(found, 1.71, 1.0).pounds > best_fall(found, 1.71, 3.0).pounds
    half = 3.182446305284263 * np.std(np.array([6, 6, 10, 12]) / 5, ddof=1) / 2
    assert (low, high) == (pytest.approx(1.7 - half), pytest.approx(1.7 + half))


# --- chances


def test_chances_of_pay_and_of_deduction_are_binomial(contract):
    assert chance_of_pay(contract, TINY, HALF) == pytest.approx(binom.cdf(1, 4, 0.5))
    assert chance_of_pay(contract, TINY, HALF, 20.0) == pytest.approx(binom.cdf(1, 4, 0.3))
    assert chance_of_deduction(contract, TINY, HALF, 0.0) == pytest.approx(binom.sf(2, 4, 0.5))
    assert chance_of_deduction(contract, TINY, HALF, 20.0) == pytest.approx(binom.sf(2, 4, 0.7))


def test_nothing_is_deducted_where_no_count_is_a_rise(tmp_path):
    assert chance_of_deduction(made(tmp_path, rise_limit=0.9), TINY, HALF, 40.0) == 0
