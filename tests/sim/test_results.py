"""Results under a contract: hand arithmetic, and exact rates of false payment under the contract's own assumption."""

import numpy as np
import pytest
from scipy.stats import binom, nbinom

from sim.contracts import load_contract
from sim.data import tables
from sim.results import (
    Cohorts,
    binary_due,
    expected_rate,
    frequency_due,
    has_risen,
    most_paid,
    pooled,
    prospects,
)
from tests.contracts import made

BASE = Cohorts(1000, 500, 1500, 500.0)
"""Half reoffend, three times each; mean OGRS one half."""
SMALL_AND_LARGE = [1, 2, 10, 60, 500, 1286, 20_000]


@pytest.fixture
def contract(tmp_path):
    return made(tmp_path)


def of_rate(rate):
    """Return a baseline with this binary rate, and mean OGRS one half."""
    return Cohorts(1000, round(1000 * rate), 3000, 500.0)


def every_outcome(people):
    """Return cohorts of these people, one for each number of reoffenders."""
    count = np.arange(people + 1)
    return Cohorts(np.full(people + 1, people), count, 3 * count, np.full(people + 1, people / 2))


# --- the expected rate


def test_the_expected_rate_is_the_baselines_for_people_alike(contract):
    assert expected_rate(contract, Cohorts(40, 3, 9, 20.0), BASE) == 0.5


def test_the_expected_rate_moves_with_the_mean_of_ogrs(contract, tmp_path):
    likelier = Cohorts(40, 3, 9, 40 * 0.6)
    assert expected_rate(contract, likelier, BASE) == pytest.approx(0.6)
    assert expected_rate(made(tmp_path, ogrs_slope=0.5), likelier, BASE) == pytest.approx(0.55)
    assert expected_rate(made(tmp_path, ogrs_slope=0), likelier, BASE) == 0.5


def test_the_expected_rate_stays_a_rate(contract):
    assert expected_rate(contract, Cohorts(40, 3, 9, 40.0), Cohorts(10, 9, 20, 1.0)) == 1
    assert expected_rate(contract, Cohorts(40, 3, 9, 0.0), Cohorts(10, 1, 20, 9.0)) == 0


def test_the_adjustment_is_that_of_the_published_series():
    """Adjusted less raw rate is the mean OGRS of 2011 less that of the quarter; ours moves the baseline instead."""
    found = {}
    for row in tables.rows("proven_reoffending_adults_2000_2014"):
        if (row["estimator"], row["period"]) == ("three_month_cohort", "3-monthly") and row["value"]:
            found.setdefault(row["cohort_start"], {})[row["quantity"]] = float(row["value"])
    quarters = {
        start: Cohorts(
            q["offenders"], q["reoffenders"], q["reoffences"], q["mean_ogrs4_percent"] / 100 * q["offenders"]
        )
        for start, q in found.items()
    }
    base = pooled(Cohorts(*np.array([q for start, q in quarters.items() if start.startswith("2011")]).T))
    assert len(quarters) > 40
    for start, quarter in quarters.items():
        expected = expected_rate(load_contract("signed_2015"), quarter, base)
        adjusted = found[start]["ogrs4_adjusted_binary_rate_percent"] / 100
        assert quarter.reoffenders / quarter.people - expected == pytest.approx(
            adjusted - base.reoffenders / base.people, abs=1e-4
        )


# --- the binary rate


@pytest.mark.parametrize(
    ("reoffenders", "due"), [(480, 20_000), (481, 0), (479, 21_000), (499, 0), (500, 0), (501, 0), (0, 500_000)]
)
def test_a_fall_is_paid_from_the_hurdle_on_and_then_in_full(contract, reoffenders, due):
    assert binary_due(contract, Cohorts(1000, reoffenders, 1500, 500.0), BASE, contract.binary_hurdle) == due


def test_a_fall_by_exactly_the_hurdle_is_paid_whatever_the_rounding(contract):
    assert 1000 * (0.475 - 0.02) < 455
    assert binary_due(contract, Cohorts(1000, 455, 1500, 500.0), of_rate(0.475), 0.02) == pytest.approx(20_000)


@pytest.mark.parametrize(
    ("people", "expected", "level", "most"),
    [(1, 0.75, 0.25, 0), (2, 0.5, 0.25, 0), (2, 0.5, 0.75, 1), (4, 0.5, 0.3125, 1), (5, 0.5, 0.1875, 1)],
)
def test_a_probability_of_exactly_the_level_is_paid(tmp_path, people, expected, level, most):
    assert most_paid(made(tmp_path, binary_level=level), people, expected, 0.0) == most
    assert binom.cdf(most, people, expected) == pytest.approx(level)


def test_a_hurdle_of_nought_and_a_level_of_one_pay_for_any_fall(contract):
    paid = binary_due(contract, every_outcome(10), BASE, 0.0)
    assert paid.tolist() == [5000, 4000, 3000, 2000, 1000, 0, 0, 0, 0, 0, 0]


