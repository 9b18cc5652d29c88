"""The published record beside the model, row by row: ``python run.py validate``.

Every row of the record is measured in runs of the scenario that it names, by the official counting rules, counts
divided by the model's size. Beside the published figure stands what the model says the record would show, as an
interval: the mean over seeds, with its error; the chance of a country of full size; the error of the published figure
itself. Not in it is what is not known of the parameters. Rows marked ``calibrate`` were set against, so that agreement
is no test; those marked ``validate`` were not, and are. Rows of one fact overlap.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from experiments.engine import map_runs
from experiments.ensemble import under
from experiments.estimates import CONFIDENCE, rate
from experiments.numbers import Floats
from experiments.plan import Plan, make_plan
from experiments.tables import cohorts_table, outcomes_table, run_name
from experiments.targets import Period, Target
from experiments.vocabulary import PER_YEAR, RATIOS, Kind, Measure, measures
from sim import measures as counted
from sim.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR, day_of
from sim.model import ProbationModel
from sim.offenders import BANDS, Disposal
from sim.proven import FOLLOW_UP_DAYS, WAITING_DAYS
from sim.timeline import EARLIEST_END, LAST_DATE

REGION = "england_wales"
_PERCENT = 100
_PERCENTS = ("percent", "percentage points")


class UnmeasuredError(Exception):
    """Why a row has no value in a run."""


@dataclass(frozen=True)
class Row:
    """A target with what the model says beside it.

    Attributes
    ----------
    target : Target
    simulated : float
        Mean over seeds, in the target's unit.
    low, high : float or None
        95 percent interval for the published figure, if the model were right; None with one seed.
    """

    target: Target
    simulated: float
    low: float | None
    high: float | None

    @property
    def error(self) -> float:
        """Simulated less published, in the target's unit."""
        return self.simulated - self.target.value

    @property
    def inside(self) -> bool | None:
        """Whether the published figure lies in the interval; None where there is none."""
        if self.low is None or self.high is None:
            return None
        return self.low <= self.target.value <= self.high

    def half(self, level: float) -> float:
        """Return half of the width of the interval of another level, taken as normal; NaN where there is none."""
        if self.high is None:
            return math.nan
        return (self.high - self.simulated) * float(ndtri((1 + level) / 2) / ndtri((1 + CONFIDENCE) / 2))

    def holds(self, level: float) -> bool:
        """Whether the interval of another level holds the published figure."""
        return abs(self.error) <= self.half(level)

    def as_dict(self) -> dict[str, Any]:
        """Return the keys that `validate --json` promises, and a few more."""
        t = self.target
        return {
            "id": t.id,
            "use": t.use,
            "measure": t.measure,
            "estimator": t.estimator,
            "group": t.group,
            "periods": [[day.isoformat() for day in period] for period in t.periods],
            "scenario": t.scenario,
            "published": t.value,
            "standard_error": t.standard_error,
            "simulated": self.simulated,
            "low": self.low,
            "high": self.high,
            "error": self.error,
            "unit": t.unit,
            "inside": self.inside,
            "fact": t.fact,
            "source": t.source,
        }


class Tables(NamedTuple):
    """A finished run: what followed index events, the model with its weeks, occasions of periods already asked for."""

    cohorts: pd.DataFrame
    outcomes: pd.DataFrame
    model: ProbationModel
    occasions: dict[Period, Floats]


def validate(
    targets: Sequence[Target],
    scale: float,
    seeds: Sequence[int],
    jobs: int = 1,
    step: Callable[[], None] = lambda: None,
    settings: Sequence[str] = (),
    sets: Sequence[Mapping[str, float]] = (),
) -> tuple[list[Row], list[tuple[str, str]]]:
    """Measure targets in runs of their scenarios, one for each seed.

    Parameters
    ----------
    settings : sequence of str
        As ``--set`` takes them.
    sets : sequence of mapping
        Sets of an ensemble: the run of seed i has set i, and intervals hold what is not known of parameters, with the
        chance of a run of this scale in it.

    Returns
    -------
    list of Row, list of (id, reason)
        What was measured, in the order of the targets, and what was not.
    """
    tasks = [(scenario, seed) for scenario in dict.fromkeys(t.scenario for t in targets) for seed in seeds]
    found: dict[tuple[str, int], dict[str, float | str]] = {}
    for task, values in map_runs(partial(run, tuple(targets), scale, tuple(settings), tuple(sets)), tasks, jobs):
        found[task] = values
        step()
    rows, unmeasured = [], []
    for target in targets:
        of_seeds = [found[target.scenario, seed][target.id] for seed in seeds]
        reasons = [value for value in of_seeds if isinstance(value, str)]
        if reasons:
            unmeasured.append((target.id, reasons[0]))
        else:
            rows.append(Row(target, *beside(np.array(of_seeds, float), target.standard_error, 1.0 if sets else scale)))
    return rows, unmeasured


