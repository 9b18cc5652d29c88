"""The ensemble: sets of parameters fitted to the record before the reform, and what the reform does under each.

`ensemble.csv` has a row for each set and a column for each number that calibration moved; `ensemble.json` beside it
says how it was made. Under the comparison each set gets two seeds of its own: how far sets lie apart beyond what
seeds do is what is not known of parameters; the rest is chance.
"""

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from experiments import space, store
from experiments.compare import SeedReport, arm_name, first_day, read_table, run_seed
from experiments.engine import map_runs
from experiments.estimates import (
    COUNTED,
    ESTIMATOR,
    FLOWS,
    STOCKS,
    UNITS,
    comparable_starts,
    end_of,
    of_arm,
    of_weeks,
    rate,
    summed,
    weekly_means,
)
from experiments.numbers import Floats
from experiments.plan import Plan
from sim.clock import WEEKS_PER_YEAR
from sim.errors import InputError

SHIPPED = Path(__file__).with_name("ensemble.csv")
SEEDS_EACH = 2
LEVEL = 0.9
"""Of the intervals over sets."""
_MEASURES = ("binary_rate", "frequency")
_GROUPS = (
    "all",
    "disposal=custody_and_orders",
    "disposal=custody_and_orders&would_be_provider=crc",
    "disposal=custody_and_orders&would_be_provider=nps",
    "disposal=custody",
    "disposal=custody_under_12m",
    "disposal=custody_12m_plus",
    "disposal=court_order",
)


@dataclass(frozen=True)
class Effect:
    """What the reform does to one measure, over the sets of an ensemble.

    Attributes
    ----------
    measure, estimator, group, cohort_from, cohort_to, unit : str
        As in `estimates.Difference`.
    base, reform, difference : float
        Means over sets.
    low, high : float
        90 percent interval of the difference under a set, from the spread of sets with chance taken out and the error
        of the mean.
    parameters_sd, chance_sd : float
        Standard deviation of the difference between sets, and between seeds of one set. The first is 0 where sets are
        not told apart from chance; below about half of the second it is hardly more than noise.
    error : float
        Standard error of the mean difference.
    below_zero : float
        Probability that the difference under a set is negative, by the same spread; one half for no difference at all.
    """

    measure: str
    estimator: str
    group: str
    cohort_from: str
    cohort_to: str
    unit: str
    base: float
    reform: float
    difference: float
    low: float
    high: float
    parameters_sd: float
    chance_sd: float
    error: float
    below_zero: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def read_sets(path: Path = SHIPPED) -> list[dict[str, float]]:
    """Read the sets of an ensemble: names of coordinates and values, as `space.with_values` takes them.

    Raises
    ------
    InputError
        If the file cannot be read or a cell is no number; names and ranges are checked where a set is used.
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    sets = []
    for number, row in enumerate(rows, 2):
        for name, cell in row.items():
            if name is None or cell is None:
                raise InputError(f"{path}: row {number} does not have as many cells as the first row")
            try:
                float(cell)
            except ValueError:
                raise InputError(f'{path}: row {number}, column {name}: "{cell}" is not a number') from None
        sets.append({name: float(cell) for name, cell in row.items()})
    if not sets:
        raise InputError(f"{path}: has no set under its column names")
    return sets


def write_sets(folder: Path, sets: Sequence[Mapping[str, float]], how: Mapping[str, Any]) -> None:
    """Write an ensemble, and how it was made beside it."""
    store.write_whole(folder / "ensemble.csv", as_csv(sets).encode())
    store.write_whole(folder / "ensemble.json", (json.dumps(how, indent=1) + "\n").encode())


def as_csv(sets: Sequence[Mapping[str, float]]) -> str:
    """Return sets as the text of a CSV file, a row for each; a number that a set does not have is left empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in sets for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: repr(value) for name, value in row.items()} for row in sets)
    return text.getvalue()


def digest(sets: Sequence[Mapping[str, float]]) -> str:
    """Return what tells one ensemble from another, eight hexadecimal digits."""
    return hashlib.blake2b(as_csv(sets).encode(), digest_size=4).hexdigest()


def plans(plan: Plan, sets: Sequence[Mapping[str, float]], place: str, each: int = SEEDS_EACH) -> list[Plan]:
    """Return the plan under each set, see `under`, with seeds of its own."""
    found = []
    for number, named in enumerate(sets):
        seeds = tuple(range(each * number, each * (number + 1)))
        found.append(replace(under(plan, named, f"{place}: row {number + 2}"), seeds=seeds))
    return found


