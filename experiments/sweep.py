"""Run a sweep: every task once, its tables on disk before it counts as done, whatever dies meanwhile."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from experiments import summary, sweep_store, tables
from experiments.compare import person_weeks, warm_up
from experiments.engine import map_runs
from experiments.memory import free_memory
from experiments.store import TIMINGS
from experiments.tables import Columns
from experiments.tree import Lived, grow
from experiments.worlds import Sweep, Task, address
from sim import measures
from sim.clock import date_of
from sim.compiled import source_hash
from sim.errors import InputError
from sim.model import ProbationModel

type RunTables = dict[str, Columns]
type Living = Callable[[Task], list[RunTables]]


class Finished(NamedTuple):
    """What a worker says of a finished task; the tables are on disk."""

    runs: int
    failed: int


class Shard(NamedTuple):
    """Every n-th task, from the i-th; first is 1."""

    i: int
    n: int


WHOLE = Shard(1, 1)


def missing(sweep: Sweep, held: sweep_store.Held, shard: Shard = WHOLE) -> list[Task]:
    """Return the tasks of a shard that have runs to do, with those alone."""
    of_shard = [task for task in sweep.tasks() if task.number % shard.n == shard.i - 1]
    left = [task.only(task.arms.keys() - held.status.keys()) for task in of_shard]
    return [task for task in left if task.arms]


def run(
    folder: Path, todo: Sequence[Task], jobs: int, cluster: str | None = None, live: "Living | None" = None
) -> Iterator[Finished]:
    """Do tasks and write their tables; yield as each one is finished and on disk.

    A task whose workers died each time is done once more, each of its runs by itself and one after the other; a run
    whose workers die again is a failed row. Where all is done in this process, what kills it ends it.

    Parameters
    ----------
    folder : Path
        Seen under this name by every worker.
    live : callable, optional
        Takes a task and returns the tables of its runs; that of the model unless told otherwise.
    """
    work = partial(run_task, folder.resolve(), source_hash(), live or live_task)
    deadly: list[Task] = []
    for task, finished in map_runs(work, todo, jobs, cluster, give_up=lambda _: None):
        if finished is None:
            deadly += task.alone()
        else:
            yield finished
    for task, finished in map_runs(work, deadly, 1, cluster, give_up=lambda _: None, apart=True):
        if finished is None:
            error = "its worker died each time: out of memory, or killed"
            sweep_store.write_part(folder, task.name, failed(task, error))
        yield finished or Finished(1, 1)


def run_task(folder: Path, code_version: str, live: Living, task: Task) -> "Finished | None":
    """Do one task and write its tables.

    What goes wrong in it is tried again, each run by itself, and then written as a failed row; what goes wrong in
    writing is raised.

    Raises
    ------
    InputError
        If the worker has other code than the sweep, or does not see its folder.
    OSError
        If the tables cannot be written.
    """
    if source_hash() != code_version:
        raise InputError(
            f"a worker has other code of the model ({source_hash()}) than the sweep ({code_version}): results would "
            "mix; let workers use the same checkout"
        )
    if any(address(task.world, arm, task.seed) != run for run, arm in task.arms.items()):
        raise InputError("a worker reads other contracts than the sweep: their files have changed; start it anew")
    if not folder.is_dir():
        raise InputError(f"{folder}: a worker cannot see this folder; put it on a disk that all workers share")
    found = _tried_twice(live, task)
    sweep_store.write_part(folder, task.name, found)
    bad = sum(run["runs"]["status"] == [tables.FAILED] for run in found)
    return Finished(len(found), bad)


def _tried_twice(live: Living, task: Task) -> list[RunTables]:
    """Return the tables of all runs of a task; of those that fail twice, a row that says why."""
    with suppress(Exception):
        return live(task)
    free_memory()  # not before: until then the error holds the world in which it arose
    found: list[RunTables] = []
    for single in task.alone():
        try:
            found += live(single)
        except Exception as error:
            found += failed(single, f"{type(error).__name__}: {error}")
    return found


def live_task(task: Task) -> list[RunTables]:
    """Live all arms of a task as a tree, and return the tables of each."""
    compile_seconds = warm_up()
    lived = Lived()
    world, found = task.world, []
    start = time.perf_counter()
    first = next(iter(task.arms.values()))
    trunk = ProbationModel(first, world.region, world.scale, task.seed, world.register())
    finished = 0
    for run_name, model in grow(trunk, task.arms, world.end_day, lived):
        found.append(run_tables(task, run_name, model))
        now = time.perf_counter()
        found[-1][TIMINGS] = {
            "run": [run_name],
            "seconds": [now - start],
            "compile_seconds": [compile_seconds],
            "weeks_lived": [lived.together - finished],
            "person_weeks": [person_weeks(model.weekly, "tracked", 0)],
        }
        start, finished = now, lived.together
    return found


def run_tables(task: Task, run_name: str, model: ProbationModel) -> RunTables:
    """Return the tables of one finished run."""
    after = measures.after_index(model)
    found = list(measures.cohorts(model, after=after))
    parted = None if task.parted is None else date_of(task.parted)
    return {
        sweep_store.RUNS: tables.runs_table(task.world, task.arms[run_name].name, task.seed, run_name),
        "weekly": tables.weekly_table(model, run_name),
        "cohorts": tables.cohorts_table(found, run_name),
        "outcomes": tables.outcomes_table(model, run_name, after),
        "measures": summary.measures_table(summary.values(model, found, parted), run_name),
    }


def failed(task: Task, error: str) -> list[RunTables]:
    """Return the rows of runs that failed."""
    return [
        {sweep_store.RUNS: tables.runs_table(task.world, arm.name, task.seed, run_name, error)}
        for run_name, arm in task.arms.items()
    ]
