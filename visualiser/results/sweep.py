"""What `sweep` prints, from the tables of its folder."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from experiments import sweep_effects
from experiments.decompose import Outcome
from experiments.sweep_store import RUNS
from sim.errors import InputError
from visualiser.results.about import listed
from visualiser.results.blocks import Findings, Said, block, row, title_of
from visualiser.results.files import Json
from visualiser.results.folder import Results

_SHOWN_CELLS = 48


def sweep(results: Results) -> Findings:
    """Return what `sweep` prints: the change of the main outcomes in each cell."""
    cells = results.read("cells")
    for name in ("measures", RUNS):
        results.open(name)
    if any(path.is_symlink() for path in results.folder.glob("*.parquet/*")):
        raise InputError("a part of a table is a link, and links are not followed")
    effects = sweep_effects.effects(results.folder)
    if effects.empty:
        return Findings(remarks=["No run is finished yet."])
    keys = sweep_effects.factors_of(cells)
    named = [str(scenario) for scenario in listed(results.manifest.get("scenarios"))]
    blocks = []
    for outcome in sweep_effects.SHOWN:
        of_outcome = effects[(effects["measure"] == outcome.measure) & (effects["group"] == outcome.group)]
        for scenario, rows in of_outcome.groupby("scenario", sort=False):
            what = f"{scenario} less {named[0]}" if named[1:] else f"{scenario}, level"
            blocks.append(_cells(outcome, what, rows, keys))
    remark = "Intervals: 95 percent, over paired seeds of a cell; they show chance alone."
    return Findings("", blocks, [remark] if named[1:] else [])


def _cells(outcome: Outcome, what: str, effects: pd.DataFrame, keys: Sequence[str]) -> Json:
    """Return the table of an outcome in the first cells."""
    shown = [_of_cell(record, keys, outcome) for record in effects.head(_SHOWN_CELLS).to_dict("records")]
    more = len(effects) - len(shown)
    note = f"Cells by {', '.join(key.rpartition('.')[2] for key in keys)}." if keys else ""
    note += f" {more:,} cells more are in the table effects." if more > 0 else ""
    return block(title_of(outcome), what, outcome.shown_unit, shown, one_scale=True, note=note)


def _of_cell(record: Mapping[Any, Any], keys: Sequence[str], outcome: Outcome) -> Json:
    """Return the row of a cell."""
    values = [sweep_effects.AS_IT_IS if pd.isna(record[key]) else record[key] for key in keys]
    name = ", ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)
    shown = {
        key: float(record[key]) * outcome.factor if math.isfinite(record[key]) else None
        for key in ("base", "reform", "difference", "low", "high")
    }
    said = Said(outcome.measure, outcome.group, **shown)
    return row(name or f"cell {record['cell']}", said, digits=2 if outcome.factor > 1 else 0)
