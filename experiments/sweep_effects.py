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
from experiments.sweep_store import counted

CELLS = "cells.parquet"
SHOWN = tuple(o for o in OUTCOMES if o.measure in ("binary_rate", "recalls_per_year") and o.group == "all")
"""What is printed and drawn; everything else is in the file."""
AS_IT_IS = "as it is"
"""What is shown of a factor that a cell does not move."""
_OF_ROW = ("cell", "scenario", "seed", "run")


def factors_of(cells: pd.DataFrame) -> list[str]:
    """Return the factors of a table of cells."""
    return [column for column in cells.columns if column not in _OF_ROW]


def outcomes_by_run(folder: Path, wanted: tuple[Outcome, ...] = OUTCOMES) -> pd.DataFrame:
    """Return a row for each finished run and a column for each outcome, read part by part."""
    names = [f"{o.measure} {o.group}" for o in wanted]
    found = []
    for table in counted(folder, "measures", ["run", "measure", "group", "value"]):
        named = table.append_column("name", pc.binary_join_element_wise(table["measure"], table["group"], " "))
        found.append(named.filter(pc.is_in(named["name"], pa.array(names))).select(["run", "name", "value"]))
    if not found:
        return pd.DataFrame(columns=names, dtype=float)
    long = pa.concat_tables(found).to_pandas()
    return long.pivot(index="run", columns="name", values="value").reindex(columns=names)


def order_of(folder: Path) -> dict[str, int]:
    """Return where each run of a sweep stands: in the order of its cells, scenarios and seeds."""
    runs = pq.read_table(folder / CELLS, columns=["run"])["run"].unique().to_pylist()
    return {run: k for k, run in enumerate(runs)}


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
                        "low": np.nan if low is None else low,
                        "high": np.nan if high is None else high,
                        "seeds": len(pairs),
                    }
                )
    return pd.DataFrame(rows)
