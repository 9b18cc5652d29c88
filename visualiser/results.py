"""Results mode: a folder that `compare`, `run`, `decompose` or `sweep` wrote, read without running anything.

Only plain files of the folder are read, and the parts of a sweep's tables: nothing hidden, no links. Tables are
filtered where they lie, so that one of millions of rows is never held as a whole. Differences are worked out from the
tables by the functions that the commands print from; no published number stands beside one.
"""

import io
import json
import math
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sim.errors import InputError, unknown

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.dataset as ds

    from experiments.estimates import Difference
    from experiments.plan import Plan

type Json = dict[str, Any]
type Reply = tuple[Json, list[bytes]]

EXPECTED = "a folder written by `compare`, `run`, `sweep` or `decompose`"
MOST_DOWNLOADED, REACH, MOST_SHOWN = 100_000, 20_000, 500
"""Rows of a download; rows that can be paged through; rows of a page."""
FEW = 40
"""Different values of a column up to which they are listed."""
_SURVEYED = 5_000_000
_LARGEST_MANIFEST, _LARGEST_PICTURE = 64_000_000, 32_000_000
_WHOLE_NUMBERS = 2**53
_SHOWN_CELLS, _SHOWN_GROUPS = 48, 5
_MILLION, _THOUSAND, _MANY, _BELOW_FIFTY = 1_000_000, 1_000, 100_000, 50
TABLE_NOTES = {
    "effects": "What the reform changes in each cell, with intervals",
    "cells": "Which run belongs to which cell, scenario and seed",
    "cohorts": "Proven reoffending of cohorts, by group",
    "weekly": "Stocks and flows, week by week",
    "outcomes": "What followed releases and orders, by calendar year",
    "measures": "Rates, stocks, flows and costs of each run",
    "values": "Each outcome in each combination of levers",
    "events": "Every event, day by day",
    "people": "One row for each person, at the end",
    "runs": "One row for each run, and whether it finished",
    "timings": "Seconds and work of each run",
    "sets": "The fitted sets of parameters",
}
PICTURE_TITLES = {
    "reoffending_by_quarter": "Proven reoffending by quarter",
    "time_to_first_reoffence": "Time to the first reoffence",
    "recalls_by_sentence": "Recalls by length of sentence",
    "officers_workload": "Officers' workload",
    "charities_waiting": "People waiting for a charity",
    "needs": "Needs",
    "institutions": "Institutions",
    "effects": "Effects in each cell",
    "decomposition": "The reform, lever by lever",
    "network": "The social network at the end",
}


@dataclass(frozen=True)
class Table:
    """A table of the folder: its name and the plain files that it is made of."""

    name: str
    files: tuple[Path, ...]
    form: Literal["parquet", "csv"]


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

    data: "ds.Dataset"
    rows: int
    kinds: dict[str, str]
    damaged: list[str] = field(default_factory=list)


def open_results(path: str | Path) -> "Results":
    """Open a folder of results.

    Raises
    ------
    InputError
        If it is no folder, or holds no manifest, or no table.
    """
    folder = Path(path)
    try:
        is_folder = folder.is_dir()
        place = folder.resolve() if is_folder else folder
    except (OSError, ValueError, RuntimeError):
        is_folder = False
    if not is_folder:
        raise InputError(f"--open {folder}: is no folder; expected: {EXPECTED}")
    manifest = _manifest(place, str(folder))
    tables = find_tables(place)
    if not tables:
        raise InputError(f"--open {folder}: holds no tables; expected: {EXPECTED}")
    return Results(place, manifest, tables)


def _manifest(folder: Path, shown: str) -> Json:
    """Read what the folder says it was made of."""
    path = folder / "manifest.json"
    if not _is_plain(path):
        raise InputError(f"--open {shown}: holds no manifest.json; expected: {EXPECTED}")
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise ValueError("too large")
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not isinstance(found["command"], str):
            raise TypeError("no command")
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        message = f"--open {shown}: manifest.json is damaged, or another program's; expected: {EXPECTED}"
        raise InputError(message) from None
    return found


def _is_plain(path: Path, of: Callable[[int], bool] = stat.S_ISREG) -> bool:
    """Say whether there is a file here (or what `of` asks for) that is not hidden and no link."""
    try:
        return not path.name.startswith(".") and of(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def find_tables(folder: Path) -> dict[str, Table]:
    """Return the tables of a folder: Parquet files, folders of parts, CSV files.

    A part of a sweep counts if there is a part of `runs` of the same name: see `experiments.sweep_store`.
    """
    found = {}
    runs = folder / "runs.parquet"
    finished = {path.name for path in _parts(runs)} if _is_plain(runs, stat.S_ISDIR) else None
    for path in sorted(folder.glob("*.parquet")):
        if _is_plain(path):
            found[path.stem] = Table(path.stem, (path,), "parquet")
        elif _is_plain(path, stat.S_ISDIR):
            parts = tuple(part for part in _parts(path) if finished is None or part.name in finished)
            if parts:
                found[path.stem] = Table(path.stem, parts, "parquet")
    for path in sorted(folder.glob("*.csv")):
        if _is_plain(path) and path.stem not in found:
            found[path.stem] = Table(path.stem, (path,), "csv")
    order = list(TABLE_NOTES)
    ranked = sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name))
    return {name: found[name] for name in ranked}


def _parts(folder: Path) -> list[Path]:
    """Return the parts in the folder of a table, in the order of their names."""
    return sorted(path for path in folder.glob("*.parquet") if _is_plain(path))


@contextmanager
def _reading(name: str, remedy: str) -> Iterator[None]:
    """Turn what goes wrong in reading a file into one message."""
    import pyarrow as pa

    try:
        yield
    except InputError:
        raise
    except (OSError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0].rpartition("/")[2][:160]
        raise InputError(f"{name}: is damaged or cannot be read ({reason}); {remedy}") from None


