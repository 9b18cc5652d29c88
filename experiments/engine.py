"""Run many models, fit many surfaces: the one place where work is spread over processes, here or on a cluster."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.memory import free_memory, ready_process, ready_worker
from sim.errors import InputError, UnfinishedError

if TYPE_CHECKING:
    from distributed import Client, LocalCluster, Worker

TRIES = 2
"""How often a task may cost a worker its life before it is given up."""
_IN_HAND = 2
"""Tasks that are handed out for each worker, so that none waits for its next and none is held long before its turn."""
_SECONDS_TO_ANSWER = 20
_SECONDS_OF_A_WORLD = 0.2
"""Shorter tasks hold little, and looking for garbage takes as long."""
_TALKATIVE = ("distributed", "distributed.client", "tornado.application")
_PRIVATE = {
    "distributed.scheduler.allowed-failures": TRIES - 1,
    "distributed.comm.timeouts.connect": f"{_SECONDS_TO_ANSWER}s",
    "distributed.worker.profile.enabled": False,  # it looks at what a worker does a hundred times a second
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.tick.interval": "500ms",
}


class SchedulerLostError(UnfinishedError):
    """The scheduler of a cluster went away while work was in hand."""


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_runs[T, R](
    function: Callable[[T], R],
    tasks: Sequence[T],
    jobs: int = 1,
    cluster: str | None = None,
    give_up: Callable[[T], R] | None = None,
    *,
    apart: bool = False,
) -> Iterator[tuple[T, R]]:
    """Do every task and yield (task, result) as they finish.

    Parameters
    ----------
    function : callable
        Takes a task; must be importable by name where `jobs` is above 1.
    tasks : sequence
        Small and picklable: timelines, settings and seeds, never models.
    jobs : int
        Processes; with 1 everything runs in this one, in order. A cluster brings its own.
    cluster : str, optional
        Address of a scheduler that runs already, or the path of its scheduler file.
    give_up : callable, optional
        Takes a task whose workers died each time and returns a result in its place. A worker that dies is held against
        every task that it had in hand.
    apart : bool
        Never in this process, and one task after the other, so that a worker that dies tells of its task.

    Yields
    ------
    (task, result)
        In the order of finishing. What a task returns must not depend on that order.

    Raises
    ------
    Exception
        The first that a task raises; tasks not yet begun are dropped.
    UnfinishedError
        Without `give_up`, for a task that is given up.
    InputError
        If no scheduler answers at the address.
    SchedulerLostError
        If the scheduler goes away.
    """
    if not tasks:
        return
    deadly = give_up is not None and jobs > 1
    if cluster is None and not apart and (jobs <= 1 or (len(tasks) <= 1 and not deadly)):
        for task in tasks:
            yield task, _do(function, task)
        return
    with _clients(1 if apart else min(jobs, len(tasks)), cluster) as client:
        yield from _spread(client, function, tasks, give_up, cluster or "this machine", apart=apart)


def run_seeds[R](function: Callable[[int], R], seeds: Sequence[int], jobs: int = 1) -> list[R]:
    """Do a task for every seed, see `map_runs`; return the results in the order of seeds, whichever finishes first."""
    found = dict(map_runs(function, list(seeds), jobs))
    return [found[seed] for seed in seeds]


def map_fits[T, R](function: Callable[[T], R], tasks: Sequence[T], jobs: int | None = None) -> Iterator[R]:
    """Do work on arrays, which lives no world, in as many processes as there are cores; yield results in order.

    Tasks may be large: they reach processes of this machine without a scheduler.
    """
    import joblib

    yield from joblib.Parallel(min(jobs or cores(), len(tasks)), return_as="generator")(
        joblib.delayed(function)(task) for task in tasks
    )


def _do[T, R](function: Callable[[T], R], task: T) -> R:
    """Do a task, and give back what it held once it is over, if it took long enough to have lived a world."""
    ready_process()
    start = time.perf_counter()
    try:
        return function(task)
    finally:
        if time.perf_counter() - start > _SECONDS_OF_A_WORLD:
            free_memory()


def _do_in_worker[T, R](function: Callable[[T], R], task: T) -> R:
    """Do a task in a process that does nothing else."""
    ready_worker()
    return _do(function, task)


def _spread[T, R](
    client: "Client",
    function: Callable[[T], R],
    tasks: Sequence[T],
    give_up: Callable[[T], R] | None,
    where: str,
    *,
    apart: bool,
) -> Iterator[tuple[T, R]]:
    """Hand tasks out, a few for each worker at a time, so that memory does not grow with their number."""
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    waiting = iter(tasks)
    held: dict[str, T] = {}
    finished = as_completed(loop=client.loop)

    def hand_out(room: int) -> None:
        for _, task in zip(range(room - len(held)), waiting, strict=False):
            future = client.submit(_do_in_worker, function, task, pure=False)
            held[str(future.key)] = task
            finished.add(future)

    hand_out(1 if apart else _room(client))
    for future in finished:
        if client.scheduler is None or client.status != "running" or future.status in {"cancelled", "lost"}:
            raise SchedulerLostError(f"the scheduler at {where} is gone")
        task = held.pop(str(future.key))
        try:
            result: R = future.result()
        except KilledWorker:
            if give_up is None:
                raise UnfinishedError(
                    "a process that made runs died twice of the same work: killed, or out of memory; allow fewer "
                    "--jobs, or a smaller --scale"
                ) from None
            result = give_up(task)
        future.release()
        hand_out(1 if apart else _room(client))
        yield task, result


def _room(client: "Client") -> int:
    """Return how many tasks may be in hand: a few for each worker that there is, and for one that is to come."""
    return _IN_HAND * max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)


@contextmanager
def _clients(jobs: int, cluster: str | None) -> Iterator["Client"]:
    """Give a client of workers of our own, or of a cluster; workers of our own end at once when it is left."""
    import dask
    from distributed import Client, LocalCluster
    from distributed.diagnostics.plugin import WorkerPlugin

    class LeaveInterruptsToParent(WorkerPlugin):
        """Ctrl-C reaches every process of a terminal: workers leave it to the one that holds them."""

        name = "leave-interrupts-to-parent"

        def setup(self, worker: "Worker") -> None:  # noqa: ARG002
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    for name in _TALKATIVE:  # of connections that end when workers do: what matters is raised
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if cluster is not None:
        with _joined(cluster) as client:
            yield client
        return
    with dask.config.set(_PRIVATE):
        workers = LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs="CRITICAL",
        )
        try:
            with Client(workers, set_as_default=False) as client:
                client.register_plugin(LeaveInterruptsToParent())
                yield client
        finally:
            _end(workers)


@contextmanager
def _joined(cluster: str) -> Iterator["Client"]:
    """Give a client of a scheduler that runs already."""
    from distributed import Client

    where = {"scheduler_file": cluster} if Path(cluster).is_file() else {"address": cluster}
    try:
        client = Client(**where, timeout=_SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, TimeoutError, ValueError, KeyError) as error:
        raise InputError(
            f"--cluster {cluster}: no scheduler answers there ({type(error).__name__}); allowed: an address such as "
            "tcp://10.0.0.1:8786, or the path of a scheduler file"
        ) from None
    with client:
        yield client


def _end(workers: "LocalCluster") -> None:
    """End our own workers at once, whatever they have in hand: what was finished is on disk."""
    for nanny in workers.workers.values():
        nanny.auto_restart = False
        process = getattr(nanny.process, "pid", None)
        if process is not None:
            os.kill(process, signal.SIGKILL)
    workers.close(timeout=_SECONDS_TO_ANSWER)
