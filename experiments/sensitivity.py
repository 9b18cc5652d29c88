"""Over which points of the register's ranges `sensitivity` lives the model: Morris's or Sobol's designs, by SALib.

Points are drawn in the unit cube, a coordinate for each number that is not known (`experiments.space`), and all of them
are lived under every seed, so that what a number moves can be told from what chance moves. What is made of them
stands in `experiments.sensitivity_indices`.
"""

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample

from experiments import space, sweep, sweep_store
from experiments.commands import Progress
from experiments.decompose import OUTCOMES, Outcome
from experiments.factors import Cell, refuse_no_power_of_two
from experiments.numbers import Floats
from experiments.space import Coordinate
from experiments.store import TIMINGS
from experiments.sweep_effects import outcomes_by_run
from experiments.sweep_folder import carry_out, locked, opened
from experiments.worlds import Sweep, Task, make_sweep
from sim.errors import InputError, unknown
from sim.parameters.register import Register

type Evaluation = Callable[[Floats, int], Floats]
"""Takes points of the unit cube, shape (points, numbers), and a seed; returns shape (points, aspects), NaN for none."""

COMMAND = "sensitivity"
METHODS, WAYS = ("morris", "sobol"), ("number", "process")
USUAL_WAY = {"morris": "number", "sobol": "process"}
USUAL_SAMPLES = {"morris": 4, "sobol": 32}
BLOCK_NAMES = {"morris": "trajectories", "sobol": "base samples"}
FEWEST_SAMPLES, MOST_POINTS = {"morris": 2, "sobol": 8}, 1_000_000
LEVEL, EFFECT = "level", "effect"
LEVELS = 4
"""Places in its range that a number of a trajectory takes."""


class Aspect(NamedTuple):
    """An outcome, and whether its level under the first scenario is meant or the paired effect of the second."""

    outcome: Outcome
    of: str


ASPECTS = tuple(Aspect(outcome, of) for of in (LEVEL, EFFECT) for outcome in OUTCOMES)
"""What the model's runs are asked for, in the order of columns."""


@dataclass(frozen=True)
class Design:
    """The points at which outcomes are asked for.

    Attributes
    ----------
    method : str
        ``morris`` or ``sobol``.
    by : str
        ``number``: each number has indices of its own; ``process``: all numbers of a process move together.
    coordinates : tuple of Coordinate
    samples : int
        Trajectories (morris) or base samples (sobol): blocks of points.
    points : float64 array, shape (points, coordinates)
        In the unit cube, block after block.
    """

    method: str
    by: str
    coordinates: tuple[Coordinate, ...]
    samples: int
    points: Floats

    @property
    def names(self) -> list[str]:
        """What has indices: numbers or processes, in the order of the register."""
        return list(dict.fromkeys(self.name_of))

    @property
    def name_of(self) -> list[str]:
        """Under which name each number moves."""
        return [c.name if self.by == "number" else _process(c) for c in self.coordinates]

    @property
    def block(self) -> int:
        """Points of one trajectory or base sample."""
        return len(self.names) + (1 if self.method == "morris" else 2)


def chosen(register: Register, wanted: Sequence[str], held: Collection[str]) -> list[Coordinate]:
    """Return the numbers to vary: those whose name begins as wanted, all where nothing is, but for those that are held.

    Raises
    ------
    InputError
        If a beginning fits no number, or if none is left.
    """
    known = space.space(register)
    for start in wanted:
        if not start or not any(c.name.startswith(start) for c in known):
            raise _no_number(register, start, known)
    fits = [c for c in known if not wanted or c.name.startswith(tuple(wanted))]
    found = [c for c in fits if not {c.key, c.name} & set(held)]
    if not found:
        raise InputError(
            f"--parameters: --set holds all that is to be varied ({', '.join(sorted(held))}); leave it out"
        )
    return found


def _no_number(register: Register, start: str, known: Sequence[Coordinate]) -> InputError:
    """Return the error for a beginning that fits no number that is varied."""
    if start and any(p.key.startswith(start) for p in register):
        return InputError(
            f"--parameters {start}: is not varied; allowed: single numbers of kind {' or '.join(space.KINDS)} with a "
            "range, see run.py parameters"
        )
    processes = {_process(c) for c in known}
    of_process = [c.name for c in known if _process(c) == start.partition(".")[0]]
    return unknown("parameter", start, of_process or processes, "--parameters")


def _process(coordinate: Coordinate) -> str:
    """Return the process of a number."""
    return coordinate.key.partition(".")[0]