@dataclass
class Results:
    """A folder of results, open to be looked at.

    Attributes
    ----------
    folder : Path
        Resolved.
    manifest : dict
        What it says of itself.
    listed : dict of str to Table
    """

    folder: Path
    manifest: Json
    listed: dict[str, Table]
    _opened: dict[str, Opened] = field(default_factory=dict, repr=False)
    _surveys: dict[str, Json] = field(default_factory=dict, repr=False)

    @property
    def command(self) -> str:
        """The command that wrote the folder."""
        return str(self.manifest["command"])

    @property
    def remedy(self) -> str:
        """What to do about a damaged file."""
        again = "`run.py resume` makes its runs" if self.command == "sweep" else f"`run.py {self.command}` makes it"
        return f"{again} again"

    # what was run

    def overview(self) -> Json:
        """Return what was run, when and how, and what was found: see `about` and `Findings`."""
        found = self._findings
        problems = [text for text in self._problems() if text not in found.problem]
        problems += [found.problem] if found.problem else []
        said = {"headline": found.headline, "blocks": found.blocks, "remarks": found.remarks}
        return {**self.about(), **said, "problems": problems}

    def about(self) -> Json:
        """Return what was run, when and how, from the manifest alone."""
        return {
            "folder": self.folder.name,
            "command": self.command,
            "title": self._title(),
            "arms": [{key: str(arm.get(key, "")) for key in ("scenario", "title")} for arm in self._arms()],
            "facts": [{"label": label, "value": value} for label, value in self.facts().items() if value],
            "settings": self._texts("settings"),
            "notes": self._texts("notes"),
            "made_of": self._made_of(),
        }

    def facts(self) -> dict[str, str]:
        """Return what was asked, in words."""
        m = self.manifest
        worlds = [w for w in _listed(m.get("worlds")) if isinstance(w, dict)]
        seeds = _listed(m.get("seeds"))
        cells, runs = m.get("cells"), m.get("runs")
        names = {"scenario": [str(s) for s in _listed(m.get("scenarios"))]} if worlds else {}
        return {
            "Scenarios": ", ".join(names.get("scenario", [])),
            "Region": _several([self._region(r) for r in self._of_worlds(worlds, "region")]),
            "Scale": _several([self._scale(s) for s in self._of_worlds(worlds, "scale")]),
            "Until": _several([str(u) for u in self._of_worlds(worlds, "until")]),
            "Cells": f"{cells:,}" if isinstance(cells, int) else "",
            "Runs": f"{runs:,}" if isinstance(runs, int) else "",
            "Seeds": _seeds(seeds, paired=len(self._arms()) == 2 and not worlds),
            "Written": f"{self._written():%-d %B %Y, %H:%M} UTC",
        }

    def _of_worlds(self, worlds: Sequence[Json], key: str) -> list[Any]:
        """Return what the manifest says of the world, or of each world of a sweep."""
        given = [world.get(key) for world in worlds] if worlds else [self.manifest.get(key)]
        return [value for value in given if value is not None]

    def _title(self) -> str:
        """Return a title of the whole."""
        if isinstance(self.manifest.get("title"), str):
            return str(self.manifest["title"])
        names = [str(arm.get("scenario", "")) for arm in self._arms()]
        return f"{names[1]} against {names[0]}" if len(names) == 2 else ", ".join(names) or self.folder.name

    def _arms(self) -> list[Json]:
        """Return the arms of the manifest."""
        return [arm for arm in _listed(self.manifest.get("arms")) if isinstance(arm, dict)]

    def _region(self, given: object) -> str:
        """Return the title of a region: of ours its own, of another's file its name."""
        from sim.files import REGIONS, known_names
        from sim.regions import load_region

        name = str(given[0]) if isinstance(given, list) and given else str(given)
        return load_region(name).title.partition(":")[0] if name in known_names(REGIONS) else name

    def _scale(self, given: object) -> str:
        """Return a scale, and how many people that is where the manifest says so."""
        if not isinstance(given, int | float):
            return str(given)
        caseload = self.manifest.get("caseload")
        people = f" ({caseload * given:,.0f} people supervised)" if isinstance(caseload, int | float) else ""
        return f"{given:g}{people}"

    def _texts(self, key: str) -> list[str]:
        """Return a list of texts of the manifest."""
        return [str(value) for value in _listed(self.manifest.get(key))]

    def _written(self) -> datetime:
        """Return when the manifest was written."""
        return datetime.fromtimestamp((self.folder / "manifest.json").stat().st_mtime, UTC)

    def _made_of(self) -> Json:
        """Return by which code and packages the folder was made."""
        from sim.compiled import source_hash

        m = self.manifest
        packages = m.get("packages") if isinstance(m.get("packages"), dict) else {}
        return {
            "code_version": str(m.get("code_version", "")),
            "is_this_code": m.get("code_version") == source_hash(),
            "key": str(m.get("key", "")),
            "design": Path(str(m.get("design_file", ""))).name,
            "packages": {str(k): str(v) for k, v in (packages or {}).items()},
            "python": str(m.get("python", "")),
            "platform": str(m.get("platform", "")),
        }

    def _problems(self) -> list[str]:
        """Say what is missing or damaged."""
        found = []
        for name in self.listed:
            try:
                found += [f"{name}: {part} is damaged and left out; {self.remedy}" for part in self._open(name).damaged]
            except InputError as error:
                found.append(str(error))
        if "runs" in self.listed:
            try:
                failed = self.rows("runs", {"status": {"is": "failed"}}, limit=3)
            except InputError:
                return found
            where = [column["name"] for column in failed["columns"]].index("error")
            if failed["total"]:
                reasons = "; ".join(str(row[where]) for row in failed["rows"])
                found.append(f"{failed['total']:,} runs failed: {reasons}")
        return found

    @cached_property
    def _findings(self) -> "Findings":
        """What the tables say, worked out once."""
        return findings(self)

    # pictures

    def pictures(self) -> list[Json]:
        """Return the pictures of the folder, with what their metadata says they are drawn from."""
        return [self._picture(path) for path in sorted(self.folder.glob("*.png")) if _is_plain(path)]

    def _picture(self, path: Path) -> Json:
        """Return one picture's name, title, size and provenance; of a damaged one what is wrong with it."""
        from PIL import Image, UnidentifiedImageError

        title = PICTURE_TITLES.get(path.stem, path.stem.replace("_", " ").capitalize())
        said = {"name": path.name, "title": title, "bytes": path.stat().st_size, "provenance": [], "problem": ""}
        try:
            if path.stat().st_size > _LARGEST_PICTURE:
                raise ValueError(f"it is larger than {_LARGEST_PICTURE // _MILLION} MB")
            with Image.open(path, formats=["PNG"]) as image:
                image.verify()
                said["width"], said["height"] = image.size
                said["provenance"] = [
                    str(image.info[key]) for key in ("Description", "Source", "Comment") if key in image.info
                ]
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            reason = "it is no PNG" if isinstance(error, UnidentifiedImageError) else str(error)
            said["problem"] = f"{path.name}: is damaged or cannot be shown: {reason}"
        return said

    def picture(self, name: str) -> bytes:
        """Return a picture of the list.

        Raises
        ------
        InputError
            If it is not in the list, or damaged.
        """
        listed = {picture["name"]: picture for picture in self.pictures()}
        if name not in listed:
            raise unknown("picture", name, listed, self.folder.name)
        if listed[name]["problem"]:
            raise InputError(listed[name]["problem"])
        return (self.folder / name).read_bytes()

    # tables

    def tables(self) -> list[Json]:
        """Return the tables: name, what it holds, columns with their kinds, rows, files, what is wrong with it."""
        return [self._said_of(name) for name in self.listed]

    def _said_of(self, name: str) -> Json:
        """Return what is said of a table before it is looked into."""
        said = {"name": name, "note": TABLE_NOTES.get(name, ""), "files": len(self.listed[name].files)}
        try:
            found = self._open(name)
        except InputError as error:
            return {**said, "columns": [], "rows": 0, "problem": str(error)}
        columns = [{"name": column, "kind": kind} for column, kind in found.kinds.items()]
        problem = f"{len(found.damaged)} damaged parts are left out; {self.remedy}" if found.damaged else ""
        return {**said, "columns": columns, "rows": found.rows, "problem": problem}

    def table(self, name: str) -> Json:
        """Return a table with what its filters need: values of columns that take few, ends of the others.

        ``complete`` is false where the table is too long to be looked through for them.
        """
        if name not in self._surveys:
            found = self._open(name)
            with _reading(name, self.remedy):
                self._surveys[name] = _survey(found)
        said = self._said_of(name)
        survey = self._surveys[name]
        columns = [{**column, **survey["columns"].get(column["name"], {})} for column in said["columns"]]
        return {**said, "columns": columns, "complete": survey["complete"]}

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
        found = self._open(name)
        wanted = _wanted(name, found.kinds, filters or {})
        if sort and sort not in found.kinds:
            raise unknown("column", sort, found.kinds, name)
        if offset + limit > REACH + MOST_SHOWN:
            raise InputError(f"{name}: only {REACH:,} rows can be paged through; add filters")
        with _reading(name, self.remedy):
            total = found.rows if wanted is None else found.data.count_rows(filter=wanted)
            pieces = _pieces(found.data, wanted)
            page = _top(pieces, sort, descending, offset, limit) if sort else _slice(pieces, offset, limit)
            columns = [{"name": column, "kind": kind} for column, kind in found.kinds.items()]
            listed = [] if page is None else [[_cell(v) for v in row.values()] for row in page.to_pylist()]
        limits = {"reach": REACH, "most_downloaded": MOST_DOWNLOADED}
        return {"table": name, "columns": columns, "rows": listed, "total": total, "offset": offset, **limits}

    def csv(self, name: str, filters: Mapping[str, Any] | None = None) -> bytes:
        """Return the rows of a table that pass some filters as CSV.

        Raises
        ------
        InputError
            As for `rows`; or if they are more than `MOST_DOWNLOADED`.
        """
        import pyarrow.csv

        found = self._open(name)
        wanted = _wanted(name, found.kinds, filters or {})
        with _reading(name, self.remedy):
            total = found.rows if wanted is None else found.data.count_rows(filter=wanted)
            if total > MOST_DOWNLOADED:
                raise InputError(
                    f"{name}: {total:,} rows are more than a download takes ({MOST_DOWNLOADED:,}); add filters, or "
                    f"read the table itself in the folder {self.folder.name}"
                )
            text = io.BytesIO()
            pyarrow.csv.write_csv(found.data.to_table(filter=wanted), text)
        return text.getvalue()

    def read(self, name: str, wanted: "ds.Expression | None" = None) -> "pd.DataFrame":
        """Return the rows of a table that are wanted as a frame."""
        found = self._open(name)
        if found.damaged:
            raise InputError(f"{name}: {len(found.damaged)} parts are damaged; {self.remedy}")
        with _reading(name, self.remedy):
            return found.data.to_table(filter=wanted).to_pandas()

    def _open(self, name: str) -> Opened:
        """Open a table, once.

        Raises
        ------
        InputError
            If there is none, or no file of it can be read.
        """
        if name not in self.listed:
            raise unknown("table", name, self.listed, self.folder.name)
        if name not in self._opened:
            self._opened[name] = _opened(self.listed[name], self.remedy)
        if not all(_is_plain(path) for path in self.listed[name].files):
            raise InputError(f"{name}: has changed since it was opened; open {self.folder.name} again")
        return self._opened[name]


