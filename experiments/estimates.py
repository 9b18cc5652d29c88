"""Paired differences between arms, with intervals; before-after changes within an arm. Never the one for the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from experiments.compare import SAME_PEOPLE_GROUPS, SeedReport
from experiments.numbers import Floats
from sim.clock import WEEKS_PER_YEAR
from sim.measures import DESCRIBED

CONFIDENCE = 0.95
ESTIMATOR = "three_month_cohort"
"""The cohorts by which arms are compared where one estimator must do: quarters, so that early ones count apart."""
RATES = ("binary_rate", "frequency", "reoffences_per_100")
UNITS = {"binary_rate": "fraction", "frequency": "reoffences", "reoffences_per_100": "reoffences per 100 people"}
SETTLING_DAYS = 365
"""Cohorts of the comparison start a year after the arms part.

Under `post_reform` the law on short sentences moves eight months after that, so the first cohorts hold people
sentenced under the old law too: the estimates average them in."""


@dataclass(frozen=True)
class Difference:
    """One measure in two arms, paired by seed.

    Attributes
    ----------
    measure, estimator, group, cohort_from, cohort_to, unit : str
        What is compared; `estimator` is empty for stocks and flows.
    base, reform : float or None
        Means over seeds; None for an empty group, or for what an arm does not have.
    difference, low, high : float or None
        Reform minus base, with a 95 percent interval (Student's t over paired seeds); None for fewer than two seeds.
    pairing_gain : float or None
        Variance of the difference if the arms were unpaired, over the variance of the paired difference: the runs
        saved. None where the paired difference does not vary.
    estimand : str
        ``as_published``, or ``same_people`` for index events present in both arms.
    seeds : int
        Seeds that the difference rests on: those in which both arms have anybody.
    """

    measure: str
    estimator: str
    group: str
    cohort_from: str
    cohort_to: str
    unit: str
    base: float | None
    reform: float | None
    difference: float | None
    low: float | None
    high: float | None
    pairing_gain: float | None
    estimand: str
    seeds: int

    def as_dict(self) -> dict[str, Any]:
        """Return the keys that `compare --json` promises."""
        return asdict(self)


@cache
def students_t(number: int) -> float:
    """Return Student's t at 95 percent, both sides, for so many values."""
    return float(stdtrit(number - 1, (1 + CONFIDENCE) / 2))


def interval(values: Floats) -> tuple[float | None, float | None]:
    """Return the 95 percent interval of a mean over the values that there are (not NaN); (None, None) below two."""
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return None, None
    half = students_t(len(values)) * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean() - half), float(values.mean() + half)


def bounds(values: Floats, form: str) -> str:
    """Return the interval of a mean as text in brackets, after a space; nothing below two values."""
    low, high = interval(values)
    return "" if low is None or high is None else f" [{low:{form}}, {high:{form}}]"


def with_bounds(values: Floats, form: str) -> str:
    """Return a mean and its interval as text; a dash where there is no value."""
    mean = level(values)
    return "-" if mean is None else f"{mean:{form}}{bounds(values, form)}"


def pairing_gain(base: Floats, reform: Floats) -> float | None:
    """Return the variance of an unpaired difference over that of the paired one; None where that is zero."""
    if len(base) < 2:
        return None
    paired = (reform - base).var(ddof=1)
    return float((base.var(ddof=1) + reform.var(ddof=1)) / paired) if paired > 0 else None


