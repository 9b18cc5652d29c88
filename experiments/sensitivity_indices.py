"""Which numbers an outcome hangs on over the whole of their ranges: Morris's or Sobol's indices, beside chance.

Whoever evaluates the points of a design is an argument: the model, by way of a sweep, or a function whose indices are
known.

References
----------
Morris (1991), Technometrics 33, 161-174: elementary effects. Campolongo and others (2007), Environmental Modelling and
Software 22, 1509-1518: mu*, groups. Saltelli and others (2010), Computer Physics Communications 181, 259-270: the
estimators of first-order and total indices.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from SALib.analyze import morris as morris_analysis
from SALib.analyze import sobol as sobol_analysis
from scipy import stats

from experiments.estimates import CONFIDENCE
from experiments.numbers import Floats
from experiments.sensitivity import ASPECTS, FEWEST_SAMPLES, LEVELS, Aspect, Design, Evaluation, problem

MAIN = {"morris": "mu_star", "sobol": "ST"}
"""The index by which numbers are ranked."""
_STEP = LEVELS / (2 * (LEVELS - 1))
"""How far a number moves in one step of a trajectory, in its range."""
_RESAMPLING = 1
"""What SALib resamples with, so that the same values have the same intervals."""
_MEAN_OF_MOVES = math.sqrt(2 / math.pi)
"""Of the size of a normal deviate, whose standard deviation is one."""


@dataclass(frozen=True)
class Indices:
    """What moves one aspect of an outcome.

    Attributes
    ----------
    aspect : Aspect
    table : DataFrame
        A row for each name, the greatest first. `mu_star`, `mu_star_conf`, `mu`, `sigma` (the outcome's unit, over the
        whole range of a number) or `ST`, `ST_conf`, `S1`, `S1_conf` (shares of the variance): means over seeds, `_conf`
        SALib's half of a 95 percent interval; `spread`: standard deviation over seeds of the first; `by_chance`: what
        the first would be by chance alone; `p`: of steps so far from nothing by chance; `beyond_chance`.
    share_of_chance : float
        Of the variance between runs; see `share_of_chance`.
    blocks, left_out : int
        Trajectories or base samples; and how many of them have a run without a value.
    """

    aspect: Aspect
    table: pd.DataFrame
    share_of_chance: float
    blocks: int
    left_out: int


def study(
    design: Design, evaluate: Evaluation, seeds: Sequence[int], aspects: Sequence[Aspect] = ASPECTS
) -> list[Indices]:
    """Evaluate the points of a design under each seed, and return the indices of every aspect."""
    values = np.stack([evaluate(design.points, seed) for seed in seeds])
    return [indices(design, aspect, values[:, :, k]) for k, aspect in enumerate(aspects)]


def indices(design: Design, aspect: Aspect, values: Floats) -> Indices:
    """Return the indices of one aspect.

    Parameters
    ----------
    values : float64 array, shape (seeds, points)
        NaN where a run failed or says nothing: the whole block, under every seed, is left out then.
    """
    blocks = values.reshape(len(values), -1, design.block)
    known = np.isfinite(blocks).all(axis=(0, 2))
    there = blocks[:, known]
    left_out = int((~known).sum())
    if known.sum() < FEWEST_SAMPLES[design.method]:
        return Indices(aspect, pd.DataFrame(), math.nan, len(known), left_out)
    points = design.points.reshape(len(known), design.block, -1)[known]
    table = _table(design, points, there)
    return Indices(aspect, table, share_of_chance(there.reshape(len(there), -1)), len(known), left_out)


def _table(design: Design, points: Floats, values: Floats) -> pd.DataFrame:
    """Return the indices of every name; points of shape (blocks, points, numbers), values (seeds, blocks, points)."""
    flat = points.reshape(-1, points.shape[2])
    of_seed = [_ANALYSES[design.method](problem(design), flat, row.ravel()) for row in values]
    main = MAIN[design.method]
    columns = {index: np.mean([found[index] for found in of_seed], axis=0) for index in of_seed[0]}
    spread = np.std([found[main] for found in of_seed], axis=0, ddof=1) if len(values) > 1 else math.nan
    moved = steps(design, points, values)
    p = p_of_chance(moved)
    found = {"name": design.names, **columns, "spread": spread, "by_chance": _by_chance(design, moved, values)}
    table = pd.DataFrame({**found, "p": p, "beyond_chance": is_beyond_chance(p)})
    return table.sort_values(main, ascending=False, kind="stable", ignore_index=True)


def _analyse_morris(asked: dict[str, Any], points: Floats, values: Floats) -> dict[str, Floats]:
    """Return SALib's indices of trajectories; numbers that move together go both ways: no `mu`."""
    found = morris_analysis.analyze(asked, points, values, num_levels=LEVELS, conf_level=CONFIDENCE, seed=_RESAMPLING)
    said = {index: np.asarray(found[index], float) for index in ("mu_star", "mu_star_conf", "mu", "sigma")}
    if len(said["mu"]) < len(asked["groups"]):
        said["mu"] = np.full(len(said["mu"]), np.nan)
    return said