def _listed(given: object) -> list[Any]:
    """Return a list, or nothing where the manifest has none."""
    return given if isinstance(given, list) else []


def _several(values: Sequence[str]) -> str:
    """Return the values that differ, or how many there are where they are many."""
    different = list(dict.fromkeys(values))
    return ", ".join(different) if len(different) <= 3 else f"{len(different):,} different ones"


def _seeds(seeds: Sequence[Any], *, paired: bool) -> str:
    """Say how many seeds, and which."""
    if not seeds:
        return ""
    plural = "s" if len(seeds) > 1 else ""
    which = f"{seeds[0]} to {seeds[-1]}" if plural else f"{seeds[0]}"
    return f"{len(seeds)} paired seed{plural} ({which})" if paired else f"{len(seeds)} seed{plural} ({which})"


# reading tables


def _opened(table: Table, remedy: str) -> Opened:
    """Open a table; parts that cannot be read are set apart, unless there are no others."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    if table.form == "csv":
        with _reading(table.name, remedy):
            form = ds.CsvFileFormat(read_options=pyarrow.csv.ReadOptions(block_size=1 << 24))
            data = ds.dataset([str(path) for path in table.files], format=form)
            return Opened(data, data.count_rows(), _kinds(data.schema))
    rows, good, schemas, damaged, reason = 0, [], [], [], ""
    for path in table.files:
        try:
            said = pq.read_metadata(path)
            schema = said.schema.to_arrow_schema()
        except (OSError, pa.ArrowException) as error:
            damaged.append(path)
            reason = str(error)
            continue
        rows += said.num_rows
        good.append(str(path))
        schemas.append(schema.remove_metadata())
    with _reading(table.name, remedy):
        if not good:
            raise OSError(reason)
        data = ds.dataset(good, format="parquet", schema=pa.unify_schemas(schemas, promote_options="permissive"))
        return Opened(data, rows, _kinds(data.schema), [path.name for path in damaged])


def _kinds(schema: "pa.Schema") -> dict[str, str]:
    """Return the kind of each column."""
    import pyarrow.types as of

    tests = {
        "text": (of.is_string, of.is_large_string),
        "number": (of.is_integer, of.is_floating),
        "date": (of.is_date, of.is_timestamp),
        "flag": (of.is_boolean,),
    }
    return {
        column.name: next((kind for kind, fits in tests.items() if any(fit(column.type) for fit in fits)), "other")
        for column in schema
    }


def _wanted(name: str, kinds: Mapping[str, str], filters: Mapping[str, Any]) -> "ds.Expression | None":
    """Return what rows must be to pass all filters; None where there are none."""
    found = None
    for column, given in filters.items():
        if column not in kinds:
            raise unknown("column", column, kinds, name)
        part = _condition(f"{name}: {column}", column, kinds[column], given)
        if part is not None:
            found = part if found is None else found & part
    return found


def _condition(place: str, column: str, kind: str, given: Any) -> "ds.Expression | None":
    """Return what a filter asks of one column; None where it asks nothing."""
    import pyarrow.compute as pc

    values = pc.field(column)
    if kind in ("number", "date"):
        if not isinstance(given, list | tuple) or len(given) != 2:
            raise InputError(f"{place} = {given!r:.60}: is a {kind}; allowed: [low, high], either of them null")
        low, high = (_end(place, kind, end) for end in given)
        ends = [] if low is None else [values >= low]
        ends += [] if high is None else [values <= high]
        return ends[0] & ends[1] if len(ends) == 2 else ends[0] if ends else None
    exact = given.get("is") if isinstance(given, dict) and set(given) == {"is"} else None
    if kind == "flag" and str(exact).lower() in ("true", "false"):
        return values == (str(exact).lower() == "true")
    if kind == "text" and isinstance(exact, str):
        return values == exact
    if kind == "text" and isinstance(given, str):
        return pc.match_substring(values, pattern=given, ignore_case=True) if given else None
    allowed = {"text": 'a text, or {"is": text}', "flag": '{"is": "true"} or {"is": "false"}'}
    raise InputError(f"{place} = {given!r:.60}: does not fit; allowed: {allowed.get(kind, 'no filter')}")


def _end(place: str, kind: str, given: Any) -> Any:
    """Return one end of a range: a number, a date, or None."""
    if given is None or given == "":
        return None
    try:
        if kind == "date":
            return date.fromisoformat(given)
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise InputError(f"{place} = {given!r:.60}: is no {kind}{' such as 2015-02-01' if kind == 'date' else ''}")
    return number


def _pieces(data: "ds.Dataset", wanted: "ds.Expression | None") -> Iterator["pa.Table"]:
    """Yield the rows that are wanted, piece by piece, in the order of the files."""
    import pyarrow as pa

    for batch in data.to_batches(filter=wanted):
        if batch.num_rows:
            yield pa.Table.from_batches([batch])


def _slice(pieces: Iterable["pa.Table"], offset: int, limit: int) -> "pa.Table | None":
    """Return some rows in the order of the files, reading no further than they reach."""
    import pyarrow as pa

    kept: list[pa.Table] = []
    for piece in pieces:
        part = piece.slice(offset, limit)
        offset = max(offset - piece.num_rows, 0)
        limit -= part.num_rows
        kept.append(part)
        if limit <= 0:
            break
    return pa.concat_tables(kept) if kept else None


def _top(pieces: Iterable["pa.Table"], column: str, descending: bool, offset: int, limit: int) -> "pa.Table | None":
    """Return some rows in the order of a column, ties in the order of the files, holding no more than they reach."""
    import pyarrow as pa
    import pyarrow.compute as pc

    best: pa.Table | None = None
    keys = [(column, "descending" if descending else "ascending")]
    for piece in pieces:
        both = piece if best is None else pa.concat_tables([best, piece])
        order = pc.sort_indices(both, sort_keys=keys)
        best = both.take(order[: offset + limit])
    return None if best is None else best.slice(offset, limit)


def _survey(found: Opened) -> Json:
    """Return the values of text columns that take few, and the ends of numbers and dates, piece by piece."""
    import pyarrow.compute as pc

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
    listed |= {column: {"low": _cell(held[0]), "high": _cell(held[1])} for column, held in ends.items() if held}
    return {"columns": listed, "complete": seen >= found.rows}


def _cell(value: Any) -> Any:
    """Return a value as JSON has it; a whole number that a page cannot hold as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < _WHOLE_NUMBERS else str(value)
    return value if value is None or isinstance(value, bool | str) else str(value)


