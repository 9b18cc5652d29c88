"""Before-after changes within each arm, beside the published ones and the national trend.

This, and only this, is what a published change can stand beside: an arm difference has no published counterpart. Most
of what moved in the record moved for everyone, so the same change for all adults, and in the base arm, stand with it.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.estimates import ESTIMATOR, level, rate
from experiments.numbers import Floats
from sim.data import tables

EVERYONE, ORDERS = "all", "disposal=custody_and_orders"
SHORT, LONG = "disposal=custody_under_12m", "disposal=custody_12m_plus"
CRC_GROUP = f"{ORDERS}&would_be_provider=crc"
_PERCENT = 100


@dataclass(frozen=True)
class Change:
    """One change over time, in the base arm, the reform arm and the record.

    Attributes
    ----------
    measure, group, unit, period : str
    base, reform : float or None
        Mean over seeds; None where a period is not complete in the run.
    all_adults : float or None
        The same change in the national record for all adults or all offenders.
    published : float or None
    published_source : str
    """

    measure: str
    group: str
    unit: str
    period: str
    base: float | None
    reform: float | None
    all_adults: float | None
    published: float | None
    published_source: str

    def as_dict(self) -> dict[str, Any]:
        """Return the keys that `compare --json` promises."""
        return asdict(self)


def published(identity: str) -> tuple[float, str]:
    """Return the value and source of a published figure."""
    row = next(r for r in tables.rows("published_statistics") if r["id"] == identity)
    return float(row["value"]), f"{row['source']} ({row['period']})"


class Period(NamedTuple):
    """A span of time with a short name; both days belong to it."""

    label: str
    first: str
    last: str


class Row(NamedTuple):
    """One published change, and how the model measures the same."""

    measure: str
    group: str
    unit: str
    before: Period
    after: Period
    published: float
    source: str
    national: float | None


YEAR_2011 = Period("2011", "2011-01-01", "2011-12-31")
YEAR_2016_17 = Period("2016/17", "2016-04-01", "2017-03-31")
Q2_2011 = Period("2011Q2", "2011-04-01", "2011-06-30")
Q2_2016 = Period("2016Q2", "2016-04-01", "2016-06-30")
Q2_2017 = Period("2017Q2", "2017-04-01", "2017-06-30")
Q1_2018 = Period("2018Q1", "2018-01-01", "2018-03-31")
JANUARY_2015 = Period("1/2015", "2014-12-15", "2015-02-15")
DECEMBER_2017 = Period("12/2017", "2017-11-15", "2017-12-31")
SEPTEMBER_2018 = Period("9/2018", "2018-08-15", "2018-10-15")


def national_binary_change() -> float:
    """Return the national change of the binary rate, 2011 to 2016/17, as a fraction.

    The adult series ends in early 2014; from 2013 on the change of the series for all offenders is added.
    """
    wanted = ("three_month_cohort", "3-monthly", "binary_rate_percent")
    adults = [
        (r["cohort_start"][:4], float(r["value"]))
        for r in tables.rows("proven_reoffending_adults_2000_2014")
        if (r["estimator"], r["period"], r["quantity"]) == wanted and r["value"]
    ]
    early, late = (np.mean([v for year, v in adults if year == which]) for which in ("2011", "2013"))
    rows = [r for r in tables.rows("national_series") if r["series"] == "all_offenders_binary_rate_percent"]
    everyone = {r["period"]: float(r["value"]) for r in rows}
    return float(late - early + everyone["2016/17"] - everyone["2013/14"]) / _PERCENT


def rows_of_record() -> list[Row]:
    """Return the changes that the record knows, each with its source and the national trend."""
    binary = national_binary_change()
    first, _ = published("freq_all_2011")
    later, frequency_source = published("freq_all_2016_17")
    frequency = later / first - 1
    caseload, _ = published("caseload_2011")
    caseload_later, caseload_source = published("caseload_2017")
    share = next(r for r in tables.rows("published_statistics") if r["id"] == "recalls_short_share")
    share_later = float(share["value"].split(" to ")[1]) / _PERCENT
    points, ratio = "fraction", "fraction of the first"
    rate, freq, flow = "binary_rate_change", "frequency_change", "recalls_change"
    years = (YEAR_2011, YEAR_2016_17)
    national = "Ministry of Justice: adults to 2013, then all offenders"
    return [
        Row(rate, EVERYONE, points, *years, binary, national, binary),
        Row(rate, CRC_GROUP, points, *years, *_percentage("crc_binary_change_2017"), binary),
        Row(rate, ORDERS, points, Q2_2011, Q2_2017, *_percentage("custody_orders_change"), None),
        Row(rate, SHORT, points, Q2_2016, Q1_2018, *_percentage("under_12m_change"), None),
        Row(freq, EVERYONE, ratio, *years, frequency, frequency_source, frequency),
        Row(freq, CRC_GROUP, ratio, *years, *_percentage("crc_frequency_change_2017"), frequency),
        Row(flow, EVERYONE, ratio, JANUARY_2015, DECEMBER_2017, *_in_note("recalls_rise"), None),
        Row(flow, EVERYONE, ratio, JANUARY_2015, SEPTEMBER_2018, *_percentage("recalls_rise"), None),
        Row(flow, LONG, ratio, JANUARY_2015, SEPTEMBER_2018, *_percentage("recalls_12m_plus_change"), None),
        Row("recall_share", SHORT, points, JANUARY_2015, SEPTEMBER_2018, share_later, share["source"], None),
        Row(
            "caseload_change", EVERYONE, ratio, YEAR_2011, DECEMBER_2017,
            caseload_later / caseload - 1, caseload_source, None,
        ),
    ]  # fmt: skip


def _in_note(identity: str) -> tuple[float, str]:
    """Return the percentage that a published figure's note gives, as a fraction, with its source."""
    row = next(r for r in tables.rows("published_statistics") if r["id"] == identity)
    found = re.search(r"about (\d+) percent", row["note"])
    assert found is not None
    return float(found.group(1)) / _PERCENT, row["source"]


