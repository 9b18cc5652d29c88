"""The picture of a sweep: how the effect, or the level, goes with each factor, a point for each cell."""

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from experiments.decompose import Outcome
from experiments.figures import COLOURS, GREY, headed, save, style
from experiments.provenance import of_sweep
from experiments.sweep_effects import AS_IT_IS, SHOWN
from experiments.worlds import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_FACTORS = 6
_APART = 0.15
"""Of the distance between two places, what points that stand at one of them are spread over."""
_MARKERS = "osD^v"


def draw(path: Path, found: Sweep, effects: pd.DataFrame) -> bool:
    """Draw the effect against each factor that takes more than one value; say whether there was one to draw."""
    shown = [o for o in SHOWN if o.measure in set(effects["measure"])]
    varied = [key for key in found.factors if effects[key].nunique(dropna=False) > 1][:MOST_FACTORS]
    if not varied or not shown:
        return False
    style()
    size = (3.2 + 3.4 * len(varied), 6.8)
    figure, axes = plt.subplots(
        len(shown), len(varied), figsize=size, squeeze=False, sharex="col", sharey="row", layout="constrained"
    )
    for row, outcome in zip(axes, shown, strict=True):
        of_outcome = effects[(effects["measure"] == outcome.measure) & (effects["group"] == outcome.group)]
        for axis, key in zip(row, varied, strict=True):
            _draw(axis, of_outcome, key, outcome.factor)
        row[0].set_ylabel(f"{outcome.title}\n{'change, ' if found.scenarios[1:] else ''}{outcome.shown_unit}")
    for axis, key in zip(axes[-1], varied, strict=True):
        axis.set_xlabel("\n".join(key.rsplit(".", 1)), fontsize=10)
    handles, labels = axes[0][0].get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(handles, labels, loc="outside lower left", ncols=len(labels), frameon=False, fontsize=10)
    figure.supxlabel(
        "a point for each cell, those of one value side by side, with its 95 percent interval over paired seeds",
        fontsize=9,
        color=GREY,
    )
    save(headed(figure, headline(found, effects, shown[0])), path, of_sweep(found, f"sweep {found.place}"))
    return True


def _draw(axis: "Axes", rows: pd.DataFrame, key: str, factor: float) -> None:
    """Draw a point with its interval for each cell against one factor."""
    values = rows[key].astype(object)
    if all(isinstance(v, float | int) for v in values.dropna()):
        place = pd.Series(pd.to_numeric(values, errors="coerce"), index=rows.index)
    else:
        names = sorted({str(v) for v in values.fillna(AS_IT_IS)})
        place = values.fillna(AS_IT_IS).astype(str).map({name: k for k, name in enumerate(names)}).astype(float)
        axis.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=9)
        axis.set_xlim(-0.5, len(names) - 0.5)
    place = place + _aside(place)
    for k, (scenario, of_scenario) in enumerate(rows.groupby("scenario", sort=False)):
        x, y = place[of_scenario.index], factor * of_scenario["difference"]
        ends = factor * of_scenario[["low", "high"]].astype(float)
        error = np.abs(ends.to_numpy().T - y.to_numpy()) if ends.notna().all(axis=None) else None
        axis.errorbar(
            x, y, error, fmt=_MARKERS[k % len(_MARKERS)], color=COLOURS[k % len(COLOURS)],
            ecolor=GREY, elinewidth=0.8, markersize=5, label=str(scenario),
        )  # fmt: skip
    axis.axhline(0, color="black", linewidth=0.8)


def _aside(place: "pd.Series[float]") -> "pd.Series[float]":
    """Return how far to move points that stand at one place, so that their intervals can be told apart."""
    known = np.sort(place.dropna().unique())
    room = _APART * (np.diff(known).min() if len(known) > 1 else 1.0)
    at_one_place = place.groupby(place)
    turn, size = at_one_place.cumcount(), at_one_place.transform("size")
    return room * (turn - (size - 1) / 2) / size.clip(lower=1)


def headline(found: Sweep, effects: pd.DataFrame, outcome: Outcome) -> str:
    """Say between what values an outcome lies over all cells."""
    rows = effects[(effects["measure"] == outcome.measure) & (effects["group"] == outcome.group)]
    ends = []
    for place in (int(rows["difference"].argmin()), int(rows["difference"].argmax())):
        row = rows.iloc[place]
        sign = "+" if found.scenarios[1:] else ""
        text = f"{outcome.factor * row['difference']:{sign}.2f}"
        known = row["low"] is not None and np.isfinite(row["low"])
        ends.append(
            text
            + (f" [{outcome.factor * row['low']:{sign}.2f}, {outcome.factor * row['high']:{sign}.2f}]" if known else "")
        )
    what = f"change of {outcome.title}" if found.scenarios[1:] else f"level of {outcome.title}"
    return f"Over {len(found.cells):,} cells the {what} lies between {ends[0]} and {ends[1]} {outcome.shown_unit}"
