"""Calibration to the record before the reform: history matching in waves, then approximate Bayesian computation.

Every number that is not known (`experiments.space`) moves over its own range. Wave after wave, runs are made, emulators
fitted (`experiments.emulators`), and what cannot meet the record ruled out: a point is implausible if, for some target,
the emulated value lies further from the published one than `CUTOFF` standard deviations of emulator, observation and
stated discrepancy together. Then points are drawn by how well they fit all targets at once. With so many numbers that
matter a little, emulators stay less exact than the record; so in the last waves each run is put right by its own
result: moved as little from where it was drawn as the emulators' slopes say it must be for the record, with an error
drawn for it once, to be met (randomised maximum likelihood, one Gauss-Newton step a wave). The runs of the last wave
that lie nearest are the ensemble.

Each run has a seed of its own: a level averages chance out over runs, so nothing is gained by pairing here.

References
----------
Craig, Goldstein, Seheult and Smith 1997 (history matching); Wilkinson 2013 (approximate Bayesian computation as exact
inference under a stated model error); Oliver, He and Reynolds 1996 (randomised maximum likelihood).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import qmc

from experiments import space
from experiments.bench import Bench
from experiments.calibration_design import Design
from experiments.judge import Judge, judge_of
from experiments.numbers import Floats
from experiments.sampling import Narrowed, fitting, not_ruled_out
from sim.errors import InputError

CUTOFF = 3.0
MEMBERS = 50
_FIRST_BY_FIT, _FIRST_CORRECTED = 3, 5


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
    drawn = bench.wave(1, lambda: first_draw.random(design.waves[0]))
    new = bench.run(drawn, 0)
    waves = [Wave(len(drawn), _failed(new), 1.0, np.inf, None)]
    points, values = drawn, new
    first, wanted = drawn, new  # of the runs that are put right, once there are any
    for number, size in enumerate(design.waves[1:], 2):
        judge = judge_of(design.targets, points, values)
        rng = np.random.default_rng((design.seed, number))
        if number < _FIRST_CORRECTED:
            narrowed = not_ruled_out(judge, dimensions, CUTOFF, rng)
            waves[-1] = waves[-1]._replace(share=narrowed.share, level=narrowed.level)
            fit = number >= _FIRST_BY_FIT
            drawn = bench.wave(number, partial(_drawn, judge, narrowed, size, rng, by_fit=fit))
        else:
            if number == _FIRST_CORRECTED:
                best = judge.nearest(new, size)
                drawn, new = drawn[best], new[best]
                first, wanted = drawn, judge.wanted(len(best), rng)
            if not np.isfinite(new).all(axis=1).any():
                raise InputError(f"{folder}: no run of wave {number - 1} measures every target; none can be put right")
            drawn = bench.wave(number, partial(judge.corrected, first, drawn, new, wanted))
        tell(wave_line(number - 1, waves[-1]))
        if number == 2:
            near = _less_implausible_half(judge, points)
            points, values = points[near], values[near]
        new = bench.run(drawn, sum(design.waves[: number - 1]))
        waves.append(Wave(len(drawn), _failed(new), np.nan, np.nan, judge.foretold(drawn, new)))
        points, values = np.concatenate([points, drawn]), np.concatenate([values, new])
    tell(wave_line(len(waves), waves[-1]))
    chosen = np.sort(judge.nearest(new, MEMBERS))
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


def _less_implausible_half(judge: Judge, points: Floats) -> "np.ndarray[Any, Any]":
    """Return which of the first wave's points later emulators learn from: chosen by place, never by what came out."""
    implausibility = judge(points).implausibility
    return implausibility <= np.median(implausibility)


def _drawn(judge: Judge, narrowed: Narrowed, size: int, rng: np.random.Generator, *, by_fit: bool) -> Floats:
    """Draw so many points from what is not ruled out: evenly, or by how well they fit."""
    cloud = fitting(judge, narrowed, rng) if by_fit else narrowed.points
    return cloud[rng.choice(len(cloud), size, replace=size > len(cloud))]


def wave_line(number: int, wave: Wave) -> str:
    """Say what a wave did."""
    failed = f", {wave.failed} failed" if wave.failed else ""
    told = "of values within two sd of what was foretold (nominal 95%)"
    said = "" if wave.foretold is None else f"; {wave.foretold:.0%} {told}"
    left = "" if np.isnan(wave.share) else f"; {wave.share:.2g} of the space is left at {wave.level:.1f} sd or less"
    return f"wave {number}: {wave.runs} runs{failed}{said}{left}"


def settings(calibration: Calibration) -> list[Mapping[str, float]]:
    """Return the ensemble as names and values, one mapping for each member."""
    names = [c.name for c in calibration.design.coordinates]
    return [dict(zip(names, map(float, row), strict=True)) for row in calibration.members]


def spans(values: Floats, shares: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> Floats:
    """Return quantiles over the members; shape (shares, columns)."""
    return np.quantile(values, shares, axis=0)
