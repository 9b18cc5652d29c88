"""The tables of a sweep: a folder for each, in it a part for each task, there whole or not at all.

A task's rows in `runs` are written after its rows in all other tables, in a part of the same name: what a part says of
a run counts if that part of `runs` has it. So a run that stands in `runs` is finished, and what a write that was cut
off left behind counts for nothing. `compact` puts the parts of every table together, in the order of the runs, so that
the same runs make the same bytes, however they came about.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from experiments.store import TIMINGS, unfinished, write_whole
from experiments.tables import FAILED, Columns
from sim.errors import UnfinishedError

RUNS = "runs"
TABLES = ("cohorts", "measures", "outcomes", "weekly", TIMINGS, RUNS)
"""In the order in which a part of each is written."""
_FORM: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
COMPACTED = "all.parquet"
_BUILDING, _BUILT, _REPLACED = ".compacting", ".compacted", "replaced.json"
_DAMAGED = "damaged"


class DamagedError(UnfinishedError):
    """A part cannot be read."""

    def __init__(self, path: Path, error: str) -> None:
        folder = path.parent.parent
        super().__init__(
            f"{path}: is damaged ({error}): `run.py compact {folder}` sets it aside, `run.py resume {folder}` makes "
            "its runs again"
        )
        self.path = path


class Held(NamedTuple):
    """What a folder holds of a sweep.

    Attributes
    ----------
    status : dict of str to str
        By run.
    errors : dict of str to str
        Of runs that failed.
    damaged : list of Path
        Parts that cannot be read; what else is in parts of the same name does not count.
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
    """Write a file whole, or not at all: each piece is a row group, with check sums."""
    path.parent.mkdir(exist_ok=True)
    if not pieces:
        return
    temporary = unfinished(path)
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
    """Say what a folder holds; a run any of whose parts cannot be read is not held."""
    status: dict[str, str] = {}
    errors: dict[str, str] = {}
    damaged = [path for table in TABLES if table != RUNS for path in parts(folder, table) if not _is_readable(path)]
    lost = {path.name for path in damaged}
    for path in parts(folder, RUNS):
        try:
            rows = read(path, ["run", "status", "error"]).to_pylist()
        except DamagedError:
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


def read(path: Path, columns: Sequence[str] | None = None, group: int | None = None) -> pa.Table:
    """Read a part, or one row group of it, and check its sums.

    Raises
    ------
    DamagedError
        If it cannot be read whole.
    """
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        return file.read(columns=columns) if group is None else file.read_row_group(group, columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise DamagedError(path, str(error)) from None


def groups_of(path: Path) -> int:
    """Return how many row groups a part has: one for each run."""
    try:
        return int(pq.read_metadata(path).num_row_groups)
    except (OSError, pa.ArrowException) as error:
        raise DamagedError(path, str(error)) from None


def counted(folder: Path, table: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Yield what the parts of a table say of runs that count, part by part."""
    for path in parts(folder, table):
        runs = folder_of(folder, RUNS) / path.name
        if runs.exists():
            rows = read(path, columns)
            yield rows.filter(pc.is_in(rows["run"], read(runs, ["run"])["run"].combine_chunks()))


def set_aside(folder: Path, damaged: Sequence[Path]) -> Path:
    """Move parts that cannot be read out of the way, with all parts of the same name; delete nothing."""
    aside = folder / _DAMAGED
    for name in sorted({path.name for path in damaged}):
        for table in reversed(TABLES):  # `runs` first: from then on nothing of the name counts
            part = folder_of(folder, table) / name
            if part.exists():
                place = aside / part.parent.name
                place.mkdir(parents=True, exist_ok=True)
                os.replace(part, place / name)
    return aside


def drop_rests(folder: Path) -> None:
    """Remove what writes that were cut off left behind: half files, and parts that no part of `runs` stands for."""
    finished = {path.name for path in parts(folder, RUNS)}
    for table in TABLES:
        for path in folder_of(folder, table).glob(".*"):
            path.unlink()
        for path in parts(folder, table):
            if path.name not in finished:
                path.unlink()


def compact(folder: Path, order: Mapping[str, int]) -> dict[str, int]:
    """Put the parts of every table together in one file, and remove them; stopped at any moment, nothing is lost.

    The files are made beside the parts. When all are whole they are there at a stroke, by one renaming; what
    is left to do then is done by whichever command has the folder to itself next, see `settle`.

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
    DamagedError
        If a part cannot be read whole; nothing is put in place.
    """
    settle(folder)
    building = folder / _BUILDING
    building.mkdir()
    rows, replaced = {}, {}
    for table in TABLES:
        replaced[table] = [path.name for path in parts(folder, table)]
        found = sorted(piece for path in parts(folder, table) for piece in _pieces(folder, path, order))
        if found:
            target = building / f"{table}.parquet"
            with pq.ParquetWriter(target, pq.read_schema(found[0][1]), **_FORM) as writer:
                for _, path, k in found:
                    piece = read(path, group=k)
                    writer.write_table(piece, row_group_size=piece.num_rows)
            rows[table] = pq.read_metadata(target).num_rows
    write_whole(building / _REPLACED, json.dumps(replaced).encode())
    os.replace(building, folder / _BUILT)
    settle(folder)
    return rows


def _pieces(folder: Path, path: Path, order: Mapping[str, int]) -> Iterator[tuple[int, Path, int]]:
    """Yield where each row group of a part, that of one run, belongs, and its number, if it counts."""
    runs = folder_of(folder, RUNS) / path.name
    there = set(read(runs, ["run"])["run"].to_pylist()) if runs.exists() else set()
    for k in range(groups_of(path)):
        run = read(path, ["run"], k)["run"][0].as_py()
        if run in there:
            yield order[run], path, k


def settle(folder: Path) -> None:
    """Finish a compaction that was cut off after its files were whole; drop one that was not.

    For a command that has the folder to itself.
    """
    shutil.rmtree(folder / _BUILDING, ignore_errors=True)
    built = folder / _BUILT
    if not built.is_dir():
        return
    replaced = json.loads((built / _REPLACED).read_text(encoding="utf-8"))
    for table in TABLES:  # `runs` last: until its parts are gone, they are what is held
        made, place = built / f"{table}.parquet", folder_of(folder, table)
        if made.exists():
            os.replace(made, place / COMPACTED)
        for name in replaced[table]:
            if name != COMPACTED:
                (place / name).unlink(missing_ok=True)
    shutil.rmtree(built)


def forget_failed(folder: Path) -> list[str]:
    """Take the rows of failed runs out of `runs`, so that they are to do again; return which they were."""
    forgotten = []
    for path in parts(folder, RUNS):
        groups = [read(path, group=k) for k in range(groups_of(path))]
        kept = [piece for piece in groups if piece["status"][0].as_py() != FAILED]
        forgotten += [piece["run"][0].as_py() for piece in groups if piece["status"][0].as_py() == FAILED]
        if kept and len(kept) < len(groups):
            _write(path, kept)
        elif not kept:
            path.unlink()
    return forgotten