def level(values: Floats) -> float | None:
    """Return the mean over the values that there are (not NaN); None where there is none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def difference(names: Mapping[str, str], base: Floats, reform: Floats) -> Difference:
    """Compare two arms, seed by seed; seeds in which either arm has nobody are left out.

    Where one arm never has any, the level of the other stands without a difference.
    """
    known = np.isfinite(base) & np.isfinite(reform)
    if not known.any():
        return Difference(
            **names,
            base=level(base),
            reform=level(reform),
            difference=None,
            low=None,
            high=None,
            pairing_gain=None,
            seeds=0,
        )
    base, reform = base[known], reform[known]
    low, high = interval(reform - base)
    return Difference(
        **names,
        base=float(base.mean()),
        reform=float(reform.mean()),
        difference=float((reform - base).mean()),
        low=low,
        high=high,
        pairing_gain=pairing_gain(base, reform),
        seeds=len(base),
    )


def rate(measure: str, counts: pd.DataFrame) -> Floats:
    """Return a rate from summed counts, one row a seed; NaN for nobody."""
    offenders, reoffenders = counts["offenders"].to_numpy(float), counts["reoffenders"].to_numpy(float)
    reoffences = counts["reoffences"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "binary_rate":
            return reoffenders / offenders
        if measure == "frequency":
            return reoffences / reoffenders
        return 100 * reoffences / offenders


def comparable_starts(cohorts: pd.DataFrame, estimator: str, parted: date | None) -> list[pd.Timestamp]:
    """Return the cohorts over which arms are compared: those that start a year after the arms part.

    Three-month cohorts: every quarter. Twelve-month cohorts: one a year from the first, so that none overlap. Where
    the arms part so late that no such cohort is complete, those that start after it serve, if there are any; where the
    arms never part, all.
    """
    starts = sorted(cohorts.loc[cohorts["estimator"] == estimator, "cohort_start"].unique())
    if parted is not None:
        settled = [s for s in starts if s.date() >= parted + timedelta(days=SETTLING_DAYS)]
        starts = settled or [s for s in starts if s.date() >= parted]
    return starts if estimator == ESTIMATOR else starts[::4]


def end_of(start: pd.Timestamp, estimator: str) -> str:
    """Return the last day of entry of a cohort."""
    months = 3 if estimator == ESTIMATOR else 12
    return (start + pd.DateOffset(months=months) - pd.DateOffset(days=1)).date().isoformat()


def cohort_differences(
    cohorts: pd.DataFrame, arms: Sequence[str], parted: date | None, groups: Iterable[str] | None = None
) -> list[Difference]:
    """Compare rates between arms for every group and both estimators.

    Parameters
    ----------
    cohorts : DataFrame
        The table `cohorts` with scenario and seed.
    arms : (str, str)
        Names of base and reform.
    parted : date or None
        First day on which the arms can differ.
    groups : iterable of str, optional
        By default every group of the table that holds the same kind of people in both arms (`measures.DESCRIBED`).

    Returns
    -------
    list of Difference
    """
    found = []
    for estimator in cohorts["estimator"].unique():
        starts = comparable_starts(cohorts, estimator, parted)
        if not starts:
            continue
        counts = summed(cohorts, estimator, starts)
        seeds = sorted(counts.index.unique("seed"))
        compared = [g for g in counts.index.unique("group") if not is_described(g)]
        for group in groups or sorted(compared, key=group_order):
            found += _rates(counts, group, arms, seeds, estimator, starts, "as_published")
    return found


def summed(cohorts: pd.DataFrame, estimator: str, starts: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Return the counts of an estimator added up over cohorts, by group, scenario and seed."""
    chosen = cohorts[(cohorts["estimator"] == estimator) & cohorts["cohort_start"].isin(starts)]
    return chosen.groupby(["group", "scenario", "seed"])[["offenders", "reoffenders", "reoffences"]].sum()


def is_described(group: str) -> bool:
    """Say whether a group holds other people in each arm, so that a difference of it means nothing."""
    return any(part.partition("=")[0] in DESCRIBED for part in group.split("&"))


def group_order(group: str) -> tuple[int, str]:
    """Sort everyone first, then simple groups, then crossed ones."""
    return (0 if group == "all" else 1 + group.count("&"), group)


def _rates(
    counts: pd.DataFrame,
    group: str,
    arms: Sequence[str],
    seeds: Sequence[int],
    estimator: str,
    starts: Sequence[pd.Timestamp],
    estimand: str,
) -> list[Difference]:
    """Compare the three rates of one group."""
    tables = [of_arm(counts, group, arm, seeds) for arm in arms]
    names = {
        "estimator": estimator,
        "group": group,
        "cohort_from": starts[0].date().isoformat(),
        "cohort_to": end_of(starts[-1], estimator),
        "estimand": estimand,
    }
    return [
        difference({"measure": m, "unit": UNITS[m], **names}, rate(m, tables[0]), rate(m, tables[1])) for m in RATES
    ]


def of_arm(counts: pd.DataFrame, group: str, arm: str, seeds: Sequence[int]) -> pd.DataFrame:
    """Return the counts of one group and arm, a row for each seed, zero where there was nobody."""
    wanted = pd.MultiIndex.from_product([[group], [arm], seeds], names=["group", "scenario", "seed"])
    return counts.reindex(wanted, fill_value=0)


def same_people_differences(
    reports: Sequence[SeedReport], cohorts: pd.DataFrame, arms: Sequence[str], parted: date | None
) -> list[Difference]:
    """Compare rates over the index events that are present in both arms."""
    rows = [
        (arms[0] if arm == "base" else arms[1], r.seed, estimator, pd.Timestamp(start), group, *counts)
        for r in reports
        for (arm, estimator, start, group), counts in r.same_people.items()
    ]
    columns = ["scenario", "seed", "estimator", "cohort_start", "group", "offenders", "reoffenders", "reoffences"]
    frame = pd.DataFrame(rows, columns=columns)
    found = []
    for estimator in cohorts["estimator"].unique():
        starts = comparable_starts(cohorts, estimator, parted)
        counts = summed(frame, estimator, starts)
        for group in SAME_PEOPLE_GROUPS:
            if starts:
                found += _rates(counts, group, arms, sorted(r.seed for r in reports), estimator, starts, "same_people")
    return found


