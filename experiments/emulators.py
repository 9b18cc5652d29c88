"""Emulators: what a run would say, and how surely, at points where none was made.

One for each target, on the scale on which effects add up: log-odds of a percentage, logarithm of a count. A sparse
linear trend over all coordinates (lasso) finds what matters; a Gaussian process over the `ACTIVE` coordinates that
matter most takes up curves and interactions; the rest, and the chance of a run, is its noise.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import Lasso, LassoCV
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from experiments.engine import cores, map_fits
from experiments.numbers import Floats
from experiments.targets import Target

ACTIVE = 10
FEWEST_RUNS = 10
_FOLDS = 5
_PENALTIES = 60
_LONGEST_FIT = 10_000
_ENOUGH = 300
"""Runs that a process learns from, spread evenly over all: its time grows with the cube of their number."""
_WORTH_PROCESSES = 2_000
"""Values to be fitted, of all targets together, that are worth the start of further processes."""
_NOISE = (0.02, 2.0)
"""Least and greatest variance of chance, of what the trend leaves: few runs could be fitted without any."""
_PERCENT, _LEAST_PERCENT, _LEAST_COUNT = 100.0, 0.05, 1.0


def added_up(target: Target, values: Floats) -> Floats:
    """Return values of a target on the scale on which effects add up; any shape."""
    if target.unit == "percent":
        odds = np.clip(values, _LEAST_PERCENT, _PERCENT - _LEAST_PERCENT)
        return np.log(odds / (_PERCENT - odds))
    return np.log(np.maximum(values, _LEAST_COUNT if target.unit != "count" else 1e-3))


def error_added_up(target: Target, error: float) -> float:
    """Return a small error of a target's published value on that scale."""
    if target.unit == "percent":
        return _PERCENT * error / (target.value * (_PERCENT - target.value))
    return error / target.value


@dataclass(frozen=True)
class Emulator:
    """What runs say of one target.

    Attributes
    ----------
    trend : LassoCV
    active : int64 array
        The coordinates that matter most.
    process : GaussianProcessRegressor
        Of what the trend leaves, over the active coordinates, divided by `spread`.
    spread : float
    chance : float
        Standard deviation of one run about the surface.
    misfit : float
        Standard deviation of what it gets wrong of runs that it was not fitted to, beyond chance and what the process
        knows of its own error.
    """

    trend: Any
    active: Any
    process: Any
    spread: float
    chance: float
    misfit: float

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance of the surface at points of the unit cube; each of shape (points,)."""
        rest, deviation = self.process.predict(points[:, self.active], return_std=True)
        noise = (self.chance / self.spread) ** 2
        variance = np.maximum(deviation**2 - noise, 0.0)
        return self.trend.predict(points) + self.spread * rest, self.spread**2 * variance + self.misfit**2


def fit(points: Floats, values: Floats) -> Emulator:
    """Fit an emulator.

    Parameters
    ----------
    points : float64 array, shape (runs, coordinates)
        In the unit cube.
    values : float64 array, shape (runs,)
        On the scale on which effects add up.
    """
    folds = KFold(_FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        trend = LassoCV(cv=folds, alphas=_PENALTIES, max_iter=_LONGEST_FIT).fit(points, values)
        active = np.sort(np.argsort(-np.abs(trend.coef_), kind="stable")[:ACTIVE])
        rest = values - trend.predict(points)
        spread = float(rest.std()) or 1.0
        smooth = ConstantKernel(0.5, (1e-3, 10)) * RBF(np.full(len(active), 2.0), (0.3, 30.0))
        some = np.unique(np.linspace(0, len(points) - 1, _ENOUGH).astype(int))
        process = _process(smooth + WhiteKernel(0.5, _NOISE), points[some][:, active], rest[some] / spread)
        chance = spread * float(process.kernel_.k2.noise_level) ** 0.5
        squares, known = np.zeros(len(values)), np.zeros(len(values))
        for kept, left in folds.split(points):
            part = Lasso(trend.alpha_, max_iter=_LONGEST_FIT).fit(points[kept], values[kept])
            taken = np.intersect1d(kept, some)
            gone = (values[taken] - part.predict(points[taken])) / spread
            again = _process(process.kernel_, points[taken][:, active], gone, optimizer=None)
            said, deviation = again.predict(points[left][:, active], return_std=True)
            squares[left] = (values[left] - part.predict(points[left]) - spread * said) ** 2
            known[left] = (spread * deviation) ** 2
    misfit = max(float(squares.mean() - known.mean()), 0.0) ** 0.5
    return Emulator(trend, active, process, spread, chance, misfit)


def _process(kernel: Any, points: Floats, values: Floats, **how: Any) -> Any:
    """Fit a Gaussian process."""
    return GaussianProcessRegressor(kernel, alpha=1e-8, **how).fit(points, values)


def fit_all(targets: Sequence[Target], points: Floats, values: Floats) -> list[Emulator]:
    """Fit an emulator for each target.

    Parameters
    ----------
    values : float64 array, shape (runs, targets)
        In the targets' units; NaN where a run has no value.
    """
    tasks = []
    for i, target in enumerate(targets):
        known = np.isfinite(values[:, i])
        tasks.append((points[known], added_up(target, values[known, i])))
    jobs = cores() if values.size >= _WORTH_PROCESSES else 1
    return list(map_fits(_fit, tasks, jobs))


def _fit(runs: tuple[Floats, Floats]) -> Emulator:
    """Fit an emulator to points and values."""
    return fit(*runs)