def _percentage(identity: str) -> tuple[float, str]:
    """Return a published percentage as a fraction, with its source."""
    value, source = published(identity)
    return value / _PERCENT, source


def changes(cohorts: pd.DataFrame, weekly: pd.DataFrame, arms: Sequence[str]) -> list[Change]:
    """Measure in both arms what the record knows.

    Parameters
    ----------
    cohorts, weekly : DataFrame
        Tables of a comparison with scenario and seed.
    arms : (str, str)
        Names of base and reform.

    Returns
    -------
    list of Change
        Values are None where a run ends before a period is complete.
    """
    found = []
    for row in rows_of_record():
        base, reform = (_measure(row, cohorts, weekly, arm) for arm in arms)
        found.append(
            Change(
                row.measure,
                row.group,
                row.unit,
                f"{row.before.label} to {row.after.label}" if row.measure != "recall_share" else row.after.label,
                base,
                reform,
                row.national,
                row.published,
                row.source,
            )
        )
    return found


def _measure(row: Row, cohorts: pd.DataFrame, weekly: pd.DataFrame, arm: str) -> float | None:
    """Measure one row in one arm: the mean over seeds."""
    name, periods = row.measure.removesuffix("_change"), (row.before, row.after)
    if row.measure in ("binary_rate_change", "frequency_change"):
        first, then = (_rate(cohorts, name, row.group, period, arm) for period in periods)
        with np.errstate(divide="ignore", invalid="ignore"):
            return level(then - first if row.unit == "fraction" else then / first - 1)
    if row.measure == "recall_share":
        early, late = (_level(weekly, "recalls", group, row.after, arm) for group in (EVERYONE, row.group))
        return late / early if early and late is not None else None
    early, late = (_level(weekly, name, row.group, period, arm) for period in periods)
    return late / early - 1 if early and late is not None else None


def _rate(cohorts: pd.DataFrame, measure: str, group: str, period: Period, arm: str) -> Floats:
    """Return a rate over the three-month cohorts that start in a period, a value for each seed of the comparison: NaN
    where a cohort is not complete, or nobody is in it."""
    seeds = np.sort(cohorts["seed"].unique())
    inside = cohorts["cohort_start"].between(period.first, period.last)
    which = (cohorts["estimator"] == ESTIMATOR) & (cohorts["group"] == group) & (cohorts["scenario"] == arm)
    by_seed = cohorts[inside & which].groupby("seed")
    counts = by_seed[["offenders", "reoffenders", "reoffences"]].sum().reindex(seeds, fill_value=0)
    is_whole = by_seed["cohort_start"].nunique().reindex(seeds, fill_value=0) == len(
        pd.date_range(period.first, period.last, freq="QS")
    )
    return np.where(is_whole, rate(measure, counts), np.nan)


def _level(weekly: pd.DataFrame, measure: str, group: str, period: Period, arm: str) -> float | None:
    """Return the mean of a weekly column over a period and all seeds; None if the run ends before."""
    which = (weekly["measure"] == measure) & (weekly["group"] == group) & (weekly["scenario"] == arm)
    chosen = weekly[which]
    if chosen["date"].max() + pd.Timedelta(weeks=1) < pd.Timestamp(period.last):
        return None
    return float(chosen.loc[chosen["date"].between(period.first, period.last), "value"].mean())
