"""How far points of the space lie from the record, by what emulators say of them."""

import copy
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.calibration_design import discrepancy
from experiments.emulators import FEWEST_RUNS, added_up, error_added_up, fit_all
from experiments.numbers import Floats
from experiments.sampling import Fit
from experiments.targets import Target
from sim.errors import InputError

_EVEN_VARIANCE = 1 / 12
"""Of an even draw from the unit interval."""
_WALLS = 6
"""How often a step is taken again because some coordinates met a wall."""


class Judge:
    """What emulators say of points: the `Fit` of each."""

    def __init__(self, targets: Sequence[Target], points: Floats, values: Floats) -> None:
        self.targets = targets
        self.emulators = fit_all(targets, points, values)
        self.published = np.array([float(added_up(t, np.array(t.value))) for t in targets])
        allowed = [(error_added_up(t, t.standard_error), error_added_up(t, discrepancy(t))) for t in targets]
        self.variance = np.array([observed**2 + wrong**2 for observed, wrong in allowed])

    def of_record(self, values: Floats) -> "Judge":
        """Return a judge by another record: that of one run, whose error is chance alone; shape (targets,)."""
        other = copy.copy(self)
        other.published = np.array([float(added_up(t, v)) for t, v in zip(self.targets, values, strict=True)])
        other.variance = self._chance
        return other

    def __call__(self, points: Floats) -> Fit:
        """Return how points of the unit cube fit."""
        mean, variance = self._emulated(points)
        variance = variance + self.variance
        distance = (mean - self.published) / np.sqrt(variance)
        return Fit(np.abs(distance).max(axis=1), -0.5 * (distance**2 + np.log(variance)).sum(axis=1))

    def _emulated(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance of every target's surface; each of shape (points, targets)."""
        said = [emulator.predict(points) for emulator in self.emulators]
        return np.stack([m for m, _ in said], axis=1), np.stack([v for _, v in said], axis=1)

    def nearest(self, values: Floats, number: int, wanted: Floats | None = None) -> NDArray[np.intp]:
        """Return which runs lie nearest to the record, the nearest first: at most so many, and none that failed.

        Parameters
        ----------
        values : float64 array, shape (runs, targets)
            In the targets' units.
        wanted : float64 array, shape (runs, targets), optional
            What each is to meet in place of the record (see `wanted`).
        """
        usable = np.isfinite(values).all(axis=1)
        missing = self._added_up(values) - (self.published if wanted is None else wanted)
        distance = (missing**2 / (self.variance + self._chance)).sum(axis=1)
        order = np.argsort(np.where(usable, distance, np.inf), kind="stable")
        return order[: min(number, int(usable.sum()))]

    def wanted(self, number: int, rng: np.random.Generator) -> Floats:
        """Draw what so many runs are each to meet: the record, with an error of observation and discrepancy of its own;
        shape (number, targets), on the scale on which effects add up."""
        return self.published + np.sqrt(self.variance) * rng.standard_normal((number, len(self.targets)))

    def corrected(
        self, drawn: Floats, tried: Floats, said: Floats, wanted: Floats, free: NDArray[np.bool_] | None = None
    ) -> Floats:
        """Move points as little as the slopes of the emulators' trends say they must to meet what each is to meet.

        Randomised maximum likelihood (Oliver, He and Reynolds 1996), one Gauss-Newton step: the mean of a linear
        Gaussian model about a point's own results, with the spread of an even draw for each coordinate about where the
        point was first drawn. The move is taken from there and not from the last run, so that the record is used once
        however often runs are put right, and a number that it says nothing of stays as it was drawn. How far a point
        lies from what slopes say of it has two parts. What slopes get wrong of all points alike is the mean over all
        points of the last two waves: of one alone, slopes that are too flat would throw all to and fro. What is a
        point's own is the mean over the later two thirds of its runs, whose chance averages out. Where a wall of the
        cube stops a number, the others go further.

        Parameters
        ----------
        drawn : float64 array, shape (runs, coordinates)
            Where points were first drawn.
        tried : float64 array, shape (waves, runs, coordinates)
            Where runs were made of each.
        said : float64 array, shape (waves, runs, targets)
            What they say, in the targets' units. Runs that failed count for nothing; a point of which all did stays.
        wanted : float64 array, shape (runs, targets)
            What each is to meet (see `wanted`).
        free : boolean array, shape (coordinates,), optional
            Which numbers may move; by default all.
        """
        slopes = np.stack([emulator.trend.coef_ for emulator in self.emulators])
        beyond = np.stack([self._added_up(values) for values in said]) - tried @ slopes.T
        beyond[~np.isfinite(beyond).all(axis=2)] = np.nan
        beyond = beyond[np.isfinite(beyond).any(axis=(1, 2))]
        of_wave = np.nanmean(beyond, axis=1)
        own = beyond - of_wave[:, None]
        moved = tried[-1].copy()
        for i, point in enumerate(drawn):
            mine = own[np.isfinite(own[:, i]).all(axis=1), i]
            mine = mine[len(mine) // 3 :]
            if len(mine):
                missing = wanted[i] - of_wave[-2:].mean(axis=0) - mine.mean(axis=0) - slopes @ point
                variance = self.variance + self._chance / len(mine)
                moved[i] = self._moved(slopes if free is None else slopes * free, point, missing, variance)
        return moved

    def _moved(self, slopes: Floats, point: Floats, missing: Floats, variance: Floats) -> Floats:
        """Move one point by what it lacks of every target, known so well; coordinates that meet a wall stay there."""
        error = np.diag(variance)
        moved, free = point, np.ones(len(point), bool)
        for _ in range(_WALLS):
            held = np.where(free, 0.0, moved - point)
            open_slopes = slopes * free
            spread = open_slopes @ open_slopes.T * _EVEN_VARIANCE + error
            step = _EVEN_VARIANCE * np.linalg.solve(spread, missing - slopes @ held) @ open_slopes
            moved = np.clip(point + held + step, 0.0, 1.0)
            stopped = free & (moved != point + held + step)
            if not stopped.any():
                break
            free &= ~stopped
        return moved

    @property
    def _chance(self) -> Floats:
        """Variance of one run about the surface of each target."""
        return np.array([emulator.chance**2 for emulator in self.emulators])

    def _added_up(self, values: Floats) -> Floats:
        """Return runs' values on the scale on which effects add up; both of shape (runs, targets)."""
        return np.stack([added_up(t, values[:, i]) for i, t in enumerate(self.targets)], axis=1)

    def foretold(self, points: Floats, values: Floats) -> float:
        """Return the share of runs' values within two standard deviations of what was said of them, chance included."""
        mean, variance = self._emulated(points)
        seen = self._added_up(values)
        variance = variance + self._chance
        known = np.isfinite(seen)
        return float((np.abs(seen - mean) <= 2 * np.sqrt(variance))[known].mean())


def judge_of(targets: Sequence[Target], points: Floats, values: Floats) -> Judge:
    """Fit emulators to the runs that were made.

    Raises
    ------
    InputError
        If too few runs came to an end.
    """
    finished = int(np.isfinite(values).all(axis=1).sum())
    if finished < FEWEST_RUNS:
        raise InputError(f"only {finished} of {len(values)} runs measure every target; {FEWEST_RUNS} are needed")
    return Judge(targets, points, values)


def near_half(judge: Judge, points: Floats) -> NDArray[np.bool_]:
    """Say which runs of a first wave, which draws from all of the space, emulators go on learning from: those of whose
    places a judge by that wave says that they are less implausible."""
    implausibility = judge(points).implausibility
    return implausibility <= np.median(implausibility)


def judge_after(targets: Sequence[Target], points: Floats, values: Floats, first: int) -> Judge:
    """Fit emulators to all runs of a calibration as its own are: see `near_half`.

    Parameters
    ----------
    first : int
        Runs of the first wave, which stand first.
    """
    near = near_half(judge_of(targets, points[:first], values[:first]), points[:first])
    kept = np.concatenate([np.flatnonzero(near), np.arange(first, len(points))])
    return judge_of(targets, points[kept], values[kept])
