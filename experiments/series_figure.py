"""The picture of what a fit foretells: published series year by year, and what the sets of an ensemble say of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.figures import COLOURS, headed
from experiments.targets import CHECK
from experiments.validate import Row
from experiments.validation_report import LEVELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANELS = {
    "adults_binary_3m": ("Reoffending, three-month cohorts", "binary rate, percent of adults"),
    "adults_binary_12m": ("Reoffending, twelve-month cohorts", "binary rate, percent of adults"),
    "adults_frequency_3m": ("Frequency, three-month cohorts", "reoffences for each reoffender"),
    "adults_frequency_12m": ("Frequency, twelve-month cohorts", "reoffences for each reoffender"),
    "recall_population": ("In prison on recall, June", "people, England and Wales"),
}
_ALPHAS = (0.35, 0.18)


def series_title(rows: Sequence[Row]) -> str:
    """Return what the picture's title says: how many figures of years that were not set against intervals hold."""
    checks = [row for row in rows if row.target.use == CHECK]
    held = sum(row.holds(LEVELS[-1]) for row in checks)
    return f"Of {len(checks)} figures of years not fitted, {LEVELS[-1]:.0%} intervals hold {held}"


def series(rows: Sequence[Row]) -> "Figure":
    """Draw each series over its years: bands of 50 and 90 percent over the sets, the published figures on them."""
    figure, axes = plt.subplots(2, 3, figsize=(11, 6.2), layout="constrained")
    for axis, name in zip(axes.flat, _PANELS, strict=False):
        mine = [row for row in rows if row.target.id.rpartition("_")[0] == name]
        _draw(axis, name, sorted(mine, key=lambda row: row.target.periods[0]))
    marks = [
        Line2D([], [], color=COLOURS[0], label="mean of the sets"),
        *(
            Patch(color=COLOURS[0], alpha=alpha, label=f"{level:.0%} interval")
            for level, alpha in zip(LEVELS, _ALPHAS, strict=True)
        ),
        Line2D([], [], color="black", marker="D", linestyle="", label="published, set against"),
        Line2D([], [], color="black", marker="D", linestyle="", markerfacecolor="white", label="published, a check"),
    ]
    axes[1, 2].axis("off")
    axes[1, 2].legend(handles=marks, loc="center", frameon=False, fontsize=10)
    return headed(figure, series_title(rows))


def _draw(axis: "Axes", name: str, rows: Sequence[Row]) -> None:
    """Draw one series."""
    years = [row.target.periods[0].first.year for row in rows]
    middle = [row.simulated for row in rows]
    for level, alpha in zip(LEVELS, _ALPHAS, strict=True):
        half = [row.half(level) for row in rows]
        low, high = ([m + sign * h for m, h in zip(middle, half, strict=True)] for sign in (-1, 1))
        axis.fill_between(years, low, high, color=COLOURS[0], alpha=alpha, linewidth=0)
    axis.plot(years, middle, color=COLOURS[0])
    for year, row in zip(years, rows, strict=True):
        face = "white" if row.target.use == CHECK else "black"
        axis.plot(year, row.target.value, "D", color="black", markerfacecolor=face, markersize=6)
    title, unit = _PANELS[name]
    axis.set_title(title, fontsize=11)
    axis.set_ylabel(unit, fontsize=9)
    axis.set_xticks(years)