def end_of(targets: Sequence[Target]) -> date:
    """Return the last day that runs go to: that of the last period, or when whoever enters in it has been followed.

    Not before the first run that is long enough, nor after the model's last day.
    """
    followed = timedelta(days=FOLLOW_UP_DAYS + WAITING_DAYS + 1)
    ends = [
        period.last + (followed if _is_followed(measures()[target.stem]) else timedelta(days=1))
        for target in targets
        for period in target.periods
    ]
    return min(max(*ends, EARLIEST_END), LAST_DATE)


def _is_followed(measure: Measure) -> bool:
    """Say whether a measure counts people who are followed for a year after they enter in the period."""
    return measure.has_estimator or measure.kind == Kind.OUTCOME


def beside(values: Floats, standard_error: float, scale: float) -> tuple[float, float | None, float | None]:
    """Return the mean of seeds and the interval in which the published figure would lie, if the model were right.

    Parameters
    ----------
    values : float64 array, shape (seeds,)
        Of worlds of `scale` times the size of the country, whose variance is so many times smaller than theirs.
    standard_error : float
        Of the published figure, taken as known; degrees of freedom by Welch and Satterthwaite.
    """
    mean = float(values.mean())
    if len(values) < 2:
        return mean, None, None
    chance = float(values.var(ddof=1)) * (1 / len(values) + scale)
    variance = chance + standard_error**2
    if not variance:
        return mean, mean, mean
    freedom = (len(values) - 1) * (variance / chance) ** 2 if chance else math.inf
    half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * math.sqrt(variance)
    return mean, mean - half, mean + half


def run(
    targets: Sequence[Target],
    scale: float,
    settings: Sequence[str],
    sets: Sequence[Mapping[str, float]],
    task: tuple[str, int],
) -> dict[str, float | str]:
    """Live one run and measure the targets of its scenario; see `measured`."""
    scenario, seed = task
    plan = make_plan([scenario], REGION, scale, [seed], end_of(targets).isoformat(), settings)
    if sets:
        plan = under(plan, sets[seed], f"set {seed}")
    return measured([target for target in targets if target.scenario == scenario], plan)


def measured(targets: Sequence[Target], plan: Plan) -> dict[str, float | str]:
    """Live the one run of a plan and measure targets in it; text is the reason why one has no value."""
    model = ProbationModel(plan.arms[0], plan.region, plan.scale, plan.seeds[0], plan.register)
    model.live_until(plan.end_day)
    tables = read(model, run_name(plan.arms[0].name, plan.seeds[0]))
    found: dict[str, float | str] = {}
    for target in targets:
        try:
            found[target.id] = measure(target, tables)
        except UnmeasuredError as reason:
            found[target.id] = str(reason)
    return found


def read(model: ProbationModel, name: str) -> Tables:
    """Return the tables of a finished run."""
    after = counted.after_index(model)
    cohorts = pd.DataFrame(cohorts_table(list(counted.cohorts(model, after=after)), name))
    cohorts["cohort_start"] = pd.to_datetime(cohorts["cohort_start"])
    return Tables(cohorts, pd.DataFrame(outcomes_table(model, name, after)), model, {})


def measure(target: Target, tables: Tables) -> float:
    """Return what a run says of a target, in the target's unit.

    Raises
    ------
    UnmeasuredError
        If the run ends before a period is complete, or nobody is in the group.
    """
    known = measures()[target.stem]
    values = [_MEASURED_BY[known.kind](known, target, period, tables) for period in target.periods]
    if len(values) == 1:
        return values[0] * (_PERCENT if target.unit in _PERCENTS else 1)
    before, after = values
    if target.unit == "percent":
        if not before:
            raise UnmeasuredError(f"nothing of the kind in {target.periods[0]}")
        return _PERCENT * (after / before - 1)
    return _PERCENT * (after - before)


