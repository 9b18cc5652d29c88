"""Which assumptions the reform's effect hangs on: ``python -m experiments.influence [SETS]``.

Sets are drawn evenly over what calibration left of every number, the middle 90 percent of the ensemble, each number
apart from all others (Latin hypercube); the reform is run under each, with a seed of its own. How far the effect moves
from one end of what is left of a number to the other is its influence times the weakness of its evidence: a number of
no effect does not move it, nor does one that the record pins down. The error is that of a straight line through so
many runs, the other numbers and chance taken as noise; one number in twenty lies beyond twice it by chance alone.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import qmc

from experiments import ensemble, ladder, space
from experiments.arguments import number_from
from experiments.engine import cores
from experiments.numbers import Floats
from experiments.plan import Plan, make_plan
from sim.errors import InputError

SETS, FEWEST_SETS = 200, 10
SCALE = 0.1
SHOWN = 12
_ENDS = (0.05, 0.95)


class Influence(NamedTuple):
    """What an effect owes to one number.

    Attributes
    ----------
    name : str
        Coordinate.
    kind : str
        Of the number in the register.
    left : float
        Share of its range that calibration left, one where nothing was learned.
    move : float
        How far the effect moves over what is left, in its unit.
    error : float
        Standard error of that.
    """

    name: str
    kind: str
    left: float
    move: float
    error: float


def spans(coordinates: Sequence[space.Coordinate], sets: Sequence[dict[str, float]]) -> Floats:
    """Return the ends of the middle 90 percent of the sets in the unit cube, shape (2, coordinates).

    A number that the sets do not have keeps its range.
    """
    places = [[c.unit(row[c.name]) if c.name in row else np.nan for c in coordinates] for row in sets]
    known = np.array(places)
    ends = np.quantile(known, _ENDS, axis=0)
    return np.where(np.isnan(ends), np.array([[0.0], [1.0]]), ends)


def drawn(plan: Plan, sets: Sequence[dict[str, float]], number: int) -> tuple[Floats, list[dict[str, float]]]:
    """Draw so many sets; return places within what is left, shape (number, coordinates), and the sets."""
    coordinates = space.space(plan.register)
    low, high = spans(coordinates, sets)
    places = qmc.LatinHypercube(len(coordinates), rng=np.random.default_rng(number)).random(number)
    values = space.values(coordinates, low + places * (high - low))
    names = [c.name for c in coordinates]
    return places, [dict(zip(names, map(float, row), strict=True)) for row in values]


def moves(places: Floats, effect: Floats) -> tuple[Floats, Floats]:
    """Return how far an effect moves from one end of each number to the other, and the error; (coordinates,) each.

    Parameters
    ----------
    places : float64 array, shape (sets, coordinates)
        In the unit interval, columns independent of one another.
    effect : float64 array, shape (sets,)
    """
    known = np.isfinite(effect)
    x, y = places[known] - places[known].mean(axis=0), effect[known] - effect[known].mean()
    squares = (x**2).sum(axis=0)
    slopes = x.T @ y / squares
    rest = y[:, None] - x * slopes
    return slopes, np.sqrt((rest**2).sum(axis=0) / (known.sum() - 2) / squares)


def measure(number: int = SETS, jobs: int = 0) -> dict[str, list[Influence]]:
    """Run the reform under drawn sets; return for each effect what it owes to every number, the most first."""
    plan = make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", SCALE, [0], None, [])
    sets = ensemble.read_sets()
    places, chosen = drawn(plan, sets, number)
    planned = ensemble.plans(plan, chosen, "influence", 1)
    with tempfile.TemporaryDirectory() as out:
        for _ in ensemble.run(planned, Path(out), jobs or cores()):
            pass
        effects = ladder.effects_in(replace(plan, seeds=tuple(range(number))), Path(out))
    coordinates = space.space(plan.register)
    low, high = spans(coordinates, sets)
    kinds = [plan.register.find(c.key, "influence").kind for c in coordinates]
    left = (high - low) / (_ENDS[1] - _ENDS[0])
    found = {}
    for effect, values in effects.items():
        columns = ([c.name for c in coordinates], kinds, left.tolist(), *(a.tolist() for a in moves(places, values)))
        found[effect] = sorted(map(Influence, *columns), key=lambda row: -abs(row.move))
    return found


def lines(found: dict[str, list[Influence]], number: int) -> list[str]:
    """Return the numbers that each effect owes most to, as lines of at most eighty columns."""
    said = [f"What the reform's effects hang on: {number} sets, numbers over what is left of them"]
    for effect, rows in found.items():
        beyond = sum(abs(row.move) > 2 * row.error for row in rows)
        said += ["", f"{effect}: {beyond} of {len(rows)} numbers move it beyond two standard errors"]
        said.append(f"  {'':42}{'moves it':>10}{'error':>7}{'left':>6}  kind")
        for row in rows[:SHOWN]:
            said.append(f"  {row.name[:42]:42}{row.move:>+10.2f}{row.error:>7.2f}{row.left:>6.0%}  {row.kind}")
    return said


def main(arguments: Sequence[str]) -> int:
    """Print what was found."""
    try:
        number = number_from(arguments, SETS, FEWEST_SETS)
    except InputError as error:
        print(f"experiments.influence: how many sets to draw: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines(measure(number), number)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
