import pandas as pd
import pytest

from experiments import before_after
from sim.data import tables


def test_every_published_change_is_read_from_the_table_and_not_retyped():
    published = {row.source: row.published for row in before_after.rows_of_record()}
    listed = {r["id"]: r for r in tables.rows("published_statistics")}
    crc = listed["crc_binary_change_2017"]
    assert published[f"{crc['source']} ({crc['period']})"] is not None
    values = [row.published for row in before_after.rows_of_record()]
    assert float(crc["value"]) / 100 in values
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
