import pandas as pd
import pytest

from experiments import before_after
from sim.data import tables


def test_every_published_change_is_read_from_the_table_and_not_retyped():
    published = {(row.measure, row.group): row.published for row in before_after.rows_of_record()}
    listed = {r["id"]: r for r in tables.rows("published_statistics")}
    crc = published["binary_rate_change", before_after.CRC_GROUP]
    assert crc == float(listed["crc_binary_change_2017"]["value"]) / 100
    values = published.values()
    assert float(listed["recalls_rise"]["value"]) / 100 in values


def test_the_national_frequency_rose_by_the_published_share():
    row = next(r for r in before_after.rows_of_record() if r.measure == "frequency_change" and r.group == "all")
    assert row.published == pytest.approx(4.009 / 3.288 - 1)


def test_the_national_binary_rate_fell():
    assert -0.03 < before_after.national_binary_change() < -0.01


def weekly(last: str) -> pd.DataFrame:
    dates = pd.date_range("2014-12-01", last, freq="W-MON")
    frame = pd.DataFrame({"date": dates, "measure": "recalls", "group": "all", "scenario": "a", "seed": 0})
    return frame.assign(value=(frame["date"] >= "2016-01-01") * 3.0 + 1.0)


def recalls_of_everyone():
    """Return the rows of recalls of everyone, to the end of 2017 and to September 2018."""
    return [r for r in before_after.rows_of_record() if r.measure == "recalls_change" and r.group == "all"]


def test_a_flow_changes_by_the_ratio_of_its_means():
    for row in recalls_of_everyone():
        assert before_after._measure(row, pd.DataFrame(), weekly("2018-12-31"), "a") == pytest.approx(3.0)


def test_a_run_that_ends_before_a_period_says_nothing_of_it():
    by_2017, by_2018 = recalls_of_everyone()
    assert before_after._measure(by_2017, pd.DataFrame(), weekly("2017-12-31"), "a") == pytest.approx(3.0)
    assert before_after._measure(by_2018, pd.DataFrame(), weekly("2017-12-31"), "a") is None
    assert before_after._measure(by_2017, pd.DataFrame(), weekly("2017-11-30"), "a") is None


def test_a_rate_changes_in_points_over_complete_cohorts_only():
    row = before_after.rows_of_record()[0]
    starts = pd.date_range("2011-01-01", "2017-01-01", freq="QS")
    frame = pd.DataFrame({"cohort_start": starts, "estimator": "three_month_cohort", "group": "all", "scenario": "a"})
    frame = frame.assign(seed=0, offenders=100, reoffenders=30, reoffences=60)
    frame.loc[frame["cohort_start"] >= "2016-04-01", "reoffenders"] = 25
    assert before_after._measure(row, frame, pd.DataFrame(), "a") == pytest.approx(-0.05)
    assert before_after._measure(row, frame[frame["cohort_start"] < "2017-01-01"], pd.DataFrame(), "a") is None


def cohorts_of(counts):
    """Return three-month cohorts of one group and arm: (seed, start, offenders, reoffenders)."""
    columns = ["seed", "cohort_start", "offenders", "reoffenders"]
    frame = pd.DataFrame(counts, columns=columns).assign(estimator="three_month_cohort", group="all", scenario="a")
    return frame.assign(reoffences=frame["reoffenders"], cohort_start=pd.to_datetime(frame["cohort_start"]))


QUARTERS = [f"{year}-{month:02}-01" for year in (2011, 2016) for month in (1, 4, 7, 10)] + ["2017-01-01"]
BINARY = next(r for r in before_after.rows_of_record() if r.measure == "binary_rate_change" and r.group == "all")


def test_a_change_is_that_of_each_seed_and_seeds_without_a_whole_period_are_left_out():
    rates = {0: (40, 50), 1: (40, 60), 2: (10, 90)}
    whole = [(s, q, 100, rates[s][q > "2015"]) for s in (0, 1) for q in QUARTERS]
    part = [(2, q, 100, rates[2][q > "2015"]) for q in QUARTERS[:-1]]
    assert before_after._measure(BINARY, cohorts_of(whole + part), pd.DataFrame(), "a") == pytest.approx(0.15)
    assert before_after._measure(BINARY, cohorts_of(part), pd.DataFrame(), "a") is None


def test_a_group_that_one_seed_does_not_have_leaves_the_other_seeds_as_they_are():
    there = [(1, q, 100, 60 if q > "2015" else 40) for q in QUARTERS]
    nobody = [(0, q, 0, 0) for q in QUARTERS if q > "2015"]
    assert before_after._measure(BINARY, cohorts_of(there + nobody), pd.DataFrame(), "a") == pytest.approx(0.2)
