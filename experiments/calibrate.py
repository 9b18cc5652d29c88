"""Calibration to the record before the reform: history matching in waves, then approximate Bayesian computation.

Every number that is not known (`experiments.space`) moves over its own range. Wave after wave, runs are made, emulators
fitted (`experiments.emulators`), and what cannot meet the record ruled out: a point is implausible if, for some target,
the emulated value lies further from the published one than `CUTOFF` standard deviations of emulator, observation and
stated discrepancy together. The last wave is drawn by how well points fit all targets at once; its runs, weighted by
emulators that know them, are the ensemble.

Each run has a seed of its own: a level averages chance out over runs, so nothing is gained by pairing here.

References
----------
Craig, Goldstein, Seheult and Smith 1997 (history matching); Wilkinson 2013 (approximate Bayesian computation as exact
inference under a stated model error).
"""

import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import qmc

from experiments import space, store
from experiments.engine import map_runs
from experiments.plan import make_plan
from experiments.sampling import Fit, fitting, not_ruled_out
from experiments.space import Coordinate, Floats
from experiments.targets import Target, record, series_record
from experiments.validate import REGION, UnmeasuredError, end_of, measure, read
from experiments.vocabulary import Kind, measures
from sim.compiled import source_hash
from sim.errors import InputError
from sim.model import ProbationModel

CUTOFF = 3.0
WAVE_SHARES = (0.35, 0.25, 0.2, 0.2)
"""Of the budget, by wave: all of the space; what the first does not rule out; twice by how well points fit."""
_FIRST_BY_FIT = 3
LEAST_BUDGET, MOST_BUDGET = 30, 100_000
MEMBERS = 50
SCENARIO = "post_reform"
_RUNS = "runs"
_RATE_POINTS, _EARLY_POINTS, _COUNT_SHARE, _RECALL_SHARE = 0.5, 1.0, 0.025, 0.05


def discrepancy(target: Target) -> float:
    """Return the standard deviation by which the model is allowed to be wrong of a target, in its unit.

    Half of what the project's bars allow, read as two standard deviations: a point of a rate, two of the share within
    some days, five percent of a count or frequency; ten percent of a recall population before the last, when policy
    moved in ways that are not in the model. Stated, not estimated.
    """
    kind = measures()[target.stem].kind
    if kind == Kind.OUTCOME and "within" in target.measure and "days" in target.measure:
        return _EARLY_POINTS
    if target.unit == "percent":
        return _RATE_POINTS
    if target.measure == "recall_population" and target.source == "recall_population_2009_2014":
        return _RECALL_SHARE * target.value
    return _COUNT_SHARE * target.value


def calibration_targets() -> list[Target]:
    """Return what is fitted: the rows of the record with ``use = calibrate``, and the series to 2014."""
    return [target for target in record()[0] if target.use == "calibrate"] + series_record()


@dataclass(frozen=True)
class Design:
    """What decides a calibration: two with the same description give the same result.

    Attributes
    ----------
    budget : int
        Runs.
    scale : float
        People for each person of England and Wales.
    seed : int
        Of the designs, and the first of the runs.
    targets : tuple of Target
    coordinates : tuple of Coordinate
    """

    budget: int
    scale: float
    seed: int
    targets: tuple[Target, ...]
    coordinates: tuple[Coordinate, ...]

    @property
    def waves(self) -> tuple[int, ...]:
        """Runs of each wave."""
        ends = np.round(np.cumsum(WAVE_SHARES) * self.budget).astype(int)
        return tuple(int(n) for n in np.diff(ends, prepend=0))

    def describe(self) -> dict[str, Any]:
        """Return what is written beside the results."""
        return {
            "command": "calibrate",
            "budget": self.budget,
            "region": REGION,
            "scenario": SCENARIO,
            "scale": self.scale,
            "seed": self.seed,
            "until": end_of(self.targets).isoformat(),
            "code_version": source_hash(),
            "coordinates": {c.name: [c.low, c.high] for c in self.coordinates},
            "targets": {t.id: [t.value, t.standard_error, discrepancy(t)] for t in self.targets},
        }


