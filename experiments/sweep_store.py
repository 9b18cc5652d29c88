"""The tables of a sweep: a folder for each, in it a part for each task, there whole or not at all.

A task's row in `runs` is written after all its other tables, so a run that stands there is a run that is finished.
`compact` puts the parts of every table together, in the order of the tasks, so that the same runs make the same
bytes, however they came about.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.store import TIMINGS
from experiments.tables import Columns
from sim.errors import UnfinishedError

RUNS = "runs"
TABLES = ("cohorts", "measures", "outcomes", "weekly", TIMINGS, RUNS)
"""In the order in which a part of each is written."""
FAILED, DONE = "failed", "done"
_FORM: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
COMPACTED = "all.parquet"
_BUILDING, _BUILT = ".compacting", ".compacted"
_DAMAGED = "damaged"


class Held(NamedTuple):
    """What a folder holds of a sweep.

    Attributes
    ----------
    status : dict of str to str
        By run.
    errors : dict of str to str
        Of runs that failed.
    damaged : list of Path
        Parts that cannot be read.
    """

    status: dict[str, str]
    errors: dict[str, str]
    damaged: list[Path]


def folder_of(folder: Path, table: str) -> Path:
    """Return the folder of a table."""
    return folder / f"{table}.parquet"


def write_part(folder: Path, name: str, runs: Sequence[Mapping[str, Columns]]) -> None:
    """Write the tables of the runs of a task, `runs` last; each file appears under its name when it is whole.

    A run has a row group of its own, and none where it has no rows.
    """
    for table in TABLES:
        pieces = [pa.table(dict(run[table])) for run in runs if table in run]
        _write(folder_of(folder, table) / f"{name}.parquet", [piece for piece in pieces if piece.num_rows])


def _write(path: Path, pieces: Sequence[pa.Table]) -> None:
    """Write a file whole, or not at all: each piece is a row group, with check sums; rests of earlier tries go."""
    path.parent.mkdir(exist_ok=True)
    for rest in path.parent.glob(f".{path.name}.*"):
        rest.unlink(missing_ok=True)
    if not pieces:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with pq.ParquetWriter(temporary, pieces[0].schema, **_FORM) as writer:
        for piece in pieces:
            writer.write_table(piece, row_group_size=piece.num_rows)
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(temporary, path)


def piece_bytes(columns: Columns) -> int:
    """Return how many bytes some rows take in a part."""
    written = pa.BufferOutputStream()
    pq.write_table(pa.table(dict(columns)), written, **_FORM)
    return int(written.tell())


def parts(folder: Path, table: str) -> list[Path]:
    """Return the parts of a table in the order of their names, what is half written left out."""
    place = folder_of(folder, table)
    return sorted(path for path in place.glob("*.parquet") if not path.name.startswith(".")) if place.is_dir() else []


def held(folder: Path) -> Held:
    """Say what a folder holds; a run whose task has a part that cannot be read is not held."""
    status: dict[str, str] = {}
    errors: dict[str, str] = {}
    damaged = [path for table in TABLES if table != RUNS for path in parts(folder, table) if not _is_readable(path)]
    lost = {path.name for path in damaged}
    for path in parts(folder, RUNS):
        try:
            rows = _read(path).select(["run", "status", "error"]).to_pylist()
        except (OSError, pa.ArrowException):
            damaged.append(path)
            continue
        if path.name in lost:
            continue
        for row in rows:
            status[row["run"]] = row["status"]
            if row["status"] == FAILED:
                errors[row["run"]] = row["error"]
    return Held(status, errors, damaged)


def _is_readable(path: Path) -> bool:
    """Say whether a part has its end: Parquet writes it last."""
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def _read(path: Path) -> pa.Table:
    """Read a part and check its sums."""
    return pq.ParquetFile(path, page_checksum_verification=True).read()


def set_aside(folder: Path, damaged: Sequence[Path]) -> Path:
    """Move parts that cannot be read out of the way, and the `runs` of their tasks; delete nothing."""
    aside = folder / _DAMAGED
    for path in damaged:
        for part in {path, folder_of(folder, RUNS) / path.name}:
            if part.exists():
                place = aside / part.parent.name
                place.mkdir(parents=True, exist_ok=True)
                os.replace(part, place / part.name)
    return aside


def compact(folder: Path, order: Mapping[str, int]) -> dict[str, int]:
    """Put the parts of every table together in one file, and remove them; stopped at any moment, nothing is lost.

    The files are made beside the parts. When all are whole they are there at a stroke, by one renaming; what
    is left to do then is done by whichever command opens the folder next, see `settle`.

    Parameters
    ----------
    order : mapping of run to int
        Where each run stands.

    Returns
    -------
    dict of str to int
        Rows of each table.

    Raises
    ------
    UnfinishedError
        If a part cannot be read whole; it is named.
    """
    settle(folder)
    if damaged := held(folder).damaged:
        raise UnfinishedError(f"{damaged[0]}: is damaged; `run.py resume {folder}` makes its runs again")
    building = folder / _BUILDING
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    rows = {}
    for table in TABLES:
        found = sorted((place, k, path) for path in parts(folder, table) for place, k in _pieces(path, order))
        if found:
            target = building / f"{table}.parquet"
            with pq.ParquetWriter(target, pq.read_schema(found[0][2]), **_FORM) as writer:
                for _, k, path in found:
                    piece = _row_group(path, k)
                    writer.write_table(piece, row_group_size=piece.num_rows)
            rows[table] = pq.read_metadata(target).num_rows
    os.replace(building, folder / _BUILT)
    settle(folder)
    return rows


def _pieces(path: Path, order: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Yield where each row group of a part, that of one run, belongs, and its number."""
    file = pq.ParquetFile(path)
    for k in range(file.num_row_groups):
        yield order[file.read_row_group(k, columns=["run"])["run"][0].as_py()], k


def _row_group(path: Path, k: int) -> pa.Table:
    """Read one row group and check its sums; a part that cannot be read is set aside.

    Raises
    ------
    UnfinishedError
        If it cannot be read.
    """
    try:
        return pq.ParquetFile(path, page_checksum_verification=True).read_row_group(k)
    except (OSError, pa.ArrowException) as error:
        folder = path.parent.parent
        aside = set_aside(folder, [path])
        raise UnfinishedError(
            f"{path}: is damaged ({error}); moved to {aside}. `run.py resume {folder}` makes its runs again"
        ) from None


def settle(folder: Path) -> None:
    """Finish a compaction that was cut off after its files were whole; drop one that was not."""
    shutil.rmtree(folder / _BUILDING, ignore_errors=True)
    built = folder / _BUILT
    if not built.is_dir():
        return
    for table in TABLES:  # `runs` last: until its parts are gone, they are what is held
        made, place = built / f"{table}.parquet", folder_of(folder, table)
        if made.exists():
            os.replace(made, place / COMPACTED)
        for path in parts(folder, table):
            if path.name != COMPACTED:
                path.unlink()
    built.rmdir()


def forget_failed(folder: Path) -> list[str]:
    """Take the rows of failed runs out of `runs`, so that they are to do again; return which they were."""
    forgotten = []
    for path in parts(folder, RUNS):
        file = pq.ParquetFile(path, page_checksum_verification=True)
        pieces = [file.read_row_group(k) for k in range(file.num_row_groups)]
        kept = [piece for piece in pieces if piece["status"][0].as_py() != FAILED]
        forgotten += [piece["run"][0].as_py() for piece in pieces if piece["status"][0].as_py() == FAILED]
        if kept and len(kept) < len(pieces):
            _write(path, kept)
        elif not kept:
            path.unlink()
    return forgotten