def _rate(known: Measure, target: Target, period: Period, tables: Tables) -> float:
    """Return a rate over all cohorts of an estimator that start in a period."""
    counts = _cohorts(target, period, tables)[["offenders", "reoffenders", "reoffences"]].sum().to_frame().T
    return _known(float(rate(known.name, counts)[0]))


def _size(_known: Measure, target: Target, period: Period, tables: Tables) -> float:
    """Return the mean number of people in a cohort, of England and Wales."""
    return float(_cohorts(target, period, tables)["offenders"].mean()) / tables.model.size


def _cohorts(target: Target, period: Period, tables: Tables) -> pd.DataFrame:
    """Return the complete cohorts of an estimator and a group that start in a period."""
    starts = pd.date_range(period.first, period.last, freq="QS")[:: counted.ESTIMATORS[target.estimator]]
    table = tables.cohorts
    mine = (table["estimator"] == target.estimator) & (table["group"] == target.group)
    chosen = table[mine & table["cohort_start"].isin(starts)]
    if len(chosen) < len(starts):
        raise UnmeasuredError(f"no complete cohort of {target.group} in {period}, or nobody in it")
    return chosen


def _outcome(known: Measure, target: Target, period: Period, tables: Tables) -> float:
    """Return the share of a group's index events of whole years that something followed."""
    table = tables.outcomes
    years = range(period.first.year, period.last.year + 1)
    chosen = table[(table["measure"] == known.name) & (table["group"] == target.group) & table["year"].isin(years)]
    if len(chosen) < len(years):
        raise UnmeasuredError(f"a year of {period} is not followed to its end, or nobody is in {target.group}")
    return _known(float(np.average(chosen["value"], weights=chosen["events"])))


def _level(known: Measure, target: Target, period: Period, tables: Tables) -> float:
    """Return the mean week of a stock, of England and Wales."""
    return _mean_week(known.name, target.group, period, tables)


def _flow(known: Measure, target: Target, period: Period, tables: Tables) -> float:
    """Return a year's number of what happens, of England and Wales."""
    return WEEKS_PER_YEAR * _mean_week(known.name.removesuffix(PER_YEAR), target.group, period, tables)


def _share(_known: Measure, target: Target, period: Period, tables: Tables) -> float:
    """Return a group's share of all recalls."""
    all_ = _mean_week("recalls", "all", period, tables)
    if not all_:
        raise UnmeasuredError(f"no recalls in {period}")
    return _mean_week("recalls", target.group, period, tables) / all_


def _occasions(_known: Measure, target: Target, period: Period, tables: Tables) -> float:
    """Return a year's occasions of a disposal or a history band."""
    if day_of(period.last) >= tables.model.day:
        raise UnmeasuredError(f"the run ends before {period.last}")
    if period not in tables.occasions:
        years = period.last.year - period.first.year + 1
        found = counted.occasions(tables.model, period.first, date(period.last.year + 1, 1, 1))
        tables.occasions[period] = found / years
    counts = tables.occasions[period]
    column, _, label = target.group.partition("=")
    if column == "disposal":
        return float(counts[Disposal[label.upper()]].sum())
    return float(counts[:, BANDS.index(label)].sum())


def _mean_week(name: str, group: str, period: Period, tables: Tables) -> float:
    """Return the mean over the weeks whose Monday lies in a period; a count is divided by the model's size."""
    if day_of(period.last) >= tables.model.day:
        raise UnmeasuredError(f"the run ends before {period.last}")
    first, last = -(-day_of(period.first) // DAYS_PER_WEEK), day_of(period.last) // DAYS_PER_WEEK
    value = float(tables.model.weekly.series(name, group)[first : last + 1].mean())
    return value if name in RATIOS else value / tables.model.size


def _known(value: float) -> float:
    """Return a number, or say that there is none."""
    if not np.isfinite(value):
        raise UnmeasuredError("nobody is in the group")
    return value


_MEASURED_BY: Mapping[Kind, Callable[[Measure, Target, Period, Tables], float]] = {
    Kind.RATE: _rate,
    Kind.SIZE: _size,
    Kind.OUTCOME: _outcome,
    Kind.LEVEL: _level,
    Kind.FLOW: _flow,
    Kind.SHARE: _share,
    Kind.OCCASIONS: _occasions,
}
