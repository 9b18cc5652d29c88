"""Output folders: tables in Parquet, whole or not at all, and a manifest beside them."""

import json
import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.plan import Plan
from sim.errors import InputError

MANIFEST = "manifest.json"
PARTS = "parts"
TIMINGS = "timings"
_RUNS = "runs.parquet"
DEFAULT_FOLDER = Path("out")


def output_folder(plan: Plan, command: str, out: str | None) -> Path:
    """Return the folder for the output of a plan, made and writable.

    Without `out` its name comes from the plan, so that the same plan finds its own folder again.

    Raises
    ------
    InputError
        If it cannot be written, is a file, or holds another run.
    """
    names = "-".join(arm.name for arm in plan.arms)
    folder = writable(out or str(DEFAULT_FOLDER / f"{command}-{names}-{plan.region.name}-{plan.key}"))
    refuse_another(folder, command, plan.key, "another run or other files")
    return folder


def writable(out: str) -> Path:
    """Return a folder, made and writable.

    Raises
    ------
    InputError
        If it cannot be written, or is a file.
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable.{socket.gethostname()}.{os.getpid()}"
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"--out {folder}: cannot be written: {error.strerror}; name another folder") from None
    return folder


def refuse_another(folder: Path, command: str, key: str, what: str) -> None:
    """Refuse a folder that holds anything but an earlier run of the same; `what` says what it may hold."""
    held = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    if not held:
        return
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        same = (manifest["command"], manifest["key"]) == (command, key)
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise InputError(
            f"--out {folder}: holds {what} ({', '.join(held[:3])}); name an empty folder, or none to get one of its own"
        )


def write_manifest(folder: Path, plan: Plan, command: str) -> None:
    """Write what the run is made of."""
    text = json.dumps({"command": command, **plan.manifest()}, indent=2, sort_keys=True)
    write_whole(folder / MANIFEST, text.encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table so that it is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    os.replace(temporary, path)


def part_of(seed: int) -> str:
    """Return the name under which the tables of a finished seed are kept."""
    return f"seed-{seed:06d}"


def write_part(folder: Path, name: str, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the tables of one finished seed; the folder appears under its name when all of them are there."""
    parts = folder / PARTS
    parts.mkdir(exist_ok=True)
    temporary = parts / f".{name}.{os.getpid()}.tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    for table, columns in tables.items():
        pq.write_table(pa.table(dict(columns)), temporary / f"{table}.parquet", compression="zstd")
    shutil.rmtree(parts / name, ignore_errors=True)
    os.replace(temporary, parts / name)


def gather_parts(folder: Path) -> list[str]:
    """Put the parts of all finished seeds together, in the order of their names, and drop the parts.

    Tables of an earlier run of the same plan with more seeds are kept.

    Returns
    -------
    list of str
        The names of the seeds that are there.
    """
    parts = folder / PARTS
    finished = sorted(p for p in parts.iterdir() if not p.name.startswith(".")) if parts.is_dir() else []
    made = sum(pq.read_metadata(part / _RUNS).num_rows for part in finished if (part / _RUNS).exists())
    held = pq.read_metadata(folder / _RUNS).num_rows if (folder / _RUNS).exists() else 0
    if held > made:
        shutil.rmtree(parts, ignore_errors=True)
        return [p.name for p in finished]
    for table in sorted({f.name for part in finished for f in part.glob("*.parquet")}):
        files = [part / table for part in finished if (part / table).exists()]
        write_table(folder / table, pa.concat_tables([pq.read_table(f) for f in files]))
    shutil.rmtree(parts, ignore_errors=True)
    return [p.name for p in finished]


def clear(folder: Path) -> None:
    """Remove what an earlier run of the same plan left unfinished; its tables stay until new ones replace them."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    clear_unfinished(folder)


def clear_unfinished(folder: Path) -> None:
    """Remove what a run that was stopped had half written; finished parts stay."""
    for path in folder.glob(".*.tmp"):
        path.unlink()
    for path in (folder / PARTS).glob(".*.tmp"):
        shutil.rmtree(path)