def test_a_hurdle_of_one_pays_for_nothing(contract):
    assert not binary_due(contract, every_outcome(10), of_rate(0.9), 1.0).any()


def test_the_hurdle_lies_below_what_the_mix_of_people_leads_to_expect(contract):
    likelier = Cohorts(1000, 570, 1500, 600.0)
    assert binary_due(contract, likelier, BASE, 0.02) == pytest.approx(30_000)
    assert binary_due(contract, likelier._replace(ogrs=500.0), BASE, 0.02) == 0


@pytest.mark.parametrize("level", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("rate", [0.02, 0.3, 0.475, 0.9])
@pytest.mark.parametrize("people", SMALL_AND_LARGE)
def test_false_payment_at_no_true_change_is_at_most_the_level_and_no_stricter(tmp_path, people, rate, level):
    contract = made(tmp_path, binary_level=level)
    paid = binary_due(contract, every_outcome(people), of_rate(rate), 0.0) > 0
    chance = binom.pmf(np.arange(people + 1), people, rate)
    assert chance[paid].sum() <= level
    assert chance[: paid.sum() + 1].sum() > level, "one reoffender more would be paid too often"
    assert paid[: paid.sum()].all(), "fewer reoffenders are never paid less"


@pytest.mark.parametrize("people", SMALL_AND_LARGE[-3:])
def test_cohorts_of_the_size_of_an_area_are_paid_falsely_nearly_as_often_as_the_level_says(people):
    contract = load_contract("signed_2015")
    paid = binary_due(contract, every_outcome(people), of_rate(0.475), contract.binary_hurdle) > 0
    false = binom.pmf(np.arange(people + 1), people, 0.475)[paid].sum()
    assert 0.7 * contract.binary_level < false <= contract.binary_level


def test_a_fixed_hurdle_is_passed_by_chance_more_often_in_small_cohorts():
    contract = load_contract("proposal_2013")
    false = []
    for people in (200, 1286, 5000):
        paid = binary_due(contract, every_outcome(people), of_rate(0.475), contract.binary_hurdle) > 0
        false.append(binom.pmf(np.arange(people + 1), people, 0.475)[paid].sum())
    assert false[0] > 0.2
    assert false[1] == pytest.approx(0.05, abs=0.01), "what the hurdle was set by"
    assert false[2] < 0.001


def test_the_hurdle_and_the_level_must_both_be_met(tmp_path):
    contract = made(tmp_path, binary_level=0.05)
    by_level = binom.ppf(0.05, 1000, 0.5) - 1
    assert most_paid(contract, 1000, 0.5, 0.0) == by_level == 473
    assert most_paid(contract, 1000, 0.5, 0.05) == 450
    assert most_paid(contract, 1000, 0.5, 0.02) == by_level


# --- rises


@pytest.mark.parametrize(("reoffenders", "risen"), [(500, False), (529, False), (530, True), (1000, True), (0, False)])
def test_a_rise_counts_from_the_limit_on(contract, reoffenders, risen):
    assert has_risen(contract, Cohorts(1000, reoffenders, 3000, 500.0), BASE) == risen


@pytest.mark.parametrize("rate", [0.02, 0.475, 0.9])
@pytest.mark.parametrize("people", SMALL_AND_LARGE)
def test_false_deductions_at_no_true_change_are_at_most_the_level_and_no_rarer(tmp_path, people, rate):
    contract = made(tmp_path, rise_limit=0, rise_level=0.05)
    risen = has_risen(contract, every_outcome(people), of_rate(rate))
    chance = binom.pmf(np.arange(people + 1), people, rate)
    assert chance[risen].sum() <= 0.05
    first = people + 1 - risen.sum()
    assert chance[first - 1 :].sum() > 0.05
    assert risen[first:].all()


def test_no_change_is_no_rise_even_where_nothing_is_tested(tmp_path):
    contract = made(tmp_path, rise_limit=0, rise_level=1)
    assert has_risen(contract, every_outcome(4), BASE).tolist() == [False, False, False, True, True]


# --- the frequency


@pytest.mark.parametrize(("reoffences", "due"), [(1200, 0), (1199, 100), (1100, 10_000), (1201, 0), (400, 80_000)])
def test_each_reoffence_fewer_than_at_the_baselines_frequency_is_paid(contract, reoffences, due):
    assert frequency_due(contract, Cohorts(1000, 400, reoffences, 500.0), BASE) == due


@pytest.mark.parametrize("frequency", [1.5, 4.2])
@pytest.mark.parametrize("reoffenders", [1, 3, 30, 600])
def test_false_payment_for_the_frequency_is_at_most_the_level_if_each_number_is_geometric(
    tmp_path, reoffenders, frequency
):
    contract = made(tmp_path, frequency_level=0.05)
    beyond = np.arange(20 * reoffenders)
    cohorts = Cohorts(2 * reoffenders, np.full(beyond.size, reoffenders), reoffenders + beyond, float(reoffenders))
    paid = frequency_due(contract, cohorts, Cohorts(1000, 500, round(500 * frequency), 500.0)) > 0
    chance = nbinom.pmf(beyond, reoffenders, 1 / frequency)
    assert chance[paid].sum() <= 0.05
    assert chance[: paid.sum() + 1].sum() > 0.05
    assert paid.any() == (chance[0] <= 0.05)


def test_nobody_who_reoffends_earns_nothing_by_frequency(contract):
    assert frequency_due(contract, Cohorts(1000, 0, 0, 500.0), BASE) == 0


# --- nobody, and many at once


def test_cohorts_and_baselines_of_nobody_are_worth_nothing_and_divide_by_nothing(tmp_path):
    nobody = Cohorts(0, 0, 0, 0.0)
    with np.errstate(all="raise"):
        for contract in (made(tmp_path), *map(load_contract, ("proposal_2013", "signed_2015", "variation_2017"))):
            for cohort, base in ((nobody, BASE), (Cohorts(10, 8, 30, 5.0), nobody), (nobody, nobody)):
                assert binary_due(contract, cohort, base, 0.0) == 0
                assert frequency_due(contract, cohort, base) == 0
                assert not has_risen(contract, cohort, base)
            assert prospects(contract, 0, 0.4, 0.5, 0.0) == (0, 0, 0)


def test_many_cohorts_are_worth_what_each_is_worth():
    contract = load_contract("signed_2015")
    many = Cohorts(
        np.array([[1286, 60], [0, 900]]),
        np.array([[560, 20], [0, 470]]),
        np.array([[1500, 50], [0, 2000]]),
        np.array([[643.0, 31.0], [0.0, 440.0]]),
    )
    binary, frequency = binary_due(contract, many, BASE, 0.0), frequency_due(contract, many, BASE)
    risen = has_risen(contract, many, BASE)
    assert binary.shape == frequency.shape == risen.shape == (2, 2)
    for i, j in np.ndindex(2, 2):
        one = Cohorts(*(column[i, j] for column in many))
        assert binary[i, j] == binary_due(contract, one, BASE, 0.0)
        assert frequency[i, j] == frequency_due(contract, one, BASE)
        assert risen[i, j] == has_risen(contract, one, BASE)
    assert (binary > 0).any()
    assert (frequency > 0).any()
    assert risen.any()


def test_a_year_is_its_quarters_as_one():
    year = pooled(Cohorts([[1, 2], [3, 4]], [[1, 1], [1, 1]], [[5, 6], [7, 8]], [[0.5, 0.5], [1.0, 2.0]]))
    assert [column.tolist() for column in year] == [[3, 7], [2, 2], [11, 15], [1.0, 3.0]]


# --- prospects


@pytest.mark.parametrize("true", [0.05, 0.42, 0.475, 0.6, 1.0])
@pytest.mark.parametrize("people", [1, 2, 60, 1286])
@pytest.mark.parametrize("name", ["proposal_2013", "signed_2015"])
def test_prospects_are_the_sum_over_every_outcome(name, people, true):
    contract = load_contract(name)
    hurdle = contract.binary_hurdle
    due = binary_due(contract, every_outcome(people), of_rate(0.475), hurdle)
    found = prospects(contract, people, true, 0.475, hurdle)
    chance = binom.pmf(np.arange(people + 1), people, true)
    assert found.p_paid == pytest.approx(chance[due > 0].sum(), abs=1e-9)
    assert found.pounds == pytest.approx((chance * due).sum(), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("true", [0.3, 0.45, 0.475, 0.5])
def test_one_expected_reoffender_fewer_adds_the_slope_of_the_expected_payment(true):
    contract, people, step = load_contract("signed_2015"), 1286, 1e-4
    above, below = (prospects(contract, people, true + d, 0.475, 0.0).pounds for d in (step, -step))
    found = prospects(contract, people, true, 0.475, 0.0).pounds_per_reoffender
    assert found == pytest.approx((below - above) / (2 * step * people), rel=1e-3)


def test_prospects_of_nothing_where_nothing_can_be_paid():
    assert prospects(load_contract("signed_2015"), 2, 0.1, 0.1, 0.0) == (0, 0, 0)
    assert prospects(load_contract("signed_2015"), 50, 0.1, np.nan, 0.0) == (0, 0, 0)


def test_one_reoffender_fewer_is_worth_most_where_the_payment_hangs_on_it():
    """Far from the edge of payment nothing is gained, at the edge more than the tariff: where parking can begin."""
    contract = load_contract("signed_2015")
    worth = prospects(contract, 1286, np.array([0.55, 0.455, 0.3]), 0.475, 0.0).pounds_per_reoffender
    assert worth[0] == pytest.approx(0, abs=1)
    assert worth[1] > contract.binary_tariff
    assert worth[2] == pytest.approx(contract.binary_tariff, rel=1e-3)
