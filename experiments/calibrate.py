"""Calibration to the record before the reform: history matching in waves, then approximate Bayesian computation.

Every number that is not known (`experiments.space`) moves over its own range. Wave after wave, runs are made, emulators
fitted (`experiments.emulators`), and what cannot meet the record ruled out: a point is implausible if, for some target,
the emulated value lies further from the published one than `CUTOFF` standard deviations of emulator, observation and
stated discrepancy together. Then points are drawn by how well they fit all targets at once. With so many numbers that
matter a little, emulators stay less exact than the record; so in the last waves each point is put right by its own
runs: moved as little from where it was drawn as the emulators' slopes say it must be for the record, with an error
drawn for it once, to be met (randomised maximum likelihood, one Gauss-Newton step a wave). The points of the last wave
that come nearest to what each is to meet are the ensemble: which lie nearest to the record itself is not asked, so
that how far they lie from it is no choice.

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
from typing import NamedTuple

import numpy as np
from scipy.stats import qmc

from experiments import space, store
from experiments.bench import Bench
from experiments.calibration_design import Design
from experiments.judge import Judge, judge_of, near_half
from experiments.numbers import Floats
from experiments.sampling import fitting, not_ruled_out
from sim.errors import InputError
from sim.offenders import Rows

CUTOFF = 3.0
MEMBERS = 50
_FIRST_BY_FIT, _FIRST_CORRECTED = 3, 7


class Wave(NamedTuple):
    """A finished wave, with what its emulators say of the whole space.

    Attributes
    ----------
    runs, failed : int
    share, level : float
        Of the space not ruled out after it, and the greatest implausibility there; NaN where that was not asked.
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


class _Waves:
    """The waves of a calibration so far, and the runs that emulators learn from."""

    def __init__(self, design: Design, bench: Bench, tell: Callable[[str], None]) -> None:
        self.design, self.bench, self.tell = design, bench, tell
        self.done: list[Wave] = []
        self.last: tuple[Floats, Floats]
        self._learned: list[tuple[Floats, Floats]] = []

    def make(self, draw: Callable[[], Floats], judge: Judge | None = None) -> None:
        """Draw the points of the next wave where they are not kept, and make its runs.

        Parameters
        ----------
        judge : Judge, optional
            By earlier waves, if there are any.

        Raises
        ------
        InputError
            If no run measures every target.
        """
        if self.done:
            self.tell(wave_line(len(self.done), self.done[-1]))
        number = len(self.done) + 1
        points = self.bench.wave(number, draw)
        values = self.bench.run(points, sum(wave.runs for wave in self.done))
        if not np.isfinite(values).all(axis=1).any():
            raise InputError(f"{self.bench.folder}: no run of wave {number} measures every target")
        failed = int(np.isnan(values).all(axis=1).sum())
        foretold = judge.foretold(points, values) if judge else None
        self.done.append(Wave(len(points), failed, np.nan, np.nan, foretold))
        self.last = points, values
        self._learned.append(self.last)

    def learn(self) -> Judge:
        """Fit emulators to the runs so far; of the first wave they learn later only from the near half."""
        points, values = (np.concatenate(each) for each in zip(*self._learned, strict=True))
        judge = judge_of(self.design.targets, points, values)
        if len(self.done) == 1:
            near = near_half(judge, points)
            self._learned = [(points[near], values[near])]
        return judge

    def rng(self) -> np.random.Generator:
        """Return what draws the points of the next wave."""
        return np.random.default_rng((self.design.seed, len(self.done) + 1))


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
    waves = _Waves(design, Bench(design, folder, jobs, step), tell)
    with store.locked(folder):
        first_draw = qmc.LatinHypercube(len(design.coordinates), rng=np.random.default_rng(design.seed))
        waves.make(lambda: first_draw.random(design.waves[0]))
        for size in design.waves[1 : _FIRST_CORRECTED - 1]:
            _narrow(waves, size)
        met = _put_right(waves, design.waves[_FIRST_CORRECTED - 1 :])
        tell(wave_line(len(waves.done), waves.done[-1]))
    points, values = waves.last
    chosen = np.sort(met[:MEMBERS])
    return Calibration(
        design,
        tuple(waves.done),
        space.values(design.coordinates, points[chosen]),
        values[chosen],
        time.perf_counter() - start,
    )


def _narrow(waves: _Waves, size: int) -> None:
    """Make a wave of so many points of what is not ruled out: drawn evenly, or later by how well they fit."""
    judge, rng = waves.learn(), waves.rng()
    narrowed = not_ruled_out(judge, len(waves.design.coordinates), CUTOFF, rng)
    waves.done[-1] = waves.done[-1]._replace(share=narrowed.share, level=narrowed.level)

    def draw() -> Floats:
        cloud = narrowed.points if len(waves.done) + 1 < _FIRST_BY_FIT else fitting(judge, narrowed, rng)
        return cloud[rng.choice(len(cloud), size, replace=size > len(cloud))]

    waves.make(draw, judge)


def _put_right(waves: _Waves, sizes: Sequence[int]) -> Rows:
    """Make the last waves: the runs of the wave before, put right time and again; return which of the last wave's runs
    came nearest to what each was to meet, these first."""
    judge = waves.learn()
    points, values = waves.last
    usable = judge.nearest(values, sizes[0])
    drawn, wanted = points[usable], judge.wanted(len(usable), waves.rng())
    made = [(drawn, values[usable])]
    for left in reversed(range(len(sizes))):
        tried, said = (np.stack(each) for each in zip(*made, strict=True))
        waves.make(partial(judge.corrected, drawn, tried, said, wanted), judge)
        made.append(waves.last)
        if left:
            judge = waves.learn()
    return judge.nearest(waves.last[1], len(drawn), wanted)


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
