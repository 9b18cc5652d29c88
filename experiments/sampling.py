"""Points of the unit cube that a fit does not rule out, and points drawn by how well they fit.

Both by sequential Monte Carlo: a cloud of points is narrowed step by step, and moved by differences between its own
members (differential evolution), so that no step size has to be chosen.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from experiments.numbers import Floats

PARTICLES = 600
_MOVES = 10
_MOST_ROUNDS = 80
_PATIENCE, _PROGRESS = 8, 0.97
"""Narrowing ends where so many rounds bring the level to no less than this share of what it was."""
_KEPT = 0.5
"""Share of the cloud that each step of narrowing keeps, and of its effective size that each step of tempering keeps."""
_CROSSOVERS = (0.05, 0.2, 1.0)
"""Chance of each coordinate to take part in a move."""
_JUMP, _JITTER = 2.38, 1e-3
_EXACTNESS = 40


class Fit(NamedTuple):
    """How points fit.

    Attributes
    ----------
    implausibility : float64 array, shape (points,)
        Greatest distance from a target, in standard deviations.
    log_density : float64 array, shape (points,)
        Of all targets together, up to a constant.
    """

    implausibility: Floats
    log_density: Floats


type Judging = Callable[[Floats], Fit]


class Narrowed(NamedTuple):
    """Points that are not ruled out.

    Attributes
    ----------
    points : float64 array, shape (particles, coordinates)
    share : float
        Of the whole cube, estimated.
    level : float
        The greatest implausibility among them; above the cutoff where no point could be found below it.
    """

    points: Floats
    share: float
    level: float


def not_ruled_out(
    judge: Judging, dimensions: int, cutoff: float, rng: np.random.Generator, particles: int = PARTICLES
) -> Narrowed:
    """Sample evenly what lies below a cutoff of implausibility.

    Parameters
    ----------
    judge : callable
        From points of the unit cube, shape (n, dimensions), to their `Fit`.
    """
    points = rng.random((particles, dimensions))
    implausibility = judge(points).implausibility
    share, level = 1.0, np.inf
    levels: list[float] = []
    for _ in range(_MOST_ROUNDS):
        level = max(cutoff, float(np.quantile(implausibility, _KEPT)))
        levels.append(level)
        alive = np.flatnonzero(implausibility <= level)
        share *= len(alive) / particles
        chosen = rng.permutation(np.resize(rng.permutation(alive), particles))
        points = moved(points[chosen], judge, level, 0.0, rng)
        implausibility = judge(points).implausibility
        stalled = len(levels) > _PATIENCE and level > _PROGRESS * levels[-1 - _PATIENCE]
        if level == cutoff or stalled:
            break
    return Narrowed(points, share, level)


def fitting(judge: Judging, narrowed: Narrowed, rng: np.random.Generator) -> Floats:
    """Sample by density, from points that are not ruled out; shape (particles, coordinates)."""
    points, power = narrowed.points, 0.0
    while power < 1:
        log_density = judge(points).log_density
        step = _step(log_density, 1 - power)
        power += step
        weights = np.exp(step * (log_density - log_density.max()))
        points = moved(points[_resampled(weights, rng)], judge, narrowed.level, power, rng)
    return points


def _step(log_density: Floats, most: float) -> float:
    """Return the greatest step of the power, up to `most`, that keeps the effective size of the cloud."""
    low, high = 0.0, most
    for _ in range(_EXACTNESS):
        weights = np.exp(high * (log_density - log_density.max()))
        if weights.sum() ** 2 / (weights**2).sum() >= _KEPT * len(weights):
            low = high
            if high == most:
                break
            high = (high + most) / 2
        else:
            most, high = high, (low + high) / 2
    return low or high


def _resampled(weights: Floats, rng: np.random.Generator) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Return indices drawn by weight, at even spacing (systematic resampling)."""
    ends = np.cumsum(weights) / weights.sum()
    at = (rng.random() + np.arange(len(weights))) / len(weights)
    return np.minimum(np.searchsorted(ends, at), len(weights) - 1)


def moved(points: Floats, judge: Judging, level: float, power: float, rng: np.random.Generator) -> Floats:
    """Move points within the level, by density to a power (Metropolis, differential evolution)."""
    number, dimensions = points.shape
    fit = judge(points)
    density = power * fit.log_density
    for _ in range(_MOVES):
        a, b = rng.integers(number, size=(2, number))
        taking = rng.random((number, dimensions)) < rng.choice(_CROSSOVERS, (number, 1))
        jump = _JUMP / np.sqrt(2 * np.maximum(taking.sum(axis=1, keepdims=True), 1))
        step = jump * (points[a] - points[b]) + _JITTER * rng.standard_normal(points.shape)
        proposed = _reflected(points + np.where(taking, step, 0.0))
        fit = judge(proposed)
        gain = power * fit.log_density - density
        taken = (fit.implausibility <= level) & (np.log(rng.random(number)) < gain)
        points = np.where(taken[:, None], proposed, points)
        density = np.where(taken, power * fit.log_density, density)
    return points


def _reflected(points: Floats) -> Floats:
    """Turn points that left the unit cube back at its walls."""
    folded = np.abs(points) % 2
    return np.where(folded > 1, 2 - folded, folded)
