"""What `sweep`, `status`, `resume`, `retry` and `compact` do, print and write."""

import json
import math
import sys
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from experiments import store, sweep, sweep_cost, sweep_effects, sweep_store
from experiments.commands import Progress, tell
from experiments.decompose import Outcome
from experiments.designs import load_design
from experiments.engine import cores
from experiments.factors import Cell, Value
from experiments.report import WIDTH, print_under, print_written, stdout_console
from experiments.sweep import WHOLE, Shard
from experiments.sweep_folder import carry_out, kept, locked, manifest_of, open_new, opened
from experiments.worlds import Sweep
from sim.errors import InputError, UnfinishedError

EFFECTS, PICTURE = "effects.csv", "effects.png"
_ROOM, _NARROW, _WIDE = 48, 8, 22
_SHOWN_CELLS, _SHOWN_ERRORS = 12, 5
_MEGABYTE = 1e6


@dataclass(frozen=True)
class How:
    """How a sweep is carried out.

    Attributes
    ----------
    jobs : int
        Processes; 0 takes every core.
    cluster : str or None
        Address or scheduler file.
    shard : Shard
    as_json : bool
    progress : Progress
    """

    jobs: int
    cluster: str | None
    shard: Shard
    as_json: bool
    progress: Progress


def read_shard(text: str | None) -> Shard:
    """Read ``i/n``."""
    if text is None:
        return WHOLE
    i, slash, n = text.partition("/")
    if not (slash and i.isdecimal() and n.isdecimal() and 1 <= int(i) <= int(n)):
        raise InputError(f"--shard {text} is not i/n, such as 1/2; allowed: i from 1 to n")
    return Shard(int(i), int(n))


def start(design: str, out: str | None, how: How) -> None:
    """Run a design; a folder that holds some of it already is gone on with."""
    found = load_design(design)
    folder = store.writable(out or str(store.DEFAULT_FOLDER / f"sweep-{Path(found.place).stem}-{found.key}"))
    open_new(folder, found)
    _carry_out(found, folder, how)


def dry_run(design: str, how: How) -> None:
    """Say how many runs a design has, and what they would take."""
    found = load_design(design)
    tell(found)
    asked = sweep_cost.of(found, how.jobs or cores())
    if how.as_json:
        print(json.dumps(asked._asdict()))
        return
    console = stdout_console()
    print_under(console, found.title, "")
    console.print(
        f"  runs    {asked.runs:,} different ones in {asked.tasks:,} tasks: {len(found.cells):,} cells, "
        f"{len(found.scenarios)} scenarios, {len(found.seeds)} seeds\n"
        f"  time    about {asked.minutes:,.1f} minutes on {asked.jobs} cores; {asked.saved:.0%} saved by shared pasts\n"
        f"  disk    about {asked.megabytes:,.0f} MB\n"
        f"  memory  {asked.worker_megabytes:,.0f} MB in each worker at least"
    )


def resume(folder: str, how: How) -> None:
    """Go on with a sweep."""
    found, place = kept(folder)
    _carry_out(found, place, how)


def retry(folder: str, how: How) -> None:
    """Do the failed runs of a sweep once more, and no others."""
    found, place = kept(folder)
    with locked(place, WHOLE):
        before = opened(place)
        again = set(sweep_store.forget_failed(place))
    print(f"{len(again):,} failed runs to do again", file=sys.stderr)
    for run in list(again)[:_SHOWN_ERRORS]:
        print(f"  {run}: {before.errors.get(run, '')}", file=sys.stderr)
    _carry_out(found, place, how, again)


def _carry_out(found: Sweep, folder: Path, how: How, only: set[str] | None = None) -> None:
    """Do what is missing of a sweep, say how it stands, and fail where runs failed."""
    begun = time.perf_counter()
    with locked(folder, how.shard):
        _do(found, folder, how, only)
    _finish(found, folder, how, time.perf_counter() - begun)


def _do(found: Sweep, folder: Path, how: How, only: set[str] | None) -> None:
    """Do what is missing of a sweep, or of some runs of it."""
    tell(found)
    there = opened(folder) if how.shard == WHOLE else sweep_store.held(folder)
    todo = sweep.missing(found, there, how.shard)
    if only is not None:
        todo = [task for task in (task.only(only) for task in todo) if task.arms]
    runs = sum(len(task.arms) for task in todo)
    if len(there.status):
        print(f"{len(there.status):,} runs are there already; {runs:,} to do", file=sys.stderr)
    carry_out(folder, todo, how.progress, f"`run.py resume {folder}`", how.jobs, how.cluster)


def _finish(found: Sweep, folder: Path, how: How, seconds: float) -> None:
    """Print what a sweep found and how it stands."""
    there = sweep_store.held(folder)
    standing = standing_of(manifest_of(folder), folder, there)
    effects = sweep_effects.effects(folder)
    written = [sweep_effects.CELLS]
    if len(effects):
        store.write_whole(folder / EFFECTS, effects.to_csv(index=False).encode())
        written.append(EFFECTS)
        from experiments import sweep_figure

        if sweep_figure.draw(folder / PICTURE, found, effects):
            written.append(PICTURE)
    if how.as_json:
        print(json.dumps({**standing, "seconds": seconds, "effects": json.loads(effects.to_json(orient="records"))}))
    else:
        console = stdout_console()
        print_under(console, found.title, "")
        print_effects(console, found, effects)
        print_standing(console, standing, there)
        console.print(f"\n{seconds:.0f} s")
        print_written(console, folder, written)
    if there.errors:
        raise UnfinishedError(
            f"{len(there.errors):,} of {standing['runs']:,} runs failed; the others are finished. "
            f"`run.py status {folder}` says why, `run.py retry {folder}` does them again"
        )