def make_design(coordinates: Sequence[Coordinate], method: str, by: str | None, samples: int | None) -> Design:
    """Draw the points of a design, the same whenever they are drawn.

    Parameters
    ----------
    by : str or None
        None: as the method usually has it; numbers where there is only one process.
    samples : int or None
        None: as the method usually has it.

    Raises
    ------
    InputError
        For a method or way that does not exist, a number of samples that the method cannot take, or processes to tell
        apart where there is one.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS, "--method")
    if by is not None and by not in WAYS:
        raise unknown("way", by, WAYS, "--by")
    processes = list(dict.fromkeys(map(_process, coordinates)))
    if by == "process" and len(processes) == 1:
        raise InputError(
            f"--by process: all numbers are of {processes[0]}; allowed: number, or numbers of two processes"
        )
    way = by or (USUAL_WAY[method] if len(processes) > 1 else "number")
    number = USUAL_SAMPLES[method] if samples is None else samples
    drawn = Design(method, way, tuple(coordinates), number, np.empty((0, len(coordinates))))
    _check_samples(drawn)
    return replace(drawn, points=_SAMPLES[method](problem(drawn), number))


def _check_samples(design: Design) -> None:
    """Refuse a number of samples that a method cannot take."""
    number, fewest, most = design.samples, FEWEST_SAMPLES[design.method], MOST_POINTS // design.block
    if not fewest <= number <= most:
        raise InputError(
            f"--samples {number} is out of range; allowed: {fewest} to {most:,} for method {design.method}"
        )
    if design.method == "sobol":
        refuse_no_power_of_two(number, f"--samples {number}")


def problem(design: Design) -> dict[str, Any]:
    """Return what SALib calls the problem: the unit cube, and which numbers move together."""
    number = len(design.coordinates)
    return {
        "num_vars": number,
        "names": [c.name for c in design.coordinates],
        "bounds": [[0.0, 1.0]] * number,
        "groups": design.name_of,
    }


def _sample_morris(asked: dict[str, Any], samples: int) -> Floats:
    """Draw trajectories."""
    drawn: Floats = morris_sample.sample(asked, samples, num_levels=LEVELS, seed=samples)
    return drawn


def _sample_sobol(asked: dict[str, Any], samples: int) -> Floats:
    """Draw base samples and those between them."""
    drawn: Floats = sobol_sample.sample(asked, samples, calc_second_order=False, seed=samples)
    return drawn


_SAMPLES = {"morris": _sample_morris, "sobol": _sample_sobol}


# --- runs of the model


def make_runs(
    design: Design,
    scenarios: Sequence[str],
    world: tuple[str, float, str | None],
    seeds: Sequence[int],
    fixed: Sequence[str],
) -> Sweep:
    """Return the runs of a design: two scenarios at every point, under every seed.

    Raises
    ------
    InputError
        For any value that is not allowed, or scenarios that do not differ.
    """
    names = [c.name for c in design.coordinates]
    rows = space.values(design.coordinates, design.points)
    cells: list[Cell] = [dict(zip(names, map(float, row), strict=True)) for row in rows]
    document = {
        "method": design.method,
        "by": design.by,
        "samples": design.samples,
        "parameters": names,
        "settings": list(fixed),
        **dict(zip(("region", "scale", "until"), world, strict=True)),
    }
    title = f"What {scenarios[1]} against {scenarios[0]} hangs on"
    found = make_sweep(title, document, COMMAND, scenarios, world, seeds, fixed, cells)
    own = found.worlds[0]
    if found.parted is None or found.parted >= own.end_day:
        raise InputError(
            f"{COMMAND}: {' and '.join(scenarios)} move the same levers up to {own.until}: there is no effect to ask "
            "about; name two scenarios that differ"
        )
    return found


def live_points(found: Sweep, folder: Path, jobs: int, progress: Progress) -> int:
    """Do the runs that a folder does not hold; return how many they were. Stopped, those that are finished are kept."""
    with locked(folder, sweep.WHOLE):
        there = opened(folder)
        if there.status:
            print(f"{len(there.status):,} runs are there already", file=sys.stderr)
        todo = sweep.missing(found, there)
        carry_out(folder, todo, progress, "the same command", jobs, live=live_task)
    return sum(len(task.arms) for task in todo)


def live_task(task: Task) -> list[sweep.RunTables]:
    """Live the arms of a task and keep what indices are made of: the weeks of so many runs would fill a disk."""
    kept = (sweep_store.RUNS, "measures", TIMINGS)
    return [{table: run[table] for table in kept} for run in sweep.live_task(task)]


def evaluation(found: Sweep, folder: Path) -> Evaluation:
    """Return what the runs in a folder say of the points that they were made for, as `ASPECTS` has it."""
    by_run = outcomes_by_run(folder)

    def said(points: Floats, seed: int) -> Floats:
        assert len(points) == len(found.runs_of)
        base, reform = (
            by_run.reindex([found.run_of(*runs[k], seed) for runs in found.runs_of]).to_numpy(float) for k in (0, 1)
        )
        return np.concatenate([base, reform - base], axis=1)

    return said
