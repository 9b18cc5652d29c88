"""The folder of a sweep: what it is made of, who is at work on it, whether another command may go on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from experiments import store, sweep_effects
from experiments.designs import read_design
from experiments.sweep import Shard
from experiments.worlds import Sweep
from sim.compiled import source_hash
from sim.errors import InputError

_LOCK = ".lock"


def kept(given: str) -> tuple[Sweep, Path]:
    """Return the sweep that a folder holds.

    Raises
    ------
    InputError
        If it holds none, or one of other code or of scenarios that have changed since.
    """
    folder = Path(given)
    try:
        manifest = json.loads((folder / store.MANIFEST).read_text(encoding="utf-8"))
        command, key, version = manifest["command"], manifest["key"], manifest["code_version"]
        document, file = manifest["design"], manifest["design_file"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{folder}: holds no sweep; name the folder that `run.py sweep` wrote") from None
    if command != "sweep":
        raise InputError(f"{folder}: was written by `run.py {command}`, and holds no sweep")
    if version != source_hash():
        raise InputError(
            f"{folder}: was begun by other code of the model ({version}; this is {source_hash()}): results would mix. "
            "Go back to that code, or start the design anew in another folder"
        )
    found = read_design(document, file)
    if found.key != key:
        raise InputError(f"{folder}: the scenarios or regions of {file} have changed since it was begun; start it anew")
    place = store.writable(given)
    write_cells(place, found)
    return found, place


def open_new(folder: Path, found: Sweep, command: str = "sweep") -> None:
    """Write what the sweep of a command is made of into a new folder; refuse one that holds anything else."""
    names = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    if names:
        try:
            manifest = json.loads((folder / store.MANIFEST).read_text(encoding="utf-8"))
            same = (manifest["command"], manifest["key"]) == (command, found.key)
        except (OSError, ValueError, KeyError, TypeError):
            same = False
        if not same:
            raise InputError(
                f"--out {folder}: holds another design, or this one by other code, or other files "
                f"({', '.join(names[:3])}); name an empty folder, or none to get one of its own"
            )
    if store.MANIFEST not in names:  # in the order of the design: that of its factors is that of the cells
        text = json.dumps({**found.manifest(), "command": command}, indent=1, default=str)
        store.write_whole(folder / store.MANIFEST, text.encode())
    write_cells(folder, found)


def write_cells(folder: Path, found: Sweep) -> None:
    """Write which run is whose, where a start that was cut off left it out."""
    if not (folder / sweep_effects.CELLS).exists():
        store.write_table(folder / sweep_effects.CELLS, pa.Table.from_pylist(list(found.rows())))


@contextmanager
def locked(folder: Path, shard: Shard) -> Iterator[None]:
    """Hold a shard of a folder against a second process; the lock ends with whoever holds it, however they end."""
    try:
        import fcntl
    except ImportError:  # where there are no such locks
        yield
        return
    with (folder / f"{_LOCK}-{shard.i}-of-{shard.n}").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{folder}: another process is at work on it; wait for it, or end it") from None
        except OSError:
            pass  # a disk without locks: two shards never write the same part
        yield