# what was found


@dataclass
class Findings:
    """What the tables of a folder say.

    Attributes
    ----------
    headline : str
    blocks : list of dict
        Tables of results, in the order in which they are shown: see `_block`.
    remarks : list of str
        How to read them.
    problem : str
        Why there are none, where they cannot be worked out.
    """

    headline: str = ""
    blocks: list[Json] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problem: str = ""


def findings(results: Results) -> Findings:
    """Work out what the tables of a folder say; what cannot be worked out is said, and raises nothing."""
    makers: dict[str, Callable[[Results], Findings]] = {
        "compare": _comparison,
        "sweep": _sweep,
        "decompose": _decomposition,
        "run": _run,
        "compare-ensemble": _ensemble,
    }
    command = "compare-ensemble" if results.command.startswith("compare-ensemble") else results.command
    if command not in makers:
        return Findings(remarks=[f"No summary is made of what `{results.command}` found: see the tables."])
    try:
        return makers[command](results)
    except InputError as error:
        return Findings(problem=f"The summary cannot be worked out: {error}")
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}"
        return Findings(problem=f"The summary cannot be worked out: tables and manifest do not fit ({reason}).")


def _block(title: str, window: str, unit: str, rows: Sequence[Json], *, one_scale: bool, note: str = "") -> Json:
    """Return a table of results.

    ``one_scale`` says whether the intervals of its rows can be drawn on one axis; ``unit`` is that of the differences.
    """
    return {
        "title": title,
        "window": window,
        "unit": unit,
        "rows": list(rows),
        "one_scale": one_scale,
        "note": note,
        "has_levels": any(row["text"]["base"] != "-" or row["text"]["reform"] != "-" for row in rows),
        "has_differences": any(row["difference"] is not None for row in rows),
    }


