"""What lies in a folder of results: a manifest, and tables of plain files."""

import json
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from experiments.store import MANIFEST
from experiments.sweep_store import RUNS, folder_of
from sim.errors import InputError

type Json = dict[str, Any]

EXPECTED = "a folder written by `compare`, `run`, `sweep` or `decompose`"
_LARGEST_MANIFEST = 64_000_000
TABLE_NOTES = {
    "effects": "What the reform changes, with intervals: in each cell, or over all sets",
    "sensitivity": "What each number moves of the outcomes",
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
    "targets": "The record before the reform, and the fitted sets beside it",
    "parameters": "What was learned of each number",
    "ensemble": "The fitted sets of parameters",
    "sets": "The fitted sets of parameters",
}


@dataclass(frozen=True)
class Table:
    """A table of the folder: its name and the plain files that it is made of."""

    name: str
    files: tuple[Path, ...]
    form: Literal["parquet", "csv"]


def is_plain(path: Path, of: Callable[[int], bool] = stat.S_ISREG) -> bool:
    """Say whether there is a file here (or what `of` asks for) that is not hidden and no link."""
    try:
        return not path.name.startswith(".") and of(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def read_manifest(folder: Path, shown: str) -> Json:
    """Read what the folder says it was made of.

    Raises
    ------
    InputError
        If it holds no manifest, or one that is damaged.
    """
    path = folder / MANIFEST
    if not is_plain(path):
        raise InputError(f"--open {shown}: holds no {MANIFEST} (`validate` writes none); expected: {EXPECTED}")
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise ValueError("too large")
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not isinstance(found["command"], str):
            raise TypeError("no command")
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        message = f"--open {shown}: {MANIFEST} is damaged, or another program's; expected: {EXPECTED}"
        raise InputError(message) from None
    return found


def find_tables(folder: Path) -> dict[str, Table]:
    """Return the tables of a folder: Parquet files, folders of parts, CSV files.

    A part of a sweep counts if there is a part of `runs` of the same name: see `experiments.sweep_store`.
    """
    found = {path.stem: Table(path.stem, (path,), "csv") for path in folder.glob("*.csv") if is_plain(path)}
    runs = folder_of(folder, RUNS)
    finished = {path.name for path in _parts(runs)} if is_plain(runs, stat.S_ISDIR) else None
    for path in folder.glob("*.parquet"):
        if is_plain(path):
            found[path.stem] = Table(path.stem, (path,), "parquet")
        elif is_plain(path, stat.S_ISDIR):
            parts = tuple(part for part in _parts(path) if finished is None or part.name in finished)
            if parts:
                found[path.stem] = Table(path.stem, parts, "parquet")
    order = list(TABLE_NOTES)
    ranked = sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name))
    return {name: found[name] for name in ranked}


def _parts(folder: Path) -> list[Path]:
    """Return the parts in the folder of a table, in the order of their names."""
    return sorted(path for path in folder.glob("*.parquet") if is_plain(path))