def make_design(budget: int, scale: float, seed: int) -> Design:
    """Check what the user asked for.

    Raises
    ------
    InputError
        For a budget that is too small to fit anything, or out of all reason.
    """
    if not LEAST_BUDGET <= budget <= MOST_BUDGET:
        raise InputError(f"--budget {budget} is out of range; allowed: {LEAST_BUDGET} to {MOST_BUDGET} runs")
    register = make_plan([SCENARIO], REGION, scale, [seed], None, []).register
    return Design(budget, scale, seed, tuple(calibration_targets()), tuple(space.space(register)))


class Wave(NamedTuple):
    """A finished wave, with what its emulators say of the whole space.

    Attributes
    ----------
    runs, failed : int
    share, level : float
        Of the space not ruled out after it, and the greatest implausibility there.
    foretold : float or None
        Share of this wave's values within two standard deviations of what earlier emulators said; None for the first.
    """

    runs: int
    failed: int
    share: float
    level: float
    foretold: float | None


@dataclass(frozen=True)
class Calibration:
    """A finished calibration.

    Attributes
    ----------
    design : Design
    waves : tuple of Wave
    members : float64 array, shape (members, coordinates)
        Values of the ensemble.
    simulated : float64 array, shape (members, targets)
        What the members' own runs say.
    seconds : float
    """

    design: Design
    waves: tuple[Wave, ...]
    members: Floats
    simulated: Floats
    seconds: float


def run_point(design: Design, task: tuple[int, tuple[float, ...]]) -> dict[str, Any]:
    """Make one run and measure every target; an error is a result too; see `_run_point`."""
    result = _run_point(design, task)
    gc.collect()  # Mesa's models refer to themselves, so that only the collector frees them
    return result


def _run_point(design: Design, task: tuple[int, tuple[float, ...]]) -> dict[str, Any]:
    """Make one run and measure every target.

    Parameters
    ----------
    task : (index, values)
        The run's number, which gives its seed, and a value for each coordinate.
    """
    index, values = task
    start = time.perf_counter()
    names = [c.name for c in design.coordinates]
    try:
        plan = make_plan(
            [SCENARIO], REGION, design.scale, [design.seed + index], end_of(design.targets).isoformat(), []
        )
        register = space.with_values(plan.register, dict(zip(names, values, strict=True)), f"run {index}")
        model = ProbationModel(plan.arms[0], plan.region, plan.scale, plan.seeds[0], register)
        model.live_until(plan.end_day)
        tables = read(model, f"{SCENARIO}/{index}")
        found = {t.id: _measured(t, tables) for t in design.targets}
    except Exception as error:
        return {"index": index, "error": f"{type(error).__name__}: {error}", "seconds": time.perf_counter() - start}
    return {"index": index, "values": found, "seconds": time.perf_counter() - start}


def _measured(target: Target, tables: Any) -> float | None:
    """Return what a run says of a target; None where it says nothing."""
    try:
        return measure(target, tables)
    except UnmeasuredError:
        return None


