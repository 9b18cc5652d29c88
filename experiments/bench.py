"""Runs of a calibration: each made once, kept in a folder, found again after a start that was cut off."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments import space, store
from experiments.calibration_design import SCENARIO, Design, make_design
from experiments.engine import map_runs
from experiments.numbers import Floats
from experiments.plan import make_plan
from experiments.validate import REGION, end_of, measured
from sim.errors import InputError

_RUNS = "runs"


def run_point(design: Design, task: tuple[int, tuple[float, ...]]) -> dict[str, Any]:
    """Make one run and measure every target; an error is a result too.

    Parameters
    ----------
    task : (index, values)
        The run's number, which gives its seed, and a value for each coordinate.
    """
    index, values = task
    start = time.perf_counter()
    names = [c.name for c in design.coordinates]
    try:
        until = end_of(design.targets).isoformat()
        plan = make_plan([SCENARIO], REGION, design.scale, [design.seed + index], until, [])
        named = dict(zip(names, values, strict=True))
        register = space.with_values(plan.register, named, f"run {index}")
        found = measured(design.targets, replace(plan, register=register))
    except (MemoryError, OSError):
        raise  # of the machine, not of the point: to be made again
    except Exception as error:
        return {"index": index, "error": f"{type(error).__name__}: {error}", "seconds": time.perf_counter() - start}
    return {"index": index, "values": found, "seconds": time.perf_counter() - start}


class Bench:
    """The folder of a calibration: runs that were made are kept, and made no second time."""

    def __init__(self, design: Design, folder: Path, jobs: int, step: Callable[[], None]) -> None:
        self.design, self.folder, self.jobs, self.step = design, folder, jobs, step
        (folder / _RUNS).mkdir(exist_ok=True)

    def path(self, index: int) -> Path:
        """Return the file of a run."""
        return self.folder / _RUNS / f"{index:06d}.json"

    def wave(self, number: int, draw: Callable[[], Floats]) -> Floats:
        """Return the points of a wave: as kept, or drawn now."""
        if not self._wave_path(number).exists():
            points = pd.DataFrame(draw(), columns=self._names)
            store.write_whole(self._wave_path(number), points.to_parquet(index=False))
        return self._kept(number)

    def run(self, points: Floats, first: int) -> Floats:
        """Make the runs of points that are not there yet; return all values, shape (points, targets), NaN for none."""
        wanted = self._tasks(points, first)
        missing = [task for task in wanted.items() if not self._is_made(*task)]
        for _ in range(len(wanted) - len(missing)):
            self.step()
        for (index, point), result in map_runs(partial(run_point, self.design), missing, self.jobs):
            store.write_whole(self.path(index), json.dumps(result | {"point": point}).encode())
            self.step()
        return np.array([self._values(index) for index in wanted])

    def finished(self, number: int, first: int) -> tuple[Floats, Floats]:
        """Return the points of a wave and the values of its runs; none is made.

        Raises
        ------
        InputError
            If the wave was not drawn, or a run of it not made.
        """
        if self._wave_path(number).exists():
            points = self._kept(number)
            wanted = self._tasks(points, first)
            if all(self._is_made(*task) for task in wanted.items()):
                return points, np.array([self._values(index) for index in wanted])
        raise InputError(f"{self.folder}: wave {number} is not finished; run calibrate --resume first")

    @property
    def _names(self) -> list[str]:
        """Columns of a wave's points."""
        return [c.name for c in self.design.coordinates]

    def _wave_path(self, number: int) -> Path:
        """Return the file of a wave's points."""
        return self.folder / f"wave-{number}.parquet"

    def _kept(self, number: int) -> Floats:
        """Return the points of a wave that was drawn before.

        Raises
        ------
        InputError
            If they cannot be read: drawn anew, they need not be those of which runs were made.
        """
        path = self._wave_path(number)
        try:
            return pd.read_parquet(path)[self._names].to_numpy(float)
        except (OSError, ValueError, KeyError) as error:  # pyarrow's errors are of the first two kinds
            raise InputError(f"{path}: the points of wave {number} cannot be read: {error}") from None

    def _tasks(self, points: Floats, first: int) -> dict[int, tuple[float, ...]]:
        """Return the values of each run's point by the run's number."""
        values = space.values(self.design.coordinates, points)
        return {first + i: tuple(map(float, row)) for i, row in enumerate(values)}

    def _is_made(self, index: int, point: tuple[float, ...]) -> bool:
        """Say whether a run was made already, of this very point; one that cannot be read was not."""
        try:
            made = json.loads(self.path(index).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(made, dict) and made.get("point") == list(point)

    def _values(self, index: int) -> list[float]:
        """Return what a run says of every target; NaN for nothing, whose reason the file has."""
        result = json.loads(self.path(index).read_text(encoding="utf-8"))
        found = result.get("values", {})
        said = [found.get(t.id) for t in self.design.targets]
        return [value if isinstance(value, float) else np.nan for value in said]


def finished(folder: Path) -> tuple[Design, Floats, Floats]:
    """Return a finished calibration: its design, and points and values of all its runs, shapes (runs, coordinates) and
    (runs, targets).

    Raises
    ------
    InputError
        If the folder holds none, one of other numbers, ranges or targets than those of today, or a wave or a run is
        missing.
    """
    how = store.manifest_in(folder)
    try:
        design = make_design(how["budget"], how["scale"], how["seed"])
    except (KeyError, TypeError, InputError) as error:
        raise InputError(f"{folder}: holds no finished calibration: {error}") from error
    now = design.describe()
    other = [key for key in ("coordinates", "targets", "runs_of_waves") if how.get(key) != now[key]]
    if other:
        raise InputError(f"{folder}: {', '.join(other)} are others than those of today; calibrate anew")
    return design, *finished_runs(design, folder)


def finished_runs(design: Design, folder: Path) -> tuple[Floats, Floats]:
    """Return points and values of all runs of a design, see `finished`; no run is made."""
    bench = Bench(design, folder, 1, lambda: None)
    waves: list[tuple[Floats, Floats]] = []
    for number in range(1, len(design.waves) + 1):
        waves.append(bench.finished(number, sum(len(points) for points, _ in waves)))
    points, values = (np.concatenate(each) for each in zip(*waves, strict=True))
    return points, values
