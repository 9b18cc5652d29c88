"""The folder of a sweep: what it is made of, who is at work on it, whether another command may go on."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments import store, sweep, sweep_effects, sweep_store
from experiments.commands import Progress
from experiments.designs import read_design
from experiments.engine import SchedulerLostError, cores
from experiments.sweep import WHOLE, Living, Shard
from experiments.worlds import Sweep, Task, code_version, tables_version
from sim.errors import InputError, UnfinishedError


def manifest_of(folder: Path, command: str = "sweep") -> dict[str, Any]:
    """Return what the sweep in a folder is made of.

    Raises
    ------
    InputError
        If the folder holds none.
    """
    manifest = store.manifest_in(folder)
    if "command" not in manifest:
        raise InputError(f"{folder}: holds no sweep; name the folder that `run.py sweep` wrote")
    if manifest["command"] != command:
        raise InputError(f"{folder}: was written by `run.py {manifest['command']}`, and holds no sweep")
    return manifest


def kept(given: str) -> tuple[Sweep, Path]:
    """Return the sweep that a folder holds, to go on with it.

    Raises
    ------
    InputError
        If it holds none, or one of other code or of files that have changed since.
    """
    folder = Path(given)
    manifest = manifest_of(folder)
    store.refuse_other_code(folder, manifest, **_versions())
    found = read_design(manifest["design"], manifest["design_file"])
    if found.key != manifest["key"]:
        raise InputError(
            f"{folder}: scenarios, contracts or regions of {manifest['design_file']} have changed since it was begun; "
            "start it anew"
        )
    place = store.writable(given)
    write_cells(place, found)
    return found, place


def _versions() -> dict[str, str]:
    """Return by which code runs and tables are made now."""
    return {"code_version": code_version(), "tables_version": tables_version()}


def opened(folder: Path) -> sweep_store.Held:
    """Return what a folder holds, put in order: for a command that has it to itself."""
    sweep_store.settle(folder)
    there = sweep_store.held(folder)
    if there.damaged:
        aside = sweep_store.set_aside(folder, there.damaged)
        names = ", ".join(path.name for path in there.damaged[:3])
        print(f"{len(there.damaged)} damaged parts ({names}) moved to {aside}; made again", file=sys.stderr)
    sweep_store.drop_rests(folder)
    return there


def carry_out(
    folder: Path,
    todo: Sequence[Task],
    progress: Progress,
    how_to_go_on: str,
    jobs: int,
    cluster: str | None = None,
    live: Living | None = None,
) -> None:
    """Do tasks, showing progress; say how to go on where that is cut short: what is finished is kept.

    Raises
    ------
    UnfinishedError
        If the scheduler goes away.
    OSError
        If tables cannot be written.
    """
    try:
        with progress(sum(len(task.arms) for task in todo), "runs") as step:
            for finished in sweep.run(folder, todo, jobs or cores(), cluster, live):
                for _ in range(finished.runs):
                    step()
    except KeyboardInterrupt:
        print(f"stopped: finished runs are kept; {how_to_go_on} goes on", file=sys.stderr)
        raise
    except SchedulerLostError as error:
        raise UnfinishedError(f"{error}; finished runs are kept: {how_to_go_on} goes on") from None
    except OSError as error:
        reason = f"{error.strerror or error}; finished runs are kept: mend it, then {how_to_go_on} goes on"
        raise OSError(error.errno, reason, str(folder)) from None


def open_new(folder: Path, found: Sweep, command: str = "sweep") -> None:
    """Write what the sweep of a command is made of into a new folder; refuse one that holds anything else."""
    what = "another design, or this one by other code, or other files"
    store.refuse_another(folder, command, found.key, what)
    if manifest := store.manifest_in(folder):
        store.refuse_other_code(folder, manifest, **_versions())
    else:  # in the order of the design: that of its factors is that of the cells
        text = json.dumps({**found.manifest(), "command": command}, indent=1, default=_as_date)
        store.write_whole(folder / store.MANIFEST, text.encode())
    write_cells(folder, found)


def _as_date(value: object) -> str:
    """Return a date, or the date of a moment, as text."""
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def write_cells(folder: Path, found: Sweep) -> None:
    """Write which run is whose, where that is missing or cannot be read."""
    try:
        pq.read_metadata(folder / sweep_effects.CELLS)
    except (OSError, pa.ArrowException):
        store.write_table(folder / sweep_effects.CELLS, pa.Table.from_pylist(list(found.rows())))


@contextmanager
def locked(folder: Path, shard: Shard) -> Iterator[None]:
    """Hold a folder, or a shard of it, against other processes, see `store.locked`.

    Shards work beside one another, and beside nobody else.
    """
    with ExitStack() as locks:
        locks.enter_context(store.locked(folder, shared=shard != WHOLE))
        if shard != WHOLE:
            locks.enter_context(store.locked(folder, f"{store.LOCK}-{shard.i}-of-{shard.n}"))
        yield