def _row(name: str, d: Any, *, fraction: bool = False, digits: int = 2) -> Json:
    """Return a row: numbers as they are shown (percent, points), and their text, as the commands print it."""
    from experiments import report

    factor = 100 if fraction else 1
    numbers = {
        key: None if (value := getattr(d, key)) is None or not math.isfinite(value) else factor * value
        for key in ("base", "reform", "difference", "low", "high")
    }
    if fraction:
        text = {"base": report.percent(d.base), "reform": report.percent(d.reform)}
        text["difference"] = report.points(d.difference)
    else:
        text = {"base": report.number(d.base, digits), "reform": report.number(d.reform, digits)}
        text["difference"] = report.number(d.difference, digits, sign=True)
    interval = report.spread(d.low, d.high, fraction=fraction, digits=digits)
    text["interval"] = "-" if d.difference is None else interval
    clean = name.lstrip()
    return {
        "name": clean,
        "level": (len(name) - len(clean)) // 2,
        "measure": getattr(d, "measure", ""),
        "group": getattr(d, "group", ""),
        **numbers,
        "text": text,
    }


def plan_of(manifest: Mapping[str, Any]) -> "Plan":
    """Return the plan that a manifest describes: its timelines, dates and numbers, and no more of its region."""
    from experiments.plan import Plan
    from sim.clock import day_of
    from sim.parameters.register import Register
    from sim.regions import Region
    from sim.timeline import Lever, Timeline

    areas = tuple(map(str, manifest["areas"]))
    arms = []
    for arm in manifest["arms"]:
        levers = {
            entry["lever"]: Lever(
                entry["lever"],
                day_of(date.fromisoformat(entry["from"])),
                entry["applies_by"],
                tuple(entry["areas"]),
                entry["settings"],
                contract=entry.get("contract", ""),
                terms=entry.get("terms", {}),
            )
            for entry in arm["levers"]
        }
        arms.append(Timeline(arm["scenario"], arm["title"], levers, areas))
    register = Register.load()
    for key, value in manifest["parameters"].items():
        if value is not None and json.dumps(value) != json.dumps(register.values().get(key)):
            register = register.with_setting(key, json.dumps(value), "manifest.json")
    name = str(manifest["region"])
    region = Region(name, name, areas, (), float(manifest["caseload"]), 0.0, "")
    until = date.fromisoformat(manifest["until"])
    return Plan(tuple(arms), region, float(manifest["scale"]), tuple(manifest["seeds"]), until, register)


