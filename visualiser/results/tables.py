"""A table opened to be looked at: its columns and their kinds, what filters need to know of them."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pyarrow.types as of

from sim.errors import InputError
from visualiser.results.files import Json, Table

FEW = 40
"""Different values of a column up to which they are listed."""
_SURVEYED = 5_000_000
_WHOLE_NUMBERS = 2**53
_CSV_BLOCK = 1 << 24
_TESTS = {
    "text": (of.is_string, of.is_large_string),
    "number": (of.is_integer, of.is_floating),
    "date": (of.is_date, of.is_timestamp),
    "flag": (of.is_boolean,),
}


@dataclass
class Opened:
    """A table that can be read.

    Attributes
    ----------
    data : Dataset
    rows : int
    kinds : dict of str to str
        For each column ``text``, ``number``, ``date``, ``flag`` or ``other``.
    damaged : list of str
        Files that cannot be read, and are left out.
    """

    data: ds.Dataset
    rows: int
    kinds: dict[str, str]
    damaged: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[Json]:
        """Each column's name and kind."""
        return [{"name": column, "kind": kind} for column, kind in self.kinds.items()]

    def count(self, passing: ds.Expression | None) -> int:
        """Return how many rows pass a filter; all of them where there is none."""
        return self.rows if passing is None else int(self.data.count_rows(filter=passing))


@contextmanager
def reading(name: str, remedy: str) -> Iterator[None]:
    """Turn what goes wrong in reading a file into one message."""
    try:
        yield
    except InputError:
        raise
    except (OSError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0].rpartition("/")[2][:160]
        raise InputError(f"{name}: is damaged or cannot be read ({reason}); {remedy}") from None


def open_table(table: Table, remedy: str) -> Opened:
    """Open a table; parts that cannot be read are set apart, unless there are no others.

    Raises
    ------
    InputError
        If no file of it can be read.
    """
    with reading(table.name, remedy):
        if table.form == "csv":
            form = ds.CsvFileFormat(read_options=pyarrow.csv.ReadOptions(block_size=_CSV_BLOCK))
            data = ds.dataset([str(path) for path in table.files], format=form)
            return Opened(data, data.count_rows(), _kinds(data.schema))
        return _open_parts(table)


def _open_parts(table: Table) -> Opened:
    """Open the Parquet files of a table that can be read, all of their columns together."""
    rows, schemas = 0, {}
    damaged: dict[Path, str] = {}
    for path in table.files:
        try:
            said = pq.read_metadata(path)
            schemas[str(path)] = said.schema.to_arrow_schema().remove_metadata()
            rows += said.num_rows
        except (OSError, pa.ArrowException) as error:
            damaged[path] = str(error)
    if not schemas:
        raise OSError(list(damaged.values())[-1])
    schema = pa.unify_schemas(list(schemas.values()), promote_options="permissive")
    data = ds.dataset(list(schemas), format="parquet", schema=schema)
    return Opened(data, rows, _kinds(data.schema), [path.name for path in damaged])


def _kinds(schema: pa.Schema) -> dict[str, str]:
    """Return the kind of each column."""
    return {
        column.name: next((kind for kind, fits in _TESTS.items() if any(fit(column.type) for fit in fits)), "other")
        for column in schema
    }


def survey(found: Opened) -> Json:
    """Return the values of text columns that take few, and the ends of numbers and dates, piece by piece."""
    values: dict[str, dict[str, None]] = {column: {} for column, kind in found.kinds.items() if kind == "text"}
    ends: dict[str, list[Any]] = {column: [] for column, kind in found.kinds.items() if kind in ("number", "date")}
    seen = 0
    for batch in found.data.to_batches(columns=[*values, *ends]):
        for column in list(values):
            values[column] |= dict.fromkeys(v for v in pc.unique(batch[column]).to_pylist() if v is not None)
            if len(values[column]) > FEW:
                del values[column]
        for column, held in ends.items():
            held += [v for v in pc.min_max(batch[column]).as_py().values() if v is not None]
            held[:] = [min(held), max(held)] if held else []
        seen += batch.num_rows
        if seen >= _SURVEYED:
            break
    listed: Json = {column: {"values": sorted(given)} for column, given in values.items()}
    listed |= {column: {"low": cell(held[0]), "high": cell(held[1])} for column, held in ends.items() if held}
    return {"columns": listed, "complete": seen >= found.rows}


def cell(value: Any) -> Any:
    """Return a value as JSON has it; a whole number that a page cannot hold as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < _WHOLE_NUMBERS else str(value)
    return value if value is None or isinstance(value, bool | str) else str(value)
