"""What the reform changed, worked out from the tables of a folder as `compare` does."""

from datetime import date

import pandas as pd
import pyarrow.compute as pc

from experiments import costs, institutions
from experiments.compare import arm_name, first_day, with_runs
from experiments.costs import cost_differences
from experiments.estimates import (
    ESTIMATOR,
    FLOWS,
    STOCKS,
    Difference,
    cohort_differences,
    is_described,
    weekly_differences,
)
from experiments.institutions import institution_differences
from experiments.plan import Plan
from experiments.report import GROUP_NAMES
from visualiser.results.folder import Results


def differences_of(results: Results, plan: Plan) -> list[Difference]:
    """Return the differences that are shown, as `compare` reports them.

    Those over the people that are the same in both arms are not among them: they are counted while the runs last.
    """
    arms, parted = arms_of(plan), first_day(plan)
    cohorts, weekly = with_runs(results.read("cohorts")), weekly_of(results, parted)
    quarters = cohorts[cohorts["estimator"] == ESTIMATOR]
    shown = [g for g in quarters["group"].unique() if (g in GROUP_NAMES or _is_part(g)) and not is_described(g)]
    return [
        *cohort_differences(quarters, arms, parted, shown),
        *weekly_differences(weekly, arms, parted),
        *cost_differences(weekly, cohorts, arms, parted, plan.register),
        *institution_differences(weekly, arms, parted),
    ]


def _is_part(group: str) -> bool:
    """Say whether a group divides custody and orders by one column: those whose gains and losses are shown."""
    return group.startswith("disposal=custody_and_orders&")


def arms_of(plan: Plan) -> list[str]:
    """Return the names of both arms in the tables."""
    return [arm_name(plan, side) for side in ("base", "reform")]


def weekly_of(results: Results, parted: date | None) -> pd.DataFrame:
    """Return the weeks and measures that differences are worked out from."""
    wanted = pc.field("measure").isin(sorted(_measures()))
    since = wanted if parted is None else wanted & (pc.field("date") >= parted)
    found = results.read("weekly", since)
    return with_runs(found if len(found) else results.read("weekly", wanted))


def _measures() -> set[str]:
    """Return the measures of the weeks that stocks, flows, costs and institutions are made of."""
    counts = [pair for line in costs.WEEKLY_LINES for pair in line.counts]
    counts += [pair for row in institutions.ROWS for pair in (*row.added, *row.taken, *row.over, *row.of) if pair]
    found = {column for column, _, _, _ in (*STOCKS, *FLOWS)}
    return found | {pair[0] if isinstance(pair, tuple) else pair for pair in counts}