def under(plan: Plan, named: Mapping[str, float], place: str) -> Plan:
    """Return a plan under one set; a number that the user set by hand keeps the user's value.

    Raises
    ------
    InputError
        If the set has a number that is no coordinate, or out of its range; the message begins with `place`.
    """
    by_hand = {setting.partition("=")[0].strip() for setting in plan.settings}
    kept = {name: value for name, value in named.items() if not {name, name.partition("[")[0]} & by_hand}
    return replace(plan, register=space.with_values(plan.register, kept, place))


def run(planned: Sequence[Plan], folder: Path, jobs: int) -> Iterator[SeedReport]:
    """Run both arms of every seed under every set; yield a report as each pair is finished and on disk."""
    tasks = [(number, seed) for number, plan in enumerate(planned) for seed in plan.seeds]
    with store.locked(folder):
        store.clear(folder)
        for _, report in map_runs(partial(_run, tuple(planned), folder), tasks, jobs):
            yield report


def _run(planned: Sequence[Plan], folder: Path, task: tuple[int, int]) -> SeedReport:
    """Run one seed under one set."""
    number, seed = task
    return run_seed(planned[number], folder, seed)


def effects_in(folder: Path, plan: Plan) -> list[Effect]:
    """Return the reform's effects from the folder of a finished comparison under an ensemble."""
    store.gather_parts(folder)
    arms = [arm_name(plan, "base"), arm_name(plan, "reform")]
    weekly = read_table(folder, "weekly", COUNTED)
    return effects(read_table(folder, "cohorts"), weekly, arms, first_day(plan))


def effects(
    cohorts: pd.DataFrame, weekly: pd.DataFrame, arms: Sequence[str], parted: date | None, each: int = SEEDS_EACH
) -> list[Effect]:
    """Return the reform's effects over an ensemble, from the tables of its comparison.

    Parameters
    ----------
    cohorts, weekly : DataFrame
        With scenario and seed; seeds `each` times i up to `each` times (i + 1) belong to set i.
    """
    found = []
    starts = comparable_starts(cohorts, ESTIMATOR, parted)
    if starts:
        counts = summed(cohorts, ESTIMATOR, starts)
        seeds = sorted(counts.index.unique("seed"))
        window = {"cohort_from": starts[0].date().isoformat(), "cohort_to": end_of(starts[-1], ESTIMATOR)}
        for measure in _MEASURES:
            for group in _GROUPS:
                base, reform = (rate(measure, of_arm(counts, group, arm, seeds)) for arm in arms)
                names = {"measure": measure, "estimator": ESTIMATOR, "group": group, "unit": UNITS[measure], **window}
                found.append(effect(names, base, reform, each))
    means, weeks = weekly_means(weekly, parted)
    weeks.pop("estimand")
    for table, factor in ((STOCKS, 1.0), (FLOWS, WEEKS_PER_YEAR)):
        for column, group, name, unit in table:
            base, reform = (of_weeks(means, column, group, arm) * factor for arm in arms)
            found.append(effect({"measure": name, "group": group, "unit": unit, **weeks}, base, reform, each))
    return [e for e in found if e is not None]


def effect(names: Mapping[str, str], base: Floats, reform: Floats, each: int) -> Effect | None:
    """Part a difference into what sets and what seeds make of it (analysis of variance, one way); None for nobody.

    Parameters
    ----------
    base, reform : float64 array, shape (sets x each,)
        The seeds of a set stand together.
    """
    known = np.isfinite(base) & np.isfinite(reform)
    whole = known.reshape(-1, each).all(axis=1)
    if whole.sum() < 2:
        return None
    differences = (reform - base).reshape(-1, each)[whole]
    of_sets = differences.mean(axis=1)
    mean, variance = float(of_sets.mean()), float(of_sets.var(ddof=1))
    chance = float(differences.var(axis=1, ddof=1).mean()) if each > 1 else 0.0
    parameters = max(variance - chance / each, 0.0)
    error = (variance / len(of_sets)) ** 0.5
    spread = math.hypot(parameters**0.5, error)
    freedom = len(of_sets) - 1
    half = float(stdtrit(freedom, (1 + LEVEL) / 2)) * spread
    return Effect(
        **names,
        base=float(base.reshape(-1, each)[whole].mean()),
        reform=float(reform.reshape(-1, each)[whole].mean()),
        difference=mean,
        low=mean - half,
        high=mean + half,
        parameters_sd=parameters**0.5,
        chance_sd=chance**0.5,
        error=error,
        below_zero=float(stdtr(freedom, -mean / spread)) if spread else 0.5 * (1 - float(np.sign(mean))),
    )
