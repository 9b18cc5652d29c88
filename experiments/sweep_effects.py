"""What a sweep found: the reform's effect, or the level, in every cell, with an interval over seeds."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from experiments.decompose import OUTCOMES, Outcome
from experiments.estimates import interval
from experiments.sweep_store import parts

CELLS = "cells.parquet"
_OF_ROW = ("cell", "scenario", "seed", "run")


def factors_of(cells: pd.DataFrame) -> list[str]:
    """Return the factors of a table of cells."""
    return [column for column in cells.columns if column not in _OF_ROW]


def outcomes_by_run(folder: Path, wanted: tuple[Outcome, ...] = OUTCOMES) -> pd.DataFrame:
    """Return a row for each finished run and a column for each outcome, read part by part."""
    names = [f"{o.measure} {o.group}" for o in wanted]
    found = []
    for path in parts(folder, "measures"):
        table = pq.read_table(path, columns=["run", "measure", "group", "value"])
        table = table.append_column("name", pc.binary_join_element_wise(table["measure"], table["group"], " "))
        found.append(table.filter(pc.is_in(table["name"], pa.array(names))).select(["run", "name", "value"]))
    if not found:
        return pd.DataFrame(columns=names, dtype=float)
    long = pa.concat_tables(found).to_pandas()
    return long.pivot(index="run", columns="name", values="value").reindex(columns=names)


def effects(folder: Path) -> pd.DataFrame:
    """Return the change of each outcome in each cell: every later scenario less the first, paired by seed.

    With one scenario, its level.

    Returns
    -------
    DataFrame
        One row for each cell, scenario and outcome: the factors, `base`, `reform` (means over seeds that both
        have), `difference`, `low`, `high` (95 percent, Student's t over paired seeds), `seeds`. Of a single scenario
        the level stands as `difference`.
    """
    cells = pd.read_parquet(folder / CELLS)
    named = list(dict.fromkeys(cells["scenario"]))
    by_run = outcomes_by_run(folder)
    keys = factors_of(cells)
    valued = cells[["cell", "scenario", "seed", "run"]].join(by_run, on="run")
    rows: list[dict[str, Any]] = []
    factors: dict[Any, Any] = cells.drop_duplicates("cell").set_index("cell")[keys].to_dict("index")
    for outcome, name in zip(OUTCOMES, by_run.columns, strict=True):
        wide = valued.pivot(index=["cell", "seed"], columns="scenario", values=name)
        for scenario in named[1:] or named:
            base = wide[named[0]] if named[1:] else 0.0 * wide[scenario]
            both = pd.DataFrame({"base": base, "reform": wide[scenario]}).dropna()
            for cell, pairs in both.groupby(level="cell"):
                change = (pairs["reform"] - pairs["base"]).to_numpy(float)
                low, high = interval(change)
                rows.append(
                    {
                        "cell": cell,
                        "scenario": scenario,
                        **factors[cell],
                        "measure": outcome.measure,
                        "group": outcome.group,
                        "unit": outcome.unit,
                        "base": float(pairs["base"].mean()) if named[1:] else np.nan,
                        "reform": float(pairs["reform"].mean()),
                        "difference": float(change.mean()),
                        "low": low,
                        "high": high,
                        "seeds": len(pairs),
                    }
                )
    return pd.DataFrame(rows)
