from datetime import date

import numpy as np
import pandas as pd
import pytest

from experiments import estimates

NAMES = {
    "measure": "binary_rate",
    "estimator": "three_month_cohort",
    "group": "all",
    "cohort_from": "",
    "cohort_to": "",
    "unit": "fraction",
    "estimand": "as_published",
}


def test_an_interval_is_students_t_by_hand():
    low, high = estimates.interval(np.array([1.0, 2.0, 3.0]))
    half = 4.302652729911275 * 1.0 / 3**0.5
    assert low == pytest.approx(2 - half)
    assert high == pytest.approx(2 + half)


def test_one_seed_has_no_interval():
    assert estimates.interval(np.array([1.0])) == (None, None)


def test_pairing_gain_is_the_ratio_of_variances():
    base = np.array([1.0, 2.0, 3.0, 4.0])
    reform = base + np.array([0.1, -0.1, 0.1, -0.1])
    expected = (base.var(ddof=1) + reform.var(ddof=1)) / (reform - base).var(ddof=1)
    assert estimates.pairing_gain(base, reform) == pytest.approx(expected)


def test_arms_that_do_not_differ_have_no_pairing_gain_and_a_difference_of_nothing():
    values = np.array([0.3, 0.4, 0.5])
    found = estimates.difference(NAMES, values, values)
    assert (found.difference, found.low, found.high, found.pairing_gain) == (0.0, 0.0, 0.0, None)


def test_an_empty_group_is_null_and_not_zero():
    found = estimates.difference(NAMES, np.array([np.nan]), np.array([np.nan]))
    assert found.base is found.reform is found.difference is found.low is None


def test_rates_by_hand():
    counts = pd.DataFrame({"offenders": [10, 0], "reoffenders": [4, 0], "reoffences": [10, 0]})
    assert estimates.rate("binary_rate", counts)[0] == pytest.approx(0.4)
    assert estimates.rate("frequency", counts)[0] == pytest.approx(2.5)
    assert estimates.rate("reoffences_per_100", counts)[0] == pytest.approx(100)
    assert np.isnan(estimates.rate("binary_rate", counts)[1])


def cohort_table() -> pd.DataFrame:
    starts = pd.date_range("2013-01-01", "2018-04-01", freq="QS")
    rows = [(e, s) for e in ("three_month_cohort", "twelve_month_cohort") for s in starts]
    return pd.DataFrame(rows, columns=["estimator", "cohort_start"])


def test_compared_cohorts_start_a_year_after_the_arms_part():
    starts = estimates.comparable_starts(cohort_table(), "three_month_cohort", date(2014, 6, 1))
    assert starts[0] == pd.Timestamp("2015-07-01")


def test_compared_twelve_month_cohorts_do_not_overlap():
    starts = estimates.comparable_starts(cohort_table(), "twelve_month_cohort", date(2014, 6, 1))
    assert [s.year for s in starts] == [2015, 2016, 2017]


def test_arms_that_never_part_are_compared_over_every_cohort():
    assert len(estimates.comparable_starts(cohort_table(), "three_month_cohort", None)) == 22


def test_cohorts_that_entered_before_the_arms_parted_are_never_compared():
    starts = estimates.comparable_starts(cohort_table(), "three_month_cohort", date(2018, 2, 1))
    assert starts == [pd.Timestamp("2018-04-01")]
    assert estimates.comparable_starts(cohort_table(), "three_month_cohort", date(2019, 1, 1)) == []


def of_group(group, changes):
    names = dict.fromkeys(("cohort_from", "cohort_to", "unit"), "")
    names |= {"measure": "binary_rate", "estimator": estimates.ESTIMATOR, "estimand": "as_published"}
    group = f"disposal=custody_and_orders&{group}"
    return estimates.difference(names | {"group": group}, np.zeros(len(changes)), np.asarray(changes))


def test_who_gained_is_judged_by_the_seeds_in_which_the_group_is():
    changes = np.full(20, np.nan)
    changes[:2] = -0.0100, -0.0102
    few, many = of_group("area=few", changes), of_group("area=many", np.tile([-0.0100, -0.0102], 10))
    others = [of_group(f"age={i}", np.tile([-0.01, 0.01], 10)) for i in range(30)]
    assert (few.seeds, many.seeds) == (2, 20)
    assert few.high < 0
    moved, looked_at = estimates.gained_and_lost([few, many, *others])
    assert [d.group for d in moved] == [many.group]
    assert looked_at == 32


def test_a_mean_is_over_the_values_that_there_are():
    values = np.array([1.0, 2.0, np.nan, 3.0])
    assert estimates.level(values) == 2.0
    assert estimates.interval(values) == estimates.interval(values[[0, 1, 3]])
    assert estimates.with_bounds(np.array([np.nan]), ".1f") == "-"


def test_estimators_are_never_mixed():
    table = cohort_table().assign(group="all", scenario="a", seed=0, offenders=10, reoffenders=5, reoffences=9)
    table = pd.concat([table, table.assign(scenario="b")])
    table.loc[table["estimator"] == "twelve_month_cohort", "reoffenders"] = 2
    found = estimates.cohort_differences(table, ["a", "b"], None)
    rates = {d.estimator: d.base for d in found if d.measure == "binary_rate"}
    assert rates == {"three_month_cohort": 0.5, "twelve_month_cohort": 0.2}
