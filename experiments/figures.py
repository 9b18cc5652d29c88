"""The pictures of a comparison: cohorts by quarter, time to first reoffence, recalls by length of sentence."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from experiments.estimates import interval
from sim.clock import date_of
from sim.data import tables
from sim.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#4477AA", "#CC6677")
"""Base and reform: a pair that the colour-blind can tell apart (Paul Tol's scheme)."""
LINES = ("-", "--")
GREY = "#555555"
_QUARTERLY = "three_month_cohort"
_SHORT = "disposal=custody_under_12m"
LEVER_NAMES = {
    "risk_split": "NPS and CRCs",
    "short_sentence_supervision": "short sentences supervised",
    "hdc_widened": "curfew widened",
}


def style() -> None:
    """Set the look of every picture."""
    sns.set_theme(style="whitegrid", context="notebook", rc={"axes.titleweight": "bold", "axes.titlelocation": "left"})


def band(values: pd.DataFrame) -> tuple[Any, Any, Any]:
    """Return mean and 95 percent interval over seeds (columns), row by row."""
    data = values.to_numpy(float)
    bounds = [interval(row[np.isfinite(row)]) for row in data]
    low = np.array([np.nan if b[0] is None else b[0] for b in bounds])
    high = np.array([np.nan if b[1] is None else b[1] for b in bounds])
    return np.nanmean(data, axis=1), low, high


def draw_band(axis: "Axes", x: Any, values: pd.DataFrame, label: str, which: int) -> None:
    """Draw a line with its interval over seeds."""
    mean, low, high = band(values)
    axis.plot(x, mean, LINES[which], color=COLOURS[which], label=label, linewidth=2)
    axis.fill_between(x, low, high, color=COLOURS[which], alpha=0.25, linewidth=0)


def mark_levers(axis: "Axes", timelines: Mapping[str, Timeline]) -> None:
    """Draw a line at every date on which a lever moves in either arm, with its name along the foot."""
    levers = {lever.name: lever for timeline in timelines.values() for lever in timeline.levers.values()}
    for lever in levers.values():
        day = float(mdates.date2num(date_of(lever.from_day)))
        axis.axvline(day, color=GREY, linewidth=1, linestyle=":")
        name = LEVER_NAMES.get(lever.name, lever.name.replace("_", " "))
        axis.text(
            day, 0.02, f" {name}", transform=axis.get_xaxis_transform(), rotation=90, va="bottom", ha="right",
            fontsize=8, color=GREY, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
        )  # fmt: skip


def quarterly(cohorts: pd.DataFrame, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw proven reoffending of quarterly cohorts in both arms: everyone, and leavers of short sentences.

    The published points are levels of the same quarters; they stand beside the arms' levels, never beside their
    difference.
    """
    figure, axes = plt.subplots(1, 2, figsize=(12, 5), sharex=True)
    panels = (("all", "Everyone with an index event"), (_SHORT, "Released from sentences under 12 months"))
    for axis, (group, name) in zip(axes, panels, strict=True):
        chosen = cohorts[(cohorts["estimator"] == _QUARTERLY) & (cohorts["group"] == group)]
        for which, arm in enumerate(arms):
            wide = chosen[chosen["scenario"] == arm].pivot(index="cohort_start", columns="seed", values="binary_rate")
            draw_band(axis, wide.index, 100 * wide, arm, which)
        _record(axis, group, chosen["cohort_start"].min())
        mark_levers(axis, arms)
        axis.set_title(name, fontsize=11)
        axis.set_xlabel("quarter of the index event")
        axis.xaxis.set_major_locator(mdates.YearLocator(2))
        axis.set_ylabel("reoffend within a year, percent")
        axis.set_ylim(*_limits(axis))
        axis.legend(loc="upper right", fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    figure.tight_layout()
    return figure


def _limits(axis: "Axes") -> tuple[float, float]:
    """Return limits that leave room for the legend above and the names of levers below."""
    low, high = axis.get_ylim()
    return max(0.0, low - 0.6 * (high - low)), high + 0.35 * (high - low)


def _record(axis: "Axes", group: str, first: pd.Timestamp) -> None:
    """Draw the published points of a group, where there are any."""
    if group == "all":
        rows = [
            (pd.Timestamp(r["cohort_start"]), float(r["value"]))
            for r in tables.rows("proven_reoffending_adults_2000_2014")
            if (r["estimator"], r["period"], r["quantity"]) == (_QUARTERLY, "3-monthly", "binary_rate_percent")
            and r["value"]
        ]
    else:
        quarters = {
            "under_12m_2016q2": "2016-04-01",
            "under_12m_2017q2": "2017-04-01",
            "under_12m_2018q1": "2018-01-01",
        }
        published = {r["id"]: float(r["value"]) for r in tables.rows("published_statistics") if r["id"] in quarters}
        rows = [(pd.Timestamp(day), published[key]) for key, day in quarters.items()]
    shown = [(day, value) for day, value in rows if day >= first]
    axis.plot(*zip(*shown, strict=True), "o", color="black", markersize=4, label="published, England and Wales")


def time_to_first(outcomes: pd.DataFrame, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw the share of short-sentence leavers with a proven reoffence by days since release, both arms."""
    figure, axis = plt.subplots(figsize=(8, 5))
    chosen = outcomes[(outcomes["group"] == _SHORT) & outcomes["measure"].str.startswith("reoffended_within_")].copy()
    last = chosen["year"].max()
    chosen = chosen[chosen["year"] == last]
    chosen["days"] = chosen["measure"].str.extract(r"(\d+)", expand=False).astype(int)
    for which, arm in enumerate(arms):
        wide = chosen[chosen["scenario"] == arm].pivot(index="days", columns="seed", values="value")
        wide.loc[0] = 0.0
        draw_band(axis, sorted(wide.index), 100 * wide.sort_index(), arm, which)
    axis.set_xlabel("days since release")
    axis.set_ylabel("with a proven reoffence so far, percent")
    axis.set_title(title, fontsize=12)
    axis.text(0.99, 0.02, f"releases of {last} from sentences under 12 months", transform=axis.transAxes, ha="right",
              fontsize=9, color=GREY)  # fmt: skip
    axis.set_xlim(0, 365)
    axis.set_ylim(0, None)
    axis.legend(loc="upper left")
    figure.tight_layout()
    return figure


def recalls(weekly: pd.DataFrame, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw recalls a quarter by length of sentence, both arms."""
    figure, axes = plt.subplots(1, 2, figsize=(12, 5), sharex=True)
    panels = (
        ("disposal=custody_under_12m", "Sentences under 12 months"),
        ("disposal=custody_12m_plus", "Sentences of 12 months and over"),
    )
    for axis, (group, name) in zip(axes, panels, strict=True):
        chosen = weekly[(weekly["measure"] == "recalls") & (weekly["group"] == group)]
        for which, arm in enumerate(arms):
            wide = chosen[chosen["scenario"] == arm].pivot(index="date", columns="seed", values="value")
            quarters = wide.resample("QS").sum()[:-1]
            draw_band(axis, quarters.index, quarters, arm, which)
        mark_levers(axis, arms)
        axis.set_title(name, fontsize=11)
        axis.set_xlabel("quarter")
        axis.xaxis.set_major_locator(mdates.YearLocator(2))
        axis.set_ylabel("recalls to prison in the quarter")
        axis.set_ylim(0, max(1.0, axis.get_ylim()[1] * 1.25))
        axis.legend(loc="upper left", fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    figure.tight_layout()
    return figure


def save(figure: "Figure", path: Path, provenance: Mapping[str, str]) -> None:
    """Save a picture as PNG with its provenance in the metadata."""
    figure.savefig(path, dpi=130, metadata={**provenance, "Software": "throughgate"})
    plt.close(figure)