class Bench:
    """The folder of a calibration: runs that were made are kept, and made no second time."""

    def __init__(self, design: Design, folder: Path, jobs: int, step: Callable[[], None]) -> None:
        self.design, self.folder, self.jobs, self.step = design, folder, jobs, step
        (folder / _RUNS).mkdir(exist_ok=True)

    def path(self, index: int) -> Path:
        """Return the file of a run."""
        return self.folder / _RUNS / f"{index:06d}.json"

    def wave(self, number: int, draw: Callable[[], tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
        """Return the points of a wave and the log density they were drawn by: as kept, or drawn now."""
        path = self.folder / f"wave-{number}.parquet"
        names = [c.name for c in self.design.coordinates]
        if not path.exists():
            points, log_density = draw()
            frame = pd.DataFrame(points, columns=names)
            frame["log_density"] = log_density
            store.write_whole(path, frame.to_parquet(index=False))
        frame = pd.read_parquet(path)
        return frame[names].to_numpy(float), frame["log_density"].to_numpy(float)

    def run(self, points: Floats, first: int) -> Floats:
        """Make the runs of points that are not there yet; return all values, shape (points, targets), NaN for none."""
        values = space.values(self.design.coordinates, points)
        wanted = [(first + i, tuple(map(float, row))) for i, row in enumerate(values)]
        missing = [task for task in wanted if not self.path(task[0]).exists()]
        for _ in range(len(wanted) - len(missing)):
            self.step()
        for (index, _), result in map_runs(partial(run_point, self.design), missing, self.jobs):
            store.write_whole(self.path(index), json.dumps(result).encode())
            self.step()
        return np.array([self._values(index) for index, _ in wanted])

    def _values(self, index: int) -> list[float]:
        """Return what a run says of every target."""
        result = json.loads(self.path(index).read_text(encoding="utf-8"))
        found = result.get("values", {})
        return [np.nan if found.get(t.id) is None else found[t.id] for t in self.design.targets]


def open_folder(design: Design, out: str | None, *, resume: bool) -> Path:
    """Return the folder of a calibration, new, or with `resume` that of an earlier start.

    Raises
    ------
    InputError
        If it holds anything else, or a calibration although `resume` was not asked for.
    """
    folder = store.writable(out or str(store.DEFAULT_FOLDER / f"calibrate-{REGION}-{design.budget}-{design.seed}"))
    path = folder / store.MANIFEST
    described = json.loads(json.dumps(design.describe()))
    held = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    if held and not path.exists():
        raise InputError(f"--out {folder}: holds other files ({', '.join(held[:3])}); name an empty folder")
    if not held:
        store.write_whole(path, json.dumps(described, indent=1).encode())
        return folder
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        known = {}
    other = [key for key in described if not isinstance(known, dict) or known.get(key) != described[key]]
    if other:
        raise InputError(f"--out {folder}: holds another run ({', '.join(other)} differ); name an empty folder")
    if not resume:
        raise InputError(f"--out {folder}: holds this calibration already; add --resume to go on with it")
    return folder


def calibrate(
    design: Design,
    folder: Path,
    jobs: int,
    step: Callable[[], None] = lambda: None,
    tell: Callable[[str], None] = print,
) -> Calibration:
    """Make what is missing of a calibration, and return it.

    Parameters
    ----------
    step, tell : callable
        Called for each run, and with a line after each wave.
    """
    start = time.perf_counter()
    bench = Bench(design, folder, jobs, step)
    dimensions = len(design.coordinates)
    first_draw = qmc.LatinHypercube(dimensions, rng=np.random.default_rng(design.seed))
    drawn, drawn_by = bench.wave(1, lambda: (first_draw.random(design.waves[0]), np.zeros(design.waves[0])))
    new = bench.run(drawn, 0)
    waves = [Wave(len(drawn), _failed(new), 1.0, np.inf, None)]
    points, values = drawn, new
    for number, size in enumerate(design.waves[1:], 2):
        judge = judge_of(design, points, values)
        rng = np.random.default_rng((design.seed, number))
        narrowed = not_ruled_out(judge, dimensions, CUTOFF, rng)
        waves[-1] = waves[-1]._replace(share=narrowed.share, level=narrowed.level)
        tell(wave_line(number - 1, waves[-1]))
        if number == 2:
            near = _less_implausible_half(judge, points)
            points, values = points[near], values[near]
        cloud = fitting(judge, narrowed, rng) if number >= _FIRST_BY_FIT else narrowed.points
        drawn, drawn_by = bench.wave(number, partial(_drawn, judge, cloud, size, rng))
        new = bench.run(drawn, sum(design.waves[: number - 1]))
        waves.append(Wave(len(drawn), _failed(new), np.nan, np.nan, judge.foretold(drawn, new)))
        points, values = np.concatenate([points, drawn]), np.concatenate([values, new])
    tell(wave_line(len(waves), waves[-1]))
    last = judge_of(design, points, values)
    chosen = members(last(drawn).log_density, drawn_by, new, np.random.default_rng((design.seed, len(waves) + 1)))
    return Calibration(
        design,
        tuple(waves),
        space.values(design.coordinates, drawn[chosen]),
        new[chosen],
        time.perf_counter() - start,
    )


def _failed(values: Floats) -> int:
    """Return how many runs came to no end."""
    return int(np.isnan(values).all(axis=1).sum())


def _less_implausible_half(judge: "_Judge", points: Floats) -> "np.ndarray[Any, Any]":
    """Return which of the first wave's points later emulators learn from: chosen by place, never by what came out."""
    implausibility = judge(points).implausibility
    return implausibility <= np.median(implausibility)


def _drawn(judge: "_Judge", cloud: Floats, size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw points from a cloud, and return their log density under the judge that made it."""
    chosen = cloud[rng.choice(len(cloud), size, replace=size > len(cloud))]
    return chosen, judge(chosen).log_density


def members(log_density: Floats, drawn_by: Floats, values: Floats, rng: np.random.Generator) -> "np.ndarray[Any, Any]":
    """Choose the ensemble among the runs of the last wave, by density over that which they were drawn by.

    Drawn without putting back, so that members differ (Efraimidis and Spirakis 2006, as Gumbel keys); runs that failed
    have no chance.
    """
    usable = np.isfinite(values).all(axis=1)
    keys = np.where(usable, log_density - drawn_by + rng.gumbel(size=len(log_density)), -np.inf)
    return np.sort(np.argsort(-keys, kind="stable")[: min(MEMBERS, int(usable.sum()))])


class _Judge:
    """What emulators say of points: the `Fit` of each."""

    def __init__(self, design: Design, points: Floats, values: Floats) -> None:
        from experiments.emulators import added_up, error_added_up, fit_all

        self.targets = design.targets
        self.emulators = fit_all(design.targets, points, values)
        self.published = np.array([float(added_up(t, np.array(t.value))) for t in design.targets])
        allowed = [(error_added_up(t, t.standard_error), error_added_up(t, discrepancy(t))) for t in design.targets]
        self.variance = np.array([observed**2 + wrong**2 for observed, wrong in allowed])

    def __call__(self, points: Floats) -> Fit:
        mean, variance = self._emulated(points)
        variance = variance + self.variance
        distance = (mean - self.published) / np.sqrt(variance)
        return Fit(np.abs(distance).max(axis=1), -0.5 * (distance**2 + np.log(variance)).sum(axis=1))

    def _emulated(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance of every target's surface; each of shape (points, targets)."""
        said = [emulator.predict(points) for emulator in self.emulators]
        return np.stack([m for m, _ in said], axis=1), np.stack([v for _, v in said], axis=1)

    def foretold(self, points: Floats, values: Floats) -> float:
        """Return the share of runs' values within two standard deviations of what was said of them, chance included."""
        from experiments.emulators import added_up

        mean, variance = self._emulated(points)
        seen = np.stack([added_up(t, values[:, i]) for i, t in enumerate(self.targets)], axis=1)
        variance = variance + np.array([e.chance for e in self.emulators]) ** 2
        known = np.isfinite(seen)
        return float((np.abs(seen - mean) <= 2 * np.sqrt(variance))[known].mean())


def judge_of(design: Design, points: Floats, values: Floats) -> _Judge:
    """Fit emulators to the runs that were made.

    Raises
    ------
    InputError
        If too few runs came to an end.
    """
    from experiments.emulators import FEWEST_RUNS

    finished = int(np.isfinite(values).all(axis=1).sum())
    if finished < FEWEST_RUNS:
        raise InputError(f"only {finished} of {len(values)} runs measure every target; {FEWEST_RUNS} are needed")
    return _Judge(design, points, values)


def wave_line(number: int, wave: Wave) -> str:
    """Say what a wave did."""
    failed = f", {wave.failed} failed" if wave.failed else ""
    said = "" if wave.foretold is None else f"; {wave.foretold:.0%} of values within two sd of what was foretold"
    left = "" if np.isnan(wave.share) else f"; {wave.share:.2g} of the space is left at {wave.level:.1f} sd or less"
    return f"wave {number}: {wave.runs} runs{failed}{said}{left}"


def settings(calibration: Calibration) -> list[Mapping[str, float]]:
    """Return the ensemble as names and values, one mapping for each member."""
    names = [c.name for c in calibration.design.coordinates]
    return [dict(zip(names, map(float, row), strict=True)) for row in calibration.members]


def spans(values: Floats, shares: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> Floats:
    """Return quantiles over the members; shape (shares, columns)."""
    return np.quantile(values, shares, axis=0)