STOCKS = (
    ("custody_population", "all", "custody_population", "people"),
    ("recall_population", "all", "recall_population", "people"),
    ("caseload", "all", "caseload", "people"),
    ("caseload_in_community", "all", "caseload_in_community", "people"),
    ("om_fte", "all", "om_fte", "full-time equivalents"),
    ("cases_per_om_fte", "all", "cases_per_om_fte", "cases"),
    ("cases_per_caseholder", "all", "cases_per_caseholder", "cases"),
    ("workload", "all", "workload", "points over target"),
    ("waiting", "all", "waiting", "people"),
    ("helped", "all", "helped", "people"),
    ("need_in_community", "need=accommodation", "need_in_community", "fraction"),
)
FLOWS = (
    ("recalls", "all", "recalls_per_year", "recalls a year"),
    ("recalls", "disposal=custody_under_12m", "recalls_per_year", "recalls a year"),
    ("recalls", "disposal=custody_12m_plus", "recalls_per_year", "recalls a year"),
    ("breaches", "all", "breaches_per_year", "breaches a year"),
    ("custody_starts", "all", "custody_starts_per_year", "sentences a year"),
    ("contacts_due", "all", "contacts_due_per_year", "contacts a year"),
    ("contacts_kept", "all", "contacts_kept_per_year", "contacts a year"),
    ("contacts_cut", "all", "contacts_cut_per_year", "contacts a year"),
    ("officer_changes", "all", "officer_changes_per_year", "changes a year"),
    ("help_started", "all", "help_started_per_year", "starts a year"),
    ("help_started", "path=through_the_gate", "help_started_per_year", "starts a year"),
    ("serious_reoffences", "all", "serious_reoffences_per_year", "reoffences a year"),
)


COUNTED = [(column, group) for column, group, *_ in STOCKS + FLOWS]
"""The weekly measures and groups among them, of the many that a run counts."""


def weekly_differences(weekly: pd.DataFrame, arms: Sequence[str], parted: date | None) -> list[Difference]:
    """Compare stocks and yearly flows between arms, over the weeks from a year after the arms part to the end.

    Numbers are those of the run: people of the region at its scale.
    """
    means, window = weekly_means(weekly, parted)
    found = []
    for table, factor in ((STOCKS, 1.0), (FLOWS, WEEKS_PER_YEAR)):
        for column, group, name, unit in table:
            base, reform = (of_weeks(means, column, group, arm) * factor for arm in arms)
            found.append(difference({"measure": name, "group": group, "unit": unit, **window}, base, reform))
    return found


def weekly_means(weekly: pd.DataFrame, parted: date | None) -> tuple["pd.Series[float]", dict[str, str]]:
    """Return the means over the weeks that are compared, and what every difference of such means says of itself.

    Returns
    -------
    Series
        By measure, group, scenario and seed.
    dict
        The weeks, the estimator (none) and the estimand of a `Difference`.
    """
    first = weekly["date"].min() if parted is None else pd.Timestamp(parted + timedelta(days=SETTLING_DAYS))
    last = weekly["date"].max()
    if first > last:
        first = pd.Timestamp(parted) if parted is not None and pd.Timestamp(parted) <= last else last
    chosen = weekly[weekly["date"] >= first]
    means = chosen.groupby(["measure", "group", "scenario", "seed"])["value"].mean()
    weeks = {"cohort_from": first.date().isoformat(), "cohort_to": last.date().isoformat()}
    return means, {"estimator": "", "estimand": "as_published", **weeks}


def of_weeks(means: "pd.Series[float]", measure: str, group: str, arm: str) -> Floats:
    """Return the mean of a weekly measure in one arm, by seed; shape (seeds,)."""
    return np.asarray(means.xs((measure, group, arm)).sort_index(), np.float64)


def gained_and_lost(
    differences: Iterable[Difference],
    measure: str = "binary_rate",
    within: str = "disposal=custody_and_orders",
) -> tuple[list[Difference], int]:
    """Return the groups for which a rate moved beyond chance, the greatest gains first, and how many were looked at.

    Intervals are widened for the number of groups looked at (Bonferroni): with so many groups, one in twenty would
    stand out by chance.

    Parameters
    ----------
    within : str
        Groups are those that divide this one by a single column.

    Returns
    -------
    list of Difference, int
    """
    looked_at = [
        d
        for d in differences
        if d.measure == measure
        and d.estimator == ESTIMATOR
        and d.estimand == "as_published"
        and d.group.startswith(f"{within}&")
        and d.difference is not None
        and d.low is not None
    ]
    moved = [d for d in looked_at if _stands_out(d, len(looked_at))]
    return sorted(moved, key=lambda d: d.difference or 0.0), len(looked_at)


def _stands_out(d: Difference, looked_at: int) -> bool:
    """Say whether zero lies outside an interval widened for so many comparisons (Student's t over its seeds)."""
    assert d.difference is not None
    assert d.low is not None
    widening = float(stdtrit(d.seeds - 1, 1 - (1 - CONFIDENCE) / 2 / looked_at)) / students_t(d.seeds)
    return abs(d.difference) > widening * (d.difference - d.low)
