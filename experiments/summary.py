"""What one finished world says in numbers: rates of its cohorts, stocks, flows and costs, over one window of time."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments import costs, tables
from experiments.estimates import (
    ESTIMATOR,
    FLOWS,
    RATES,
    STOCKS,
    UNITS,
    comparable_starts,
    end_of,
    group_order,
    is_described,
    of_arm,
    of_weeks,
    rate,
    summed,
    weekly_means,
)
from experiments.tables import Columns
from sim.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR, dates
from sim.measures import Cohort
from sim.model import ProbationModel

_PUBLIC = [line for line in costs.WEEKLY_LINES if line.is_public]
_COUNTED = {pair for line in costs.WEEKLY_LINES for pair in line.counts}
_SERIES = sorted(_COUNTED | {(column, group) for column, group, _, _ in (*STOCKS, *FLOWS)})


class Value(NamedTuple):
    """One number of a finished world; keys as `run --json` promises."""

    measure: str
    estimator: str
    group: str
    cohort_from: str
    cohort_to: str
    unit: str
    value: float


def values(model: ProbationModel, cohorts: Iterable[Cohort], parted: date | None) -> list[Value]:
    """Return what a finished world says, over the cohorts and weeks over which `compare` sets its arms beside others.

    Parameters
    ----------
    model : ProbationModel
    cohorts : iterable of Cohort
        Those of the model that are wanted.
    parted : date or None
        First day on which any of the arms that will be compared differ.
    """
    return [*_rates(cohorts, parted), *_of_weeks(model, parted)]


def _rates(cohorts: Iterable[Cohort], parted: date | None) -> Iterator[Value]:
    """Yield the rates of every group that holds the same kind of people in every regime."""
    frame = pd.DataFrame(tables.cohorts_table([c for c in cohorts if c.estimator == ESTIMATOR], ""))
    if frame.empty:
        return
    frame["cohort_start"] = pd.to_datetime(frame["cohort_start"])
    starts = comparable_starts(frame, ESTIMATOR, parted)
    if not starts:
        return
    counts = summed(frame.assign(scenario="", seed=0), ESTIMATOR, starts)
    window = starts[0].date().isoformat(), end_of(starts[-1], ESTIMATOR)
    for group in sorted((g for g in counts.index.unique("group") if not is_described(g)), key=group_order):
        of_group = of_arm(counts, group, "", [0])
        for measure in RATES:
            yield Value(measure, ESTIMATOR, group, *window, UNITS[measure], float(rate(measure, of_group)[0]))


def _of_weeks(model: ProbationModel, parted: date | None) -> Iterator[Value]:
    """Yield stocks, flows and costs."""
    mondays = pd.to_datetime(dates(np.arange(len(model.weekly.rows)) * DAYS_PER_WEEK))
    series = [
        pd.DataFrame({"date": mondays, "measure": m, "group": g, "value": model.weekly.series(m, g)})
        for m, g in _SERIES
    ]
    means, weeks = weekly_means(pd.concat(series, ignore_index=True).assign(scenario="", seed=0), parted)
    window = weeks["cohort_from"], weeks["cohort_to"]
    for table, factor in ((STOCKS, 1.0), (FLOWS, WEEKS_PER_YEAR)):
        for column, group, name, unit in table:
            yield Value(name, "", group, *window, unit, float(of_weeks(means, column, group, "")[0]) * factor)
    for name, lines in {costs.PUBLIC_SPEND: _PUBLIC, **{line.measure: [line] for line in costs.WEEKLY_LINES}}.items():
        spent = costs.yearly(lines, means, "", model.register)
        yield Value(name, "", "all", *window, costs.UNIT, float(spent[0]))


def measures_table(found: list[Value], run: str) -> Columns:
    """Return values as the rows of a table."""
    columns: Columns = {"run": np.full(len(found), run)}
    return columns | {name: [getattr(v, name) for v in found] for name in Value._fields}