def _with_runs(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table with columns for scenario and seed, and its dates as dates, as `compare.read_table` does."""
    import pandas as pd

    runs = frame["run"].astype("category").cat
    parts = [str(run).rpartition("/") for run in runs.categories]
    frame["scenario"] = pd.Series([scenario for scenario, _, _ in parts], dtype=object).to_numpy()[runs.codes]
    frame["seed"] = pd.Series([int(seed) for _, _, seed in parts], dtype="int64").to_numpy()[runs.codes]
    for column in {"date", "cohort_start"} & set(frame.columns):
        frame[column] = pd.to_datetime(frame[column])
    return frame


def _weekly_of(results: Results, parted: date | None) -> "pd.DataFrame":
    """Return the weeks and measures that differences are worked out from."""
    import pyarrow.compute as pc

    from experiments import costs, institutions
    from experiments.estimates import FLOWS, STOCKS

    counts = [pair for line in costs.WEEKLY_LINES for pair in line.counts]
    counts += [pair for row in institutions.ROWS for pair in (*row.added, *row.taken, *row.over, *row.of) if pair]
    measures = {column for column, _, _, _ in (*STOCKS, *FLOWS)}
    measures |= {pair[0] if isinstance(pair, tuple) else pair for pair in counts}
    wanted = pc.field("measure").isin(sorted(measures))
    since = wanted if parted is None else wanted & (pc.field("date") >= parted)
    found = results.read("weekly", since)
    return _with_runs(found if len(found) else results.read("weekly", wanted))


def differences_of(results: Results, plan: "Plan") -> list["Difference"]:
    """Return the differences that are shown, as `compare` reports them.

    Those over the people that are the same in both arms are not among them: they are counted while the runs last.
    """
    from experiments.compare import arm_name, first_day
    from experiments.costs import cost_differences
    from experiments.estimates import ESTIMATOR, cohort_differences, is_described, weekly_differences
    from experiments.institutions import institution_differences
    from experiments.report import GROUP_NAMES

    arms, parted = [arm_name(plan, side) for side in ("base", "reform")], first_day(plan)
    cohorts, weekly = _with_runs(results.read("cohorts")), _weekly_of(results, parted)
    quarters = cohorts[cohorts["estimator"] == ESTIMATOR]
    shown = [g for g in quarters["group"].unique() if (g in GROUP_NAMES or _is_part(g)) and not is_described(g)]
    return [
        *cohort_differences(quarters, arms, parted, shown),
        *weekly_differences(weekly, arms, parted),
        *cost_differences(weekly, cohorts, arms, parted, plan.register),
        *institution_differences(weekly, arms, parted),
    ]


def _is_part(group: str) -> bool:
    """Say whether a group divides custody and orders by one column: those whose gains and losses are shown."""
    return group.startswith("disposal=custody_and_orders&")


def _comparison(results: Results) -> Findings:
    """Return what `compare` prints of differences."""
    from experiments import report

    plan = plan_of(results.manifest)
    differences = differences_of(results, plan)
    seeds = len(set(_with_runs(results.read("runs"))["seed"]))
    gained = _gained_blocks(differences, seeds)
    blocks = [
        _rates_block(differences, "binary_rate", "Proven reoffending within a year", "points"),
        _rates_block(differences, "frequency", "Reoffences per reoffender", "reoffences"),
        *gained,
        _stocks_block(differences),
        _costs_block(differences, plan),
        _institutions_block(differences),
    ]
    remarks = []
    if seeds < len(plan.seeds):
        remarks.append(f"{seeds} of {len(plan.seeds)} seeds are finished: the numbers are of those.")
    remarks += [block["note"] for block in gained if not block["rows"]]
    if seeds == 1:
        remarks.append("One seed has no interval: what it shows may be chance.")
    remarks.append(
        "Intervals: 95 percent, over paired seeds. They show chance alone, and not what is not known of the model."
    )
    return Findings(report.headline(differences), [block for block in blocks if block["rows"]], remarks)


def _window(d: Any) -> str:
    """Return the time over which something is compared."""
    return f"{d.cohort_from} to {d.cohort_to}"


def _rates_block(differences: Sequence[Any], measure: str, title: str, unit: str) -> Json:
    """Return the table of a rate by group."""
    from experiments import report

    found = [d for g in report.GROUP_NAMES if (d := report.find(differences, measure, g)) and d.base is not None]
    rows = [_row(report.group_name(d.group), d, fraction=measure == "binary_rate") for d in found]
    window = f"three-month cohorts, {_window(found[0])}" if found else ""
    note = "Levels in percent, differences in percentage points." if measure == "binary_rate" else ""
    return _block(title, window, unit, rows, one_scale=True, note=note)


def _gained_blocks(differences: Sequence[Any], seeds: int) -> list[Json]:
    """Return the table of the groups that gained and lost most beyond chance, where intervals can say so."""
    from experiments import report
    from experiments.estimates import gained_and_lost

    if seeds < 2:
        return []
    moved, looked_at = gained_and_lost(differences, seeds)
    shown = moved if len(moved) <= 2 * _SHOWN_GROUPS else [*moved[:_SHOWN_GROUPS], *moved[-_SHOWN_GROUPS:]]
    rows = []
    for d in shown:
        column, _, value = d.group.partition("&")[2].partition("=")
        rows.append(_row(f"{report.COLUMN_NAMES.get(column, column)}: {value}".replace("_", " "), d, fraction=True))
    note = (
        f"{len(moved)} of the {looked_at} groups that divide custody and orders moved beyond chance in reoffending, "
        "for so many comparisons."
    )
    window = f"custody and orders, {_window(shown[0])}" if shown else ""
    return [_block("Who gained and who lost", window, "points", rows, one_scale=True, note=note)]


def _stocks_block(differences: Sequence[Any]) -> Json:
    """Return the table of stocks and yearly flows."""
    from experiments import costs, institutions, report

    apart = {costs.PUBLIC_SPEND, *(line.measure for line in costs.LINES)} | institutions.MEASURES
    found = [d for d in differences if not d.estimator and d.measure not in apart and d.base is not None]
    rows = []
    for d in found:
        name = report.stock_name(d.measure, d.group)
        if d.base >= _MANY:
            rows.append(_row(f"{name}, thousand", report.divided(d, _THOUSAND), digits=0))
        else:
            rows.append(_row(name, d, digits=2 if abs(d.base) < _BELOW_FIFTY else 0))
    window = f"mean of the weeks, {_window(found[0])}" if found else ""
    return _block("Prison, probation and enforcement", window, "as named", rows, one_scale=False)


def _costs_block(differences: Sequence[Any], plan: "Plan") -> Json:
    """Return the table of yearly costs: public spend, its lines, and what stands apart."""
    from experiments import costs, report

    found = {d.measure: d for d in differences if d.unit == costs.UNIT and d.base is not None}
    names = {costs.PUBLIC_SPEND: "public spend"}
    names |= {line.measure: _cost_name(line, plan) for line in costs.LINES}
    rows = [_row(name, report.divided(found[key], _MILLION)) for key, name in names.items() if key in found]
    year = costs.public_price_year(plan.register)
    note = f"Prices of {year}, but where another year is named. *: by an assumed unit cost or share. "
    note += "Help by charities and reoffending (what a yearly cohort costs society) stand apart from public spend."
    window = _window(found[costs.PUBLIC_SPEND]) if costs.PUBLIC_SPEND in found else ""
    return _block("Costs a year", window, "million pounds", rows, one_scale=True, note=note)


def _cost_name(line: Any, plan: "Plan") -> str:
    """Return what a line of the costs is called, with a price year that is its own, and a star for what is assumed."""
    from experiments import costs

    year, register = costs.price_year(line, plan.register), plan.register
    own_year = "" if year == costs.public_price_year(register) else f", {year or 'as booked'}"
    return f"{'  ' * line.is_public}{line.title}{own_year}{'*' * costs.is_assumed(line, register)}"


def _institutions_block(differences: Sequence[Any]) -> Json:
    """Return the table of institutions; a level stands alone where the other arm has nothing of the kind."""
    from experiments import institutions, report

    found = {(d.measure, d.group): d for d in differences if d.measure in institutions.MEASURES}
    shown = [(row, found[row.measure, row.group]) for row in institutions.ROWS if (row.measure, row.group) in found]
    claimed = any(d.base or d.reform for row, d in shown if row.measure in institutions.OVERCLAIMS)
    rows = []
    for row, d in shown:
        if (d.base is not None or d.reform is not None) and (claimed or row.measure not in institutions.OVERCLAIMS):
            fraction = row.unit == institutions.FRACTION
            rows.append(_row(row.title, d if fraction else report.divided(d, _MILLION), fraction=fraction))
    note = "Million pounds a year as booked; shares in percent, their differences in points."
    window = _window(shown[0][1]) if shown else ""
    return _block("Institutions", window, "as named", rows, one_scale=False, note=note)


def _sweep(results: Results) -> Findings:
    """Return what `sweep` prints: the change of the main outcomes in each cell."""
    from experiments import sweep_effects

    for name in ("cells", "measures", "runs"):
        results._open(name)
    if any(path.is_symlink() for path in results.folder.glob("*.parquet/*")):
        raise InputError("a part of a table is a link, and links are not followed")
    effects = sweep_effects.effects(results.folder)
    if effects.empty:
        return Findings(remarks=["No run is finished yet."])
    keys = [c for c in effects.columns[2:] if c not in _OF_EFFECT]
    named = [str(s) for s in _listed(results.manifest.get("scenarios"))]
    blocks, remarks = [], []
    for outcome in sweep_effects.SHOWN:
        of_outcome = effects[(effects["measure"] == outcome.measure) & (effects["group"] == outcome.group)]
        for scenario, rows in of_outcome.groupby("scenario", sort=False):
            what = f"{scenario} less {named[0]}" if named[1:] else f"{scenario}, level"
            shown = [_of_cell(record, keys, outcome) for record in rows.head(_SHOWN_CELLS).to_dict("records")]
            more = len(rows) - len(shown)
            note = f"Cells by {', '.join(k.rpartition('.')[2] for k in keys)}." if keys else ""
            note += f" {more:,} cells more are in the table effects." if more > 0 else ""
            title = outcome.title[0].upper() + outcome.title[1:]
            blocks.append(_block(title, what, outcome.shown_unit, shown, one_scale=True, note=note))
    if named[1:]:
        remarks.append("Intervals: 95 percent, over paired seeds of a cell; they show chance alone.")
    return Findings("", blocks, remarks)


_OF_EFFECT = ("cell", "scenario", "measure", "group", "unit", "base", "reform", "difference", "low", "high", "seeds")


@dataclass(frozen=True)
class _Said:
    """Numbers of a row that are no `Difference`, as they are shown."""

    measure: str
    group: str
    difference: float | None
    low: float | None = None
    high: float | None = None
    base: float | None = None
    reform: float | None = None


def _of_cell(record: Mapping[Any, Any], keys: Sequence[str], outcome: Any) -> Json:
    """Return the row of a cell."""
    from experiments.sweep_effects import AS_IT_IS

    values = [AS_IT_IS if record[key] is None or record[key] != record[key] else record[key] for key in keys]
    name = ", ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)
    shown = {
        key: float(record[key]) * outcome.factor if math.isfinite(record[key]) else None
        for key in ("base", "reform", "difference", "low", "high")
    }
    said = _Said(outcome.measure, outcome.group, **shown)
    return _row(name or f"cell {record['cell']}", said, digits=2 if outcome.factor > 1 else 0)


def _digits(outcome: Any) -> int:
    """Return how many digits `decompose` shows an outcome with."""
    return 2 if outcome.unit in ("fraction", "reoffences") else 1 if outcome.factor == 1 else 0


def _decomposition(results: Results) -> Findings:
    """Return what `decompose` prints: each lever's share of the whole change."""
    from experiments.decompose import OUTCOMES, players, taken_apart
    from experiments.estimates import interval

    plan = plan_of(results.manifest)
    teams = players(plan)
    table = results.read("values").sort_values(["seed", "coalition"], kind="stable")
    shape = table["seed"].nunique(), 2 ** len(teams), len(OUTCOMES)
    found = taken_apart(teams, OUTCOMES, table["value"].to_numpy(float).reshape(shape), 0.0)
    blocks = []
    for outcome in OUTCOMES:
        parts = [("the whole reform", found.whole(outcome))]
        parts += [(f"  {s.players[0]}", s.value) for s in found.shares if s.outcome == outcome]
        rows = []
        for name, values in parts:
            shown = values * outcome.factor
            said = _Said(outcome.measure, outcome.group, float(shown.mean()), *interval(shown))
            rows.append(
                _row(name, said if math.isfinite(shown.mean()) else _Said("", "", None), digits=_digits(outcome))
            )
        title = outcome.title[0].upper() + outcome.title[1:]
        blocks.append(_block(title, "", outcome.shown_unit, rows, one_scale=True))
    remarks = [
        "A lever's share is what it adds to those that are there already, averaged over all orders; shares add up to "
        "the whole. Intervals: 95 percent, over paired seeds; they show chance alone."
    ]
    return Findings("", blocks, remarks)


def _run(results: Results) -> Findings:
    """Return what `run` prints: rates of the latest cohort, and stocks and flows of the last 52 weeks."""
    import pyarrow.compute as pc

    from experiments import report
    from experiments.estimates import ESTIMATOR, FLOWS, STOCKS
    from sim.clock import WEEKS_PER_YEAR

    cohorts = results.read("cohorts", pc.field("estimator") == ESTIMATOR)
    blocks = []
    if len(cohorts):
        latest = cohorts[cohorts["cohort_start"] == cohorts["cohort_start"].max()].set_index("group")
        rows = [
            _row(
                report.group_name(group),
                _Said("binary_rate", group, None, reform=float(latest["binary_rate"][group])),
                fraction=True,
            )
            for group in report.GROUP_NAMES
            if group in latest.index and math.isfinite(latest["binary_rate"][group])
        ]
        window = f"three-month cohort that starts on {cohorts['cohort_start'].max()}"
        blocks.append(_block("Proven reoffending within a year", window, "percent", rows, one_scale=True))
    names = sorted({column for column, _, _, _ in (*STOCKS, *FLOWS)})
    weekly = results.read("weekly", pc.field("measure").isin(names))
    dates = sorted(weekly["date"].unique())[-52:]
    means = weekly[weekly["date"] >= dates[0]].groupby(["measure", "group"])["value"].mean()
    rows = []
    for table, factor in ((STOCKS, 1.0), (FLOWS, WEEKS_PER_YEAR)):
        for column, group, name, _ in table:
            value = float(means[column, group]) * factor
            said = _Said(name, group, None, reform=value)
            rows.append(_row(report.stock_name(name, group), said, digits=2 if abs(value) < _BELOW_FIFTY else 0))
    blocks.append(
        _block("Prison, probation and enforcement", f"{dates[0]} to {dates[-1]}", "as named", rows, one_scale=False)
    )
    return Findings("", blocks, ["One run of one seed: its numbers carry chance, and no interval."])


def _ensemble(results: Results) -> Findings:
    """Return what `compare --ensemble` prints: the reform's effects over all sets."""
    from experiments import report
    from experiments.compare import arm_name, first_day
    from experiments.ensemble import LEVEL, effects
    from experiments.ensemble_report import headline

    plan = plan_of(results.manifest)
    arms = [arm_name(plan, side) for side in ("base", "reform")]
    parted = first_day(plan)
    found = effects(_with_runs(results.read("cohorts")), _weekly_of(results, parted), arms, parted)
    rates = {
        "binary_rate": ("Proven reoffending within a year", "points"),
        "frequency": ("Reoffences per reoffender", "reoffences"),
    }
    blocks = []
    for measure, (title, unit) in rates.items():
        mine = [e for e in found if e.measure == measure]
        rows = [_row(report.group_name(e.group), e, fraction=measure == "binary_rate") for e in mine]
        blocks.append(_block(title, _window(mine[0]) if mine else "", unit, rows, one_scale=True))
    stocks = [e for e in found if not e.estimator]
    rows = [
        _row(report.stock_name(e.measure, e.group), e, digits=2 if abs(e.base) < _BELOW_FIFTY else 0) for e in stocks
    ]
    blocks.append(_block("Prison, probation and enforcement", _window(stocks[0]), "as named", rows, one_scale=False))
    remark = (
        f"Intervals: {LEVEL:.0%}, of the change under a set: what is not known of parameters, and the mean's error."
    )
    return Findings(headline(found), [b for b in blocks if b["rows"]], [remark])


# what a page asks


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int | None = None


class _Plain(_Message):
    """What was run, without what was found, and with it; which pictures; which tables."""

    kind: Literal["about", "overview", "pictures", "tables"]


class _Named(_Message):
    """A picture; what a table's filters need."""

    kind: Literal["picture", "table"]
    name: str = Field(max_length=200)


class _Filtered(_Message):
    """A table under filters."""

    kind: Literal["csv"]
    table: str = Field(max_length=200)
    filters: dict[str, Any] = Field(default_factory=dict, max_length=100)


class _Rows(_Message):
    """Some rows of it."""

    kind: Literal["rows"]
    table: str = Field(max_length=200)
    filters: dict[str, Any] = Field(default_factory=dict, max_length=100)
    sort: str = Field("", max_length=200)
    descending: bool = False
    offset: int = Field(0, ge=0, le=REACH)
    limit: int = Field(50, ge=1, le=MOST_SHOWN)


_ASKED: TypeAdapter[_Plain | _Named | _Filtered | _Rows] = TypeAdapter(
    Annotated[_Plain | _Named | _Filtered | _Rows, Field(discriminator="kind")]
)


def answer(results: Results, message: object) -> Reply:
    """Answer a message of a page.

    Parameters
    ----------
    results : Results
    message : object
        ``{kind: "about" | "overview" | "pictures" | "tables"}``, ``{kind: "picture" | "table", name}``,
        ``{kind: "rows", table, filters, sort, descending, offset, limit}`` or ``{kind: "csv", table, filters}``; an
        ``n`` comes back with the reply.

    Returns
    -------
    dict, list of bytes
        The reply, of the same kind, and what it carries; ``{kind: "notice", level: "error", text}`` for a message
        that cannot be answered.
    """
    number = message.get("n") if isinstance(message, dict) else None
    own = {"n": number} if isinstance(number, int) else {}
    try:
        content, buffers = _answered(results, _ASKED.validate_python(message))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "kind"
        return {"kind": "notice", "level": "error", "text": f"{where}: {first['msg']}", **own}, []
    except (InputError, OSError) as error:
        text = (
            str(error) if isinstance(error, InputError) else f"{results.folder.name}: {error.strerror or 'unreadable'}"
        )
        return {"kind": "notice", "level": "error", "text": text, **own}, []
    return {**content, **own}, buffers


def _answered(results: Results, asked: _Plain | _Named | _Filtered | _Rows) -> Reply:
    """Answer a message that is well formed."""
    if isinstance(asked, _Rows):
        given = asked.filters, asked.sort, asked.descending, asked.offset, asked.limit
        return {"kind": "rows", **results.rows(asked.table, *given)}, []
    if isinstance(asked, _Filtered):
        return {"kind": "csv", "name": f"{asked.table}.csv"}, [results.csv(asked.table, asked.filters)]
    if isinstance(asked, _Named):
        if asked.kind == "picture":
            return {"kind": "picture", "name": asked.name}, [results.picture(asked.name)]
        return {"kind": "table", **results.table(asked.name)}, []
    if asked.kind in ("about", "overview"):
        return {"kind": asked.kind, **(results.about() if asked.kind == "about" else results.overview())}, []
    found = results.pictures() if asked.kind == "pictures" else results.tables()
    return {"kind": asked.kind, asked.kind: found}, []
