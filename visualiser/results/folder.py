"""A folder of results, open to be looked at."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.csv
import pyarrow.dataset as ds

from sim.errors import InputError, unknown
from visualiser.results.files import TABLE_NOTES, Json, Table, is_plain
from visualiser.results.filters import wanted
from visualiser.results.once import Once
from visualiser.results.rows import by_column, in_order, pieces
from visualiser.results.tables import Opened, cell, open_table, reading, survey

MOST_DOWNLOADED, REACH, MOST_SHOWN = 100_000, 20_000, 500
"""Rows of a download; rows that can be paged through; rows of a page."""
ENSEMBLE = "compare --ensemble"


@dataclass
class Results:
    """A folder of results. Several threads may ask it at once.

    Attributes
    ----------
    folder : Path
        Resolved.
    manifest : dict
        What it says of itself.
    listed : dict of str to Table
    once : Once
        What has been worked out already.
    """

    folder: Path
    manifest: Json
    listed: dict[str, Table]
    once: Once = field(default_factory=Once, repr=False)

    @property
    def command(self) -> str:
        """The command that wrote the folder, as it is typed: `compare-ensemble-0f1e2d3c` is `compare --ensemble`."""
        name, _, way = str(self.manifest["command"]).partition("-")
        return f"{name} --{way.partition('-')[0]}" if way else name

    @property
    def remedy(self) -> str:
        """What to do about a damaged file."""
        again = "`run.py resume` makes its runs" if self.command == "sweep" else f"`run.py {self.command}` makes it"
        return f"{again} again"

    def tables(self) -> list[Json]:
        """Return the tables: name, what it holds, columns with their kinds, rows, files, what is wrong with it."""
        return [self._said_of(name) for name in self.listed]

    def _said_of(self, name: str) -> Json:
        """Return what is said of a table before it is looked into."""
        said = {"name": name, "note": TABLE_NOTES.get(name, ""), "files": len(self.listed[name].files)}
        try:
            found = self.open(name)
        except InputError as error:
            return {**said, "columns": [], "rows": 0, "problem": str(error)}
        problem = f"{len(found.damaged)} damaged parts are left out; {self.remedy}" if found.damaged else ""
        return {**said, "columns": found.columns, "rows": found.rows, "problem": problem}

    def table(self, name: str) -> Json:
        """Return a table with what its filters need: values of columns that take few, ends of the others.

        ``complete`` is false where the table is too long to be looked through for them.
        """
        found = self.open(name)
        with reading(name, self.remedy):
            known = self.once.get(("survey", name), lambda: survey(found))
        said = self._said_of(name)
        columns = [{**column, **known["columns"].get(column["name"], {})} for column in said["columns"]]
        return {**said, "columns": columns, "complete": known["complete"]}

    def rows(
        self,
        name: str,
        filters: Mapping[str, Any] | None = None,
        sort: str = "",
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> Json:
        """Return some rows of a table.

        Parameters
        ----------
        name : str
        filters : dict
            By column: a text that is part of the value, whatever its case; ``{"is": text}`` for the value itself;
            ``[low, high]`` for numbers and dates, either of which may be None.
        sort : str
            A column, or empty for the order of the file. What is missing stands last.
        offset, limit : int
            Up to `REACH` rows can be paged through.

        Returns
        -------
        dict
            ``columns``, ``rows`` (lists), ``total`` that pass the filters, ``offset``, ``reach``, ``most_downloaded``.

        Raises
        ------
        InputError
            For an unknown table or column, a filter that does not fit, rows out of reach, a damaged file.
        """
        found = self.open(name)
        passing = wanted(name, found.kinds, filters or {})
        if sort and sort not in found.kinds:
            raise unknown("column", sort, found.kinds, name)
        if offset + limit > REACH + MOST_SHOWN:
            raise InputError(f"{name}: only {REACH:,} rows can be paged through; add filters")
        with reading(name, self.remedy):
            total = found.count(passing)
            there = pieces(found.data, passing)
            page = by_column(there, sort, descending, offset, limit) if sort else in_order(there, offset, limit)
            listed = [] if page is None else [[cell(v) for v in row.values()] for row in page.to_pylist()]
        limits = {"reach": REACH, "most_downloaded": MOST_DOWNLOADED}
        return {"table": name, "columns": found.columns, "rows": listed, "total": total, "offset": offset, **limits}

    def csv(self, name: str, filters: Mapping[str, Any] | None = None) -> bytes:
        """Return the rows of a table that pass some filters as CSV.

        Raises
        ------
        InputError
            As for `rows`; or if they are more than `MOST_DOWNLOADED`.
        """
        found = self.open(name)
        passing = wanted(name, found.kinds, filters or {})
        with reading(name, self.remedy):
            total = found.count(passing)
            if total > MOST_DOWNLOADED:
                raise InputError(
                    f"{name}: {total:,} rows are more than a download takes ({MOST_DOWNLOADED:,}); add filters, or "
                    f"read the table itself in the folder {self.folder.name}"
                )
            text = io.BytesIO()
            pyarrow.csv.write_csv(found.data.to_table(filter=passing), text)
        return text.getvalue()

    def read(self, name: str, passing: ds.Expression | None = None) -> pd.DataFrame:
        """Return the rows of a table that are wanted as a frame.

        Raises
        ------
        InputError
            If a part of it is damaged: no numbers are worked out from the others.
        """
        found = self.open(name)
        if found.damaged:
            raise InputError(f"{name}: {len(found.damaged)} parts are damaged; {self.remedy}")
        with reading(name, self.remedy):
            frame: pd.DataFrame = found.data.to_table(filter=passing).to_pandas()
            return frame

    def open(self, name: str) -> Opened:
        """Open a table, once.

        Raises
        ------
        InputError
            If there is none, or no file of it can be read.
        """
        if name not in self.listed:
            raise unknown("table", name, self.listed, self.folder.name)
        found = self.once.get(("table", name), lambda: open_table(self.listed[name], self.remedy))
        if not all(is_plain(path) for path in self.listed[name].files):
            raise InputError(f"{name}: has changed since it was opened; open {self.folder.name} again")
        return found
