"""The picture of `validate`: every row of the record beside what the model says it would show."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from experiments.figures import COLOURS, GREY, headed
from experiments.targets import CHANGE
from experiments.validate import Row
from experiments.vocabulary import FRACTION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TESTED = {"calibrate": COLOURS[0], "validate": COLOURS[1]}
_PANELS = ("percent", "percent of the published figure", "percentage points", "percent of the first period")
_TITLES = ("Rates and shares", "Counts", "Changes of rates, before and after", "Changes of counts, before and after")
_PERCENT = 100
_ROW_INCHES, _MARGIN_INCHES = 0.26, 1.3


def panel(row: Row) -> str:
    """Return the axis on which a row can be drawn: that of its unit."""
    if row.target.measure.endswith(CHANGE):
        return _PANELS[2] if row.target.unit == _PANELS[2] else _PANELS[3]
    return _PANELS[0] if row.target.unit in FRACTION else _PANELS[1]


def drawn(row: Row, value: float) -> float:
    """Return a value of a row on its panel's axis."""
    if panel(row) == _PANELS[1]:
        return _PERCENT * value / row.target.value
    return value * (_PERCENT if row.target.unit == "fraction" else 1)


def validation(rows: Sequence[Row], title: str) -> "Figure":
    """Draw rows by unit: the model with its interval, the published figure, and in colour whether it was a test."""
    by_panel = {name: [row for row in rows if panel(row) == name] for name in _PANELS}
    shown = {name: found for name, found in by_panel.items() if found}
    height = _MARGIN_INCHES + _ROW_INCHES * len(rows) + 0.8 * len(shown)
    figure, axes = plt.subplots(
        len(shown), 1, figsize=(9, height), squeeze=False, layout="constrained",
        height_ratios=[len(found) + 1 for found in shown.values()],
    )  # fmt: skip
    for axis, (name, found) in zip(axes[:, 0], shown.items(), strict=True):
        _draw(axis, name, found)
    marks = [
        Line2D([], [], color=COLOURS[0], marker="o", label="model, 95 percent interval: set against, no test"),
        Line2D([], [], color=COLOURS[1], marker="o", label="model: never set against, a test"),
        Line2D([], [], color=GREY, marker="o", label="model: other rows (names in bold: outside)"),
        Line2D([], [], color="black", marker="D", linestyle="", markerfacecolor="white", label="published"),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    return headed(figure, title)


def _draw(axis: "Axes", name: str, rows: Sequence[Row]) -> None:
    """Draw one panel, the first row on top."""
    for place, row in enumerate(rows):
        colour = _TESTED.get(row.target.use, GREY)
        if row.low is not None and row.high is not None:
            axis.plot([drawn(row, row.low), drawn(row, row.high)], [place] * 2, color=colour, linewidth=3, alpha=0.5)
        axis.plot(drawn(row, row.simulated), place, "o", color=colour)
        axis.plot(drawn(row, row.target.value), place, "D", color="black", markerfacecolor="white", markersize=6)
    axis.set_yticks(range(len(rows)), [row.target.id.replace("_", " ") for row in rows], fontsize=9)
    for label, row in zip(axis.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row.inside is False else "normal")
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xlabel(name, fontsize=9)
    axis.set_title(_TITLES[_PANELS.index(name)], fontsize=11)
    axis.grid(visible=False, axis="y")
