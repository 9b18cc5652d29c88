"""Run many models: the one place where work is spread over processes."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import connection
from threading import Thread
from typing import Any


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_runs[T, R](function: Callable[[T], R], tasks: Sequence[T], jobs: int = 1) -> Iterator[tuple[T, R]]:
    """Do every task and yield (task, result) as they finish.

    Parameters
    ----------
    function : callable
        Takes a task; must be importable by name where `jobs` is above 1.
    tasks : sequence
        Small and picklable: plans and seeds, never models.
    jobs : int
        Processes; with 1 everything runs in this one, in order.

    Yields
    ------
    (task, result)
        In the order of finishing. What a task returns must not depend on that order.

    Raises
    ------
    Exception
        The first that a task raises; tasks not yet begun are dropped.
    """
    if jobs <= 1 or len(tasks) <= 1:
        for task in tasks:
            yield task, function(task)
        return
    pool = ProcessPoolExecutor(
        min(jobs, len(tasks)), mp_context=multiprocessing.get_context("spawn"), initializer=_follow_parent
    )
    try:
        waiting: dict[Future[Any], T] = {pool.submit(function, task): task for task in tasks}
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield waiting.pop(future), future.result()
    except BaseException:
        _stop(pool)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def run_seeds[R](function: Callable[[int], R], seeds: Sequence[int], jobs: int = 1) -> list[R]:
    """Do a task for every seed, see `map_runs`; return the results in the order of seeds, whichever finishes first."""
    found = dict(map_runs(function, list(seeds), jobs))
    return [found[seed] for seed in seeds]


def _follow_parent() -> None:
    """Let Ctrl-C reach the parent alone, which ends its workers itself; end with a parent that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the parent to be gone, and end this process."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers at once: what they had finished is on disk."""
    for process in list((pool._processes or {}).values()):
        process.terminate()
