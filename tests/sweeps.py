"""A small sweep, and runs that cost next to nothing: what a sweep does is tested apart from what the model does."""

import os
import time
import tomllib
from pathlib import Path

import numpy as np

from experiments import sweep, sweep_store, tables
from experiments.designs import read_design
from experiments.worlds import Sweep, Task

DESIGN = """
title = "Mine"
scenarios = ["pre_reform", "post_reform"]
scale = 0.005
until = 2016-12-31
seeds = 3
[factors]
"reoffending.alliance_log_factor" = [-0.2, -0.1, 0]
"levers.through_the_gate" = ["off", 2015-05-01]
"""


def make(**changed: object) -> Sweep:
    """Return the small sweep, some of its document changed."""
    return read_design({**tomllib.loads(DESIGN), **changed}, "mine.toml")


def quick(task: Task) -> list[sweep.RunTables]:
    """Return tables that follow from a run's address alone."""
    return [tables_of(task, run) for run in task.arms]


def slow(task: Task) -> list[sweep.RunTables]:
    """Be quick, but not too quick to be caught at it."""
    time.sleep(0.3)
    return quick(task)


def tables_of(task: Task, run: str) -> sweep.RunTables:
    """Return tables of several lengths, one of them empty for some runs."""
    rng = np.random.default_rng(int(run, 16))
    rows = int(rng.integers(0, 50))
    return {
        sweep_store.RUNS: tables.runs_table(task.world, task.arms[run].name, task.seed, run),
        "weekly": {"run": np.full(100, run), "value": rng.random(100)},
        "cohorts": {"run": np.full(rows, run), "value": rng.random(rows)},
        "measures": {
            "run": [run] * 2,
            "measure": ["binary_rate", "recalls_per_year"],
            "group": ["all"] * 2,
            "value": rng.random(2).tolist(),
        },
        sweep_store.TIMINGS: {"run": [run], "seconds": [time.time()]},
    }


def poisoned(task: Task) -> list[sweep.RunTables]:
    """Raise in one world for the arms that the reform moved, be quick elsewhere."""
    if ("reoffending.alliance_log_factor", "0") in task.world.settings and any(a.levers for a in task.arms.values()):
        raise ValueError("a poison cell")
    return quick(task)


def deadly(task: Task) -> list[sweep.RunTables]:
    """Kill the worker where `poisoned` raises."""
    try:
        return poisoned(task)
    except ValueError:
        os._exit(9)


def disk_full(_task: Task) -> list[sweep.RunTables]:
    """Fail as a full disk does."""
    raise OSError(28, "No space left on device", "a part")


def tables_in(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every table of a compacted folder, timings apart."""
    names = [table for table in sweep_store.TABLES if table != sweep_store.TIMINGS]
    files = {name: sweep_store.parts(folder, name) for name in names}
    assert all(len(found) <= 1 for found in files.values())
    return {name: found[0].read_bytes() for name, found in files.items() if found}


def order(found: Sweep) -> dict[str, int]:
    """Return where each run stands."""
    return {run: k for k, run in enumerate(found.runs)}
