"""Output folders: tables in Parquet, whole or not at all, and a manifest beside them."""

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.plan import Plan
from sim.errors import InputError

MANIFEST = "manifest.json"
PARTS = "parts"
TIMINGS = "timings"
LOCK = ".lock"
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


def manifest_in(folder: Path) -> dict[str, Any]:
    """Return what a folder says that it holds; nothing where that cannot be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def refuse_another(folder: Path, command: str, key: str, what: str) -> None:
    """Refuse a folder that holds anything but an earlier run of the same; `what` says what it may hold."""
    held = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    if not held:
        return
    manifest = manifest_in(folder)
    if (manifest.get("command"), manifest.get("key")) != (command, key):
        raise InputError(
            f"--out {folder}: holds {what} ({', '.join(held[:3])}); name an empty folder, or none to get one of its own"
        )


@contextmanager
def locked(folder: Path, name: str = LOCK, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder against other processes, or a part of it by the name of its lock; the lock ends with whoever holds
    it, however they end.

    Raises
    ------
    InputError
        If another process is at work on it.
    """
    try:
        import fcntl
    except ImportError:  # where there are no such locks
        yield
        return
    with (folder / name).open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{folder}: another process is at work on it; wait for it, or end it") from None
        except OSError:
            pass  # a disk without locks
        yield


def hash_of(*modules: str) -> str:
    """Hash files of this folder: the code that makes more of runs than the model's own."""
    digest = hashlib.blake2b(digest_size=8)
    for name in modules:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


def refuse_other_code(folder: Path, manifest: Mapping[str, Any], **now: str) -> None:
    """Refuse a folder whose runs were begun by other code than that of now, by what its manifest says of it."""
    for key, version in now.items():
        if manifest.get(key) != version:
            raise InputError(
                f"{folder}: was begun by other code ({key} {manifest.get(key)}; this is {version}): results would mix. "
                "Go back to that code, or start anew in another folder"
            )


def write_manifest(folder: Path, plan: Plan, command: str, **more: str) -> None:
    """Write what the run is made of."""
    text = json.dumps({"command": command, **plan.manifest(), **more}, indent=2, sort_keys=True)
    write_whole(folder / MANIFEST, text.encode())


def unfinished(path: Path) -> Path:
    """Return where a file or folder is written until it is whole: this process's own, of all machines that share it."""
    return path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.tmp")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    temporary = unfinished(path)
    temporary.write_bytes(content)
    os.replace(temporary, path)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table so that it is there whole or not at all."""
    temporary = unfinished(path)
    pq.write_table(table, temporary, compression="zstd")
    os.replace(temporary, path)


def part_of(seed: int) -> str:
    """Return the name under which the tables of a finished seed are kept."""
    return f"seed-{seed:06d}"


def write_part(folder: Path, name: str, tables: Mapping[str, Mapping[str, Any] | pa.Table]) -> None:
    """Write the tables of one finished seed; the folder appears under its name when all of them are there."""
    parts = folder / PARTS
    parts.mkdir(exist_ok=True)
    temporary = unfinished(parts / name)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    for table, rows in tables.items():
        whole = rows if isinstance(rows, pa.Table) else pa.table(dict(rows))
        pq.write_table(whole, temporary / f"{table}.parquet", compression="zstd")
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
