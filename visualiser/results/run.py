"""What `run` prints, from the tables of its folder."""

import math

import pyarrow.compute as pc

from experiments import report
from experiments.estimates import ESTIMATOR, FLOWS, STOCKS
from sim.clock import WEEKS_PER_YEAR
from visualiser.results.blocks import Findings, Said, block, row, stock_digits
from visualiser.results.files import Json
from visualiser.results.folder import Results

_YEAR_WEEKS = 52


def run(results: Results) -> Findings:
    """Return what `run` prints: rates of the latest cohort, and stocks and flows of the last 52 weeks."""
    remark = "One run of one seed: its numbers carry chance, and no interval."
    return Findings("", [*_rates(results), _weeks(results)], [remark])


def _rates(results: Results) -> list[Json]:
    """Return the table of rates by group, where a cohort is complete."""
    cohorts = results.read("cohorts", pc.field("estimator") == ESTIMATOR)
    if cohorts.empty:
        return []
    start = cohorts["cohort_start"].max()
    rates = cohorts[cohorts["cohort_start"] == start].set_index("group")["binary_rate"]
    rows = [
        row(report.group_name(group), Said("binary_rate", group, None, reform=float(rates[group])), fraction=True)
        for group in report.GROUP_NAMES
        if group in rates.index and math.isfinite(rates[group])
    ]
    window = f"three-month cohort that starts on {start}"
    return [block("Proven reoffending within a year", window, "percent", rows, one_scale=True)]


def _weeks(results: Results) -> Json:
    """Return the table of stocks and yearly flows."""
    names = sorted({column for column, _, _, _ in (*STOCKS, *FLOWS)})
    weekly = results.read("weekly", pc.field("measure").isin(names))
    dates = sorted(weekly["date"].unique())[-_YEAR_WEEKS:]
    means = weekly[weekly["date"] >= dates[0]].groupby(["measure", "group"])["value"].mean()
    rows = []
    for table, factor in ((STOCKS, 1.0), (FLOWS, WEEKS_PER_YEAR)):
        for column, group, name, _ in table:
            value = float(means[column, group]) * factor
            said = Said(name, group, None, reform=value)
            rows.append(row(report.stock_name(name, group), said, digits=stock_digits(value)))
    window = f"{dates[0]} to {dates[-1]}"
    return block("Prison, probation and enforcement", window, "as named", rows, one_scale=False)
