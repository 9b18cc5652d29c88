"""A box of numbers in which an effect lies below zero beyond chance: PRIM, and whether what it finds holds elsewhere.

PRIM (Friedman and Fisher 1999, Statistics and Computing 9, 123-143; Bryant and Lempert 2010, Technological Forecasting
and Social Change 77, 34-49) peels ranges of numbers away until a box is left that holds many cases and few others. Any
search finds some box, so the search is also made in random halves of the cells, and what it finds there is tested in
the other halves.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from experiments import ema
from experiments.estimates import CONFIDENCE, students_t
from experiments.numbers import Floats

SPLITS = 40
_TOLD_APART = 0.1
"""An end of a restriction with a larger quasi-p value is set free; it is the workbench's own threshold."""
_LEAST_CASES = 5
"""Fewer of the rarer kind are not worth a search."""

type Bools = NDArray[np.bool_]


class Chance(NamedTuple):
    """What chance does to the mean effect of a cell.

    Attributes
    ----------
    error : float
        Standard error of a cell's mean, taken to be alike in all cells.
    bound : float
        A mean this far from zero is beyond chance, 95 percent, one side; both nought for a single seed.
    shared : float
        Standard deviation of what a seed does to all cells alike.
    """

    error: float
    bound: float
    shared: float


@dataclass(frozen=True)
class Box:
    """Ranges of some numbers, and what lies within.

    Attributes
    ----------
    limits : dict of str to (float, float)
        Of each number that is restricted, in the order of the search; infinite where an end is free.
    quasi_p : dict of str to float
        How likely so large a share of cases would be if the restriction did nothing (binomial, one side; Bryant and
        Lempert 2010). The box was searched for, so that it is too small.
    """

    limits: Mapping[str, tuple[float, float]]
    quasi_p: Mapping[str, float]

    def holds(self, x: pd.DataFrame) -> Bools:
        """Say which cells lie within."""
        inside = np.ones(len(x), bool)
        for name, (low, high) in self.limits.items():
            inside &= x[name].between(low, high).to_numpy()
        return inside


class HeldOut(NamedTuple):
    """What boxes of random halves are worth in the other halves; one value for each split.

    Attributes
    ----------
    inside, everywhere : float64 array
        Share of cases within the box, and among all cells of the half.
    coverage : float64 array
        Share of the cases of the half that lie within.
    restricted : dict of str to int
        In how many of the boxes each number is restricted.
    """

    inside: Floats
    everywhere: Floats
    coverage: Floats
    restricted: dict[str, int]

    def gain(self) -> tuple[float, float, float]:
        """Return by how much the share within is larger, with its 95 percent interval.

        Splits share their cells, so their variance is corrected as for repeated training on half of the data (Nadeau
        and Bengio 2003, Machine Learning 52, 239-281).
        """
        gains = self.inside - self.everywhere
        half = students_t(len(gains)) * float(np.sqrt((1 / len(gains) + 1) * gains.var(ddof=1)))
        return float(gains.mean()), float(gains.mean()) - half, float(gains.mean()) + half


@dataclass(frozen=True)
class Answer:
    """What was found in a sweep.

    Attributes
    ----------
    x : DataFrame
        A row for each cell, a column for each number, by the workbench's names.
    effect : float64 array, shape (cells, seeds)
    chance : Chance
    cases : boolean array, shape (cells,)
        Whether the mean effect lies below zero beyond chance.
    box : Box
        Of the rarer kind of cells: cases, or those that are none.
    held_out : HeldOut or None
        None where there was nothing to search for.
    """

    x: pd.DataFrame
    effect: Floats
    chance: Chance
    cases: Bools
    box: Box
    held_out: HeldOut | None

    @property
    def seeks_cases(self) -> bool:
        """Whether cases were searched for, which they are where they are the rarer kind."""
        return bool(2 * self.cases.sum() <= len(self.cases))

    @property
    def sought(self) -> Bools:
        """What was searched for, shape (cells,)."""
        return self.cases if self.seeks_cases else ~self.cases


def chance_in(effect: Floats) -> Chance:
    """Return what chance does to the mean over seeds, from how seeds of one cell differ; (cells, seeds).

    Cells have the same seeds: the more these do to all alike, the fewer degrees of freedom (Satterthwaite 1946).
    """
    cells, seeds = effect.shape
    if seeds < 2:
        return Chance(0.0, 0.0, 0.0)
    error = float(np.sqrt(effect.var(axis=1, ddof=1).mean() / seeds))
    own = float((effect - effect.mean(axis=0)).var(axis=1, ddof=1).mean())
    shared = float(np.sqrt(max(effect.mean(axis=0).var(ddof=1) - own / cells, 0.0)))
    whole = shared**4 + own**2 / cells
    freedom = (seeds - 1) * ((shared**2 + own) ** 2 / whole if whole else cells)
    return Chance(error, error * float(stdtrit(freedom, CONFIDENCE)), shared)


