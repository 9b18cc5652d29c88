"""What `compare --ensemble` prints, from the tables of its folder."""

from collections.abc import Sequence

import pandas as pd

from experiments import report
from experiments.compare import first_day, with_runs
from experiments.ensemble import LEVEL, SEEDS_EACH, Effect, effects
from experiments.ensemble_report import headline
from visualiser.results.blocks import Findings, block, row, stock_digits, window_of
from visualiser.results.differences import arms_of, weekly_of
from visualiser.results.files import Json
from visualiser.results.folder import Results
from visualiser.results.plan import plan_of

_RATES = {
    "binary_rate": ("Proven reoffending within a year", "points"),
    "frequency": ("Reoffences per reoffender", "reoffences"),
}


def ensemble(results: Results) -> Findings:
    """Return what `compare --ensemble` prints: the reform's effects over all sets that are finished."""
    plan = plan_of(results.manifest)
    parted = first_day(plan)
    cohorts, weekly = _whole(with_runs(results.read("cohorts"))), _whole(weekly_of(results, parted))
    found = effects(cohorts, weekly, arms_of(plan), parted)
    blocks = [_rates(measure, [e for e in found if e.measure == measure]) for measure in _RATES]
    blocks.append(_stocks([e for e in found if not e.estimator]))
    finished, asked = weekly["seed"].nunique() // SEEDS_EACH, results.open("sets").rows
    remarks = [f"{finished} of {asked} sets are finished: the numbers are of those."] if finished < asked else []
    remarks.append(
        f"Intervals: {LEVEL:.0%}, of the change under a set: what is not known of parameters, and the mean's error."
    )
    return Findings(headline(found), [block for block in blocks if block["rows"]], remarks)


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of sets all of whose seeds are there: a comparison that was cut off has lone ones."""
    of_set = frame["seed"] // SEEDS_EACH
    return frame[frame["seed"].groupby(of_set).transform("nunique") == SEEDS_EACH]


def _rates(measure: str, found: Sequence[Effect]) -> Json:
    """Return the table of a rate by group."""
    title, unit = _RATES[measure]
    rows = [row(report.group_name(e.group), e, fraction=measure == "binary_rate") for e in found]
    return block(title, window_of(found[0]) if found else "", unit, rows, one_scale=True)


def _stocks(found: Sequence[Effect]) -> Json:
    """Return the table of stocks and yearly flows."""
    rows = [row(report.stock_name(e.measure, e.group), e, digits=stock_digits(e.base)) for e in found]
    window = window_of(found[0]) if found else ""
    return block("Prison, probation and enforcement", window, "as named", rows, one_scale=False)
