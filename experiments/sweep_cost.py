"""What a sweep would take: runs, minutes, megabytes, from a few weeks of one of its worlds."""

import time
from typing import NamedTuple

from experiments.compare import warm_up
from experiments.single import peak_megabytes
from experiments.sweep import run_tables
from experiments.sweep_store import piece_bytes
from experiments.tables import Columns
from experiments.tree import weeks_to_live
from experiments.worlds import Sweep, Task
from sim.clock import DAYS_PER_WEEK
from sim.model import ProbationModel

_WEEKS = 26
_MEGABYTE = 1e6
_OF_ALL = 2.4
"""Bytes of all tables over those of `weekly`, as seen in a run to 2016."""


class Asked(NamedTuple):
    """What a sweep would take.

    Attributes
    ----------
    runs, tasks, jobs : int
    minutes : float
        On so many processes.
    saved : float
        Share of the weeks that shared pasts save.
    megabytes, worker_megabytes : float
        On disk; and of memory in each worker, as far as the trial went.
    """

    runs: int
    tasks: int
    jobs: int
    minutes: float
    saved: float
    megabytes: float
    worker_megabytes: float


def of(sweep: Sweep, jobs: int) -> Asked:
    """Return what a sweep would take, by living half a year of the first world of each region and scale."""
    tasks = sweep.tasks()
    trials: dict[tuple[str, float], _Trial] = {}
    seconds = size = 0.0
    together = apart = 0
    for task in tasks[: len(sweep.worlds)]:
        key = task.world.region.name, task.world.scale
        if key not in trials:
            trials[key] = _try(task)
        trial = trials[key]
        weeks, end = weeks_to_live(task.arms, task.world.end_day), -(-task.world.end_day // DAYS_PER_WEEK)
        together += weeks
        apart += end * len(task.arms)
        seconds += trial.start + trial.week * weeks + trial.measuring * end * len(task.arms)
        size += trial.size * end * len(task.arms)
    times = len(sweep.seeds)
    return Asked(
        runs=sum(len(task.arms) for task in tasks),
        tasks=len(tasks),
        jobs=jobs,
        minutes=seconds * times / min(jobs, len(tasks)) / 60,
        saved=1 - together / apart,
        megabytes=size * times / _MEGABYTE,
        worker_megabytes=peak_megabytes(),
    )


def _bytes_of_a_week(weekly: Columns) -> float:
    """Return by how much a table of weeks grows with a week: the second half of it, over its weeks."""
    half = len(weekly["value"]) // 2
    first = {name: column[:half] for name, column in weekly.items()}
    return (piece_bytes(weekly) - piece_bytes(first)) / (_WEEKS / 2)


class _Trial(NamedTuple):
    """Seconds to lay down a world, to live a week, to measure one, and the bytes that a week takes on disk."""

    start: float
    week: float
    measuring: float
    size: float


def _try(task: Task) -> _Trial:
    """Live half a year of a task's world."""
    warm_up()
    run, arm = next(iter(task.arms.items()))
    begun = time.perf_counter()
    model = ProbationModel(arm, task.world.region, task.world.scale, task.seed, task.world.register())
    laid_down = time.perf_counter()
    model.live_until(_WEEKS * DAYS_PER_WEEK)
    lived = time.perf_counter()
    found = run_tables(task, run, model)
    measured = time.perf_counter()
    return _Trial(
        laid_down - begun,
        (lived - laid_down) / _WEEKS,
        (measured - lived) / _WEEKS,
        _OF_ALL * _bytes_of_a_week(found["weekly"]),
    )