def standing_of(manifest: Mapping[str, Any], folder: Path, there: sweep_store.Held) -> dict[str, Any]:
    """Return how a sweep stands."""
    return {
        "title": manifest["title"],
        "out": str(folder),
        "cells": manifest["cells"],
        "runs": manifest["runs"],
        "done": len(there.status) - len(there.errors),
        "failed": len(there.errors),
        "to_do": manifest["runs"] - len(there.status),
        "damaged": [str(path) for path in there.damaged],
        "megabytes": sum(p.stat().st_size for p in folder.rglob("*.parquet") if p.is_file()) / _MEGABYTE,
    }


def status(folder: str, *, as_json: bool) -> None:
    """Say how a sweep stands, and what to do next; change nothing."""
    place = Path(folder)
    there = sweep_store.held(place)
    standing = standing_of(manifest_of(place), place, there)
    if as_json:
        print(json.dumps({**standing, "errors": there.errors}))
        return
    console = stdout_console()
    print_under(console, standing["title"], "")
    print_standing(console, standing, there)


def print_standing(console: Console, standing: dict[str, Any], there: sweep_store.Held) -> None:
    """Print how many runs are done, failed and to do, why some failed, and what to do next."""
    s = standing
    console.print(
        f"\n{s['cells']:,} cells, {s['runs']:,} runs: {s['done']:,} done, {s['failed']:,} failed, {s['to_do']:,} "
        f"to do; {s['megabytes']:,.1f} MB"
    )
    for run, error in list(there.errors.items())[:_SHOWN_ERRORS]:
        console.print(f"  failed  {run}: {error}", width=WIDTH)
    if len(there.errors) > _SHOWN_ERRORS:
        console.print(f"  and {len(there.errors) - _SHOWN_ERRORS:,} more, in the table runs")
    for path in there.damaged[:_SHOWN_ERRORS]:
        console.print(f"  damaged {path}: made again by resume", width=WIDTH)
    if s["to_do"]:
        console.print(f"go on with: run.py resume {s['out']}", width=WIDTH)
    elif s["failed"]:
        console.print(f"try the failed again with: run.py retry {s['out']}", width=WIDTH)


def compact(folder: str) -> None:
    """Put the parts of every table into one file."""
    place = Path(folder)
    manifest_of(place)
    store.writable(folder)
    with locked(place, WHOLE):
        files = sum(len(sweep_store.parts(place, table)) for table in sweep_store.TABLES)
        try:
            rows = sweep_store.compact(place, sweep_effects.order_of(place))
        except sweep_store.DamagedError as error:
            aside = sweep_store.set_aside(place, [error.path])
            raise UnfinishedError(
                f"{error.path}: is damaged; moved to {aside}. `run.py resume {place}` makes its runs again"
            ) from None
    console = stdout_console()
    console.print(f"{files:,} files are {len(rows)} now, in {place}:")
    for table, number in rows.items():
        console.print(f"  {table}.parquet: {number:,} rows")


def print_effects(console: Console, found: Sweep, effects: pd.DataFrame) -> None:
    """Print what the first cells say of reoffending and recalls, the whole of it being in a file."""
    if effects.empty:
        return
    what = f"less {found.scenarios[0]}, paired by seed" if found.scenarios[1:] else "level"
    columns = _columns(found)
    heading = "".join(f"{key.rpartition('.')[2][: width - 2]:>{width}}" for key, width in columns.items())
    for outcome in sweep_effects.SHOWN:
        rows = effects[(effects["measure"] == outcome.measure) & (effects["group"] == outcome.group)]
        if rows.empty:
            continue
        console.print(f"\n{outcome.title[0].upper()}{outcome.title[1:]}, {outcome.shown_unit}", style="italic")
        for scenario, of_scenario in rows.groupby("scenario", sort=False):
            console.print(f"  {scenario} {what}\n{heading}")
            for row in of_scenario.head(_SHOWN_CELLS).to_dict("records"):
                console.print(_line(found.cells[row["cell"]], columns, outcome, row))
            if len(of_scenario) > _SHOWN_CELLS:
                console.print(f"  and {len(of_scenario) - _SHOWN_CELLS:,} cells more, in {EFFECTS}")
    if hidden := len(found.factors) - len(columns):
        console.print(f"{hidden} factor{'s' * (hidden > 1)} more in {EFFECTS}", style="dim")


def _columns(found: Sweep) -> dict[str, int]:
    """Return the factors that have room in a line, with the width of their columns."""
    columns: dict[str, int] = {}
    for key in found.factors:
        width = min(max(len(key.rpartition(".")[2]), _NARROW), _WIDE) + 2
        if sum(columns.values()) + width <= _ROOM:
            columns[key] = width
    return columns


def _line(cell: Cell, columns: Mapping[str, int], outcome: Outcome, row: Mapping[Hashable, Any]) -> str:
    """Return a cell as a line: its factors, the change, its interval."""
    said = "".join(f"{_short(cell.get(key, sweep_effects.AS_IT_IS)):>{width}}" for key, width in columns.items())
    form = "+.2f" if outcome.factor > 1 else "+,.0f"
    value, low, high = (row[name] * outcome.factor for name in ("difference", "low", "high"))
    spread = f"[{low:{form}}, {high:{form}}]" if math.isfinite(low) else "(one seed)"
    return f"{said}{f'{value:{form}}':>9}  {spread}"


def _short(value: Value) -> str:
    """Return a value in few digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
