"""Central values of what is calibrated, put right by the record: ``python -m experiments.central DIR [SEEDS]``.

The register has one value of each number, under which all is run but ensembles. Of a finished calibration, DIR, the
slopes of its emulators say how every target moves with each number. From what runs under the register's own values say,
the numbers of kind `calibrated` are moved as little as they must for the record to be met, runs are made there, and the
numbers are moved once more by all of them (`Judge.corrected`); what is assumed stays as it is. Printed is what to write
into the register, and the record beside runs before and after.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import space
from experiments.arguments import number_from
from experiments.bench import finished, run_point
from experiments.calibration_design import Design, bar
from experiments.engine import cores, map_runs
from experiments.judge import Judge, judge_after
from experiments.numbers import Floats
from experiments.targets import Target
from experiments.validation_report import number
from sim.errors import InputError
from sim.parameters.register import Register

SEEDS, SCALE, STEPS = 4, 0.1, 2
_LEAST_MOVE = 0.01
"""Of a range: what moves by less is not said."""


class Central(NamedTuple):
    """What became of the register's values.

    Attributes
    ----------
    points : float64 array, shape (steps + 1, coordinates)
        In the unit cube, the register's first.
    values : float64 array, shape (steps + 1, targets)
        What runs say there, mean over seeds.
    """

    points: Floats
    values: Floats


def central(design: Design, judge: Judge, register: Register, seeds: int = SEEDS, jobs: int = 1) -> Central:
    """Move the register's calibrated numbers towards the record, and measure them there.

    Parameters
    ----------
    design : Design
        Whose runs are made, at its scale and from its seed on.
    """
    free = np.array([register.find(c.key, "central").kind == "calibrated" for c in design.coordinates])
    register_point = space.unit(design.coordinates, register)
    drawn = np.tile(register_point, (seeds, 1))
    wanted = np.tile(judge.published, (seeds, 1))
    tried, said = [drawn], [_runs(design, register_point, range(seeds), jobs)]
    for step in range(1, STEPS + 1):
        moved = judge.corrected(drawn, np.stack(tried), np.stack(said), wanted, free).mean(axis=0)
        tried.append(np.tile(moved, (seeds, 1)))
        said.append(_runs(design, moved, range(step * seeds, (step + 1) * seeds), jobs))
    return Central(np.stack(tried)[:, 0], np.stack([np.nanmean(values, axis=0) for values in said]))


def _runs(design: Design, point: Floats, seeds: Sequence[int], jobs: int) -> Floats:
    """Return what runs of a point say of every target, NaN where a run failed; shape (seeds, targets)."""
    values = tuple(map(float, space.values(design.coordinates, point[None])[0]))
    found = dict(map_runs(partial(run_point, design), [(seed, values) for seed in seeds], jobs))
    of_seeds = [found[seed, values].get("values", {}) for seed in seeds]
    cells = [[of_seed.get(t.id) for t in design.targets] for of_seed in of_seeds]
    return np.array([[v if isinstance(v, float) else np.nan for v in row] for row in cells])


def lines(design: Design, found: Central) -> list[str]:
    """Return the values to be written, and the record beside what runs say before and after."""
    at = space.values(design.coordinates, found.points)
    moved = np.abs(found.points[-1] - found.points[0])
    text = [f"{'calibrated numbers':46}{'register':>12}{'put right':>12}   range"]
    for i in np.argsort(-moved):
        if moved[i] >= _LEAST_MOVE:
            c = design.coordinates[i]
            text.append(f"{c.name:46}{at[0, i]:>12.4g}{at[-1, i]:>12.4g}   {c.low:g} to {c.high:g}")
    text += ["", f"{'record':46}{'published':>12}{'register':>12}{'put right':>12}"]
    for target, *said in zip(design.targets, found.values[0], found.values[-1], strict=True):
        cells = "".join(f"{number(value) + _mark(target, value):>12}" for value in said)
        text.append(f"{target.id:46}{number(target.value):>11} {cells}")
    return [*text, "", "*: further from the published figure than the bar of docs/calibration.md allows"]


def _mark(target: Target, value: float) -> str:
    """Return a mark for what lies beyond the bar."""
    return "*" if abs(value - target.value) > bar(target) else " "


def main(arguments: Sequence[str]) -> int:
    """Print what a finished calibration makes of the register's values."""
    try:
        if not arguments:
            raise InputError("experiments.central: name the folder of a finished calibration, then how many seeds")
        seeds = number_from(arguments[1:], SEEDS, 2)
        design, points, values = finished(Path(arguments[0]))
        judge = judge_after(design.targets, points, values, design.waves[0])
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    asked = replace(design, scale=SCALE, seed=0)
    print("\n".join(lines(asked, central(asked, judge, Register.load(), seeds, cores()))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