def _analyse_sobol(asked: dict[str, Any], points: Floats, values: Floats) -> dict[str, Floats]:  # noqa: ARG001
    """Return SALib's indices of base samples; NaN where all values are the same, which leaves no variance to share."""
    wanted = ("ST", "ST_conf", "S1", "S1_conf")
    if np.ptp(values) == 0:
        return dict.fromkeys(wanted, np.full(len(set(asked["groups"])), np.nan))
    found = sobol_analysis.analyze(
        asked, values, calc_second_order=False, conf_level=CONFIDENCE, seed=_RESAMPLING
    )  # fmt: skip
    return {index: np.asarray(found[index], float) for index in wanted}


_ANALYSES = {"morris": _analyse_morris, "sobol": _analyse_sobol}


# --- chance


def steps(design: Design, points: Floats, values: Floats) -> Floats:
    """Return by how much an outcome changes when one name alone moves, shape (seeds, blocks, names).

    Parameters
    ----------
    points : float64 array, shape (blocks, points of a block, numbers)
    values : float64 array, shape (seeds, blocks, points of a block)
    """
    if design.method == "sobol":
        return values[:, :, 1:-1] - values[:, :, :1]
    name_of = np.array([design.names.index(name) for name in design.name_of])
    order = name_of[(np.diff(points, axis=1) != 0).argmax(axis=2)]
    return np.take_along_axis(np.diff(values, axis=2), np.argsort(order, axis=1)[None], axis=2)


def _within(moved: Floats) -> Floats:
    """Return the variance of a step between seeds, shape (names,); of steps as from `steps`."""
    seeds, blocks, names = moved.shape
    if seeds < 2:
        return np.full(names, np.nan)
    return ((moved - moved.mean(axis=0)) ** 2).sum(axis=(0, 1)) / (blocks * (seeds - 1))


def p_of_chance(moved: Floats) -> Floats:
    """Return how likely chance alone makes steps so far from nothing, shape (names,).

    The F-test of mean steps over seeds against what the same step differs between seeds, which each name has of its
    own: numbers that stir more lives have more of it.
    """
    seeds, blocks, _ = moved.shape
    within = _within(moved)
    between = seeds * (moved.mean(axis=0) ** 2).mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(between > 0, between / within, 0.0 * within)
    p: Floats = stats.f.sf(ratio, blocks, blocks * max(seeds - 1, 1))
    return p


def is_beyond_chance(p: Floats) -> Any:
    """Say which of many tests stand out though so many were made: one in twenty of those that do is there by chance.

    Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300. None stands out with a p that
    is not known.
    """
    known = np.isfinite(p)
    found = np.zeros(len(p), bool)
    if known.any():
        found[known] = stats.false_discovery_control(p[known]) < 1 - CONFIDENCE
    return found


def _by_chance(design: Design, moved: Floats, values: Floats) -> Floats:
    """Return what the main index would be if chance alone moved the outcome, shape (names,)."""
    within = _within(moved)
    if design.method == "morris":
        return _MEAN_OF_MOVES * np.sqrt(within) / _STEP
    variance = values[:, :, [0, -1]].var(axis=(1, 2)).mean()
    return within / (2 * variance) if variance > 0 else np.full(len(within), np.nan)


def share_of_chance(values: Floats) -> float:
    """Return the share of chance in the variance between runs: one-way analysis of variance over points.

    Parameters
    ----------
    values : float64 array, shape (seeds, points)

    Returns
    -------
    float
        w / (w + b): w the variance between seeds at a point, b that of points beyond it; NaN for a single seed or
        values that are all the same.
    """
    seeds, points = values.shape
    if seeds < 2 or points < 2:
        return math.nan
    means = values.mean(axis=0)
    within = float(((values - means) ** 2).sum() / (points * (seeds - 1)))
    between = max(0.0, float(means.var(ddof=1)) - within / seeds)
    return within / (within + between) if within + between > 0 else math.nan