def find(x: pd.DataFrame, cases: Bools) -> Box:
    """Search for a box of cases by PRIM, as the workbench has it.

    Of the boxes on its way the one that is taken has the largest share of all cells times what it gains in density
    (weighted relative accuracy: Lavrač, Flach and Zupan 1999); then the weakest restrictions are
    dropped one by one, until each is told apart from none.

    Parameters
    ----------
    x : DataFrame, shape (cells, numbers)
    cases : boolean array, shape (cells,)
    """
    ema.workbench()
    from ema_workbench.analysis import prim

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = prim.Prim(x.reset_index(drop=True), cases).find_box()
        way = found.peeling_trajectory
        best = int((way["mass"] * (way["density"] - cases.mean())).to_numpy(float).argmax())
        _take(found, found.box_lims[best])
        while weak := _weakest(found):
            _free(found, *weak)
    return Box(_limits(found), {name: min(p for p in ends if p >= 0) for name, ends in _quasi_p(found).items()})


def _quasi_p(found: Any) -> dict[str, list[float]]:
    """Return the quasi-p values of both ends of each number that the present box restricts; -1 for a free end."""
    values: dict[str, list[float]] = found.p_values[-1]
    return values


def _weakest(found: Any) -> tuple[str, int] | None:
    """Return the number and end whose restriction is least told apart from none; None where each is told apart."""
    values = {(name, end): p for name, ends in _quasi_p(found).items() for end, p in enumerate(ends)}
    worst = max(values, key=lambda restriction: values[restriction], default=None)
    return worst if worst is not None and values[worst] > _TOLD_APART else None


def _free(found: Any, name: str, end: int) -> None:
    """Take one end of one restriction out of a box."""
    limits = found.box_lim.copy()
    limits.loc[end, name] = found.box_lims[0].loc[end, name]
    _take(found, limits)


def _take(found: Any, limits: pd.DataFrame) -> None:
    """Make a box the present one, the last of its search."""
    x = found.prim.x[limits.columns]
    found.update(limits, np.flatnonzero(((x >= limits.loc[0]) & (x <= limits.loc[1])).all(axis=1)))


def _limits(found: Any) -> dict[str, tuple[float, float]]:
    """Return the limits of each restricted number, infinite where the box reaches to the end of what was tried."""
    whole, box = found.box_lims[0], found.box_lim
    return {
        name: (
            -np.inf if box[name][0] == whole[name][0] else float(box[name][0]),
            np.inf if box[name][1] == whole[name][1] else float(box[name][1]),
        )
        for name in _quasi_p(found)
    }


def held_out(x: pd.DataFrame, cases: Bools, splits: int) -> HeldOut:
    """Search in random halves of the cells, and test each box in the other half; the same halves at every call.

    A box that holds no cell of the other half counts as one that gains nothing.
    """
    rng = np.random.default_rng(len(x))
    rows, restricted = [], dict.fromkeys(x.columns, 0)
    for _ in range(splits):
        order = rng.permutation(len(x))
        one, other = np.array_split(order, 2)
        if not 0 < cases[one].sum() < len(one):
            continue
        box = find(x.iloc[one], cases[one])
        for name in box.limits:
            restricted[name] += 1
        inside, y = box.holds(x.iloc[other]), cases[other]
        density, everywhere = float(y[inside].mean() if inside.any() else y.mean()), float(y.mean())
        rows.append((density, everywhere, int(y[inside].sum()) / max(int(y.sum()), 1)))
    inside_, everywhere_, coverage = np.array(rows).reshape(-1, 3).T
    return HeldOut(inside_, everywhere_, coverage, restricted)


def answer(x: pd.DataFrame, effect: Floats) -> Answer:
    """Say under what conditions an effect lies below zero beyond chance, or, where it mostly does, when it does not.

    Parameters
    ----------
    x : DataFrame, shape (cells, numbers)
    effect : float64 array, shape (cells, seeds)
    """
    chance = chance_in(effect)
    cases = effect.mean(axis=1) < -chance.bound
    found = Answer(x, effect, chance, cases, Box({}, {}), None)
    if found.sought.sum() < _LEAST_CASES:
        return found
    return replace(found, box=find(x, found.sought), held_out=held_out(x, found.sought, SPLITS))
