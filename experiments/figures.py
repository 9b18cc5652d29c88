"""The pictures of a comparison, arms above and their difference below: cohorts by quarter, time to first reoffence,
recalls by length of sentence, officers' workload, queues of charities, needs; in one arm, the books of companies."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from experiments.estimates import ESTIMATOR, interval, level
from sim.clock import WEEKS_PER_YEAR, date_of
from sim.data import tables
from sim.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#4477AA", "#CC6677")
"""Base and reform: a pair that the colour-blind can tell apart (Paul Tol's scheme)."""
LINES = ("-", "--")
GREY = "#555555"
_SHORT = "disposal=custody_under_12m"
_COMPANIES = "provider_type=crc"
_MILLION = 1_000_000
LEVER_NAMES = {
    "risk_split": "NPS and CRCs",
    "short_sentence_supervision": "short sentences supervised",
    "rehabilitation_activity_requirement": "activity requirement",
    "through_the_gate": "Through the Gate",
    "hdc_widened": "curfew widened",
    "private_providers": "private owners, contracts",
    "reunified_service": "one service again",
}
_OF_INSTITUTIONS = frozenset({"risk_split", "private_providers", "contract_variation", "reunified_service"})


_CLOSE_DAYS = 200
"""Of levers closer than this, the later one has its name on the other side of its line."""


def style() -> None:
    """Set the look of every picture."""
    sns.set_theme(style="whitegrid", context="notebook", rc={"axes.titleweight": "bold", "axes.titlelocation": "left"})


def band(values: pd.DataFrame) -> tuple[Any, Any, Any]:
    """Return mean and 95 percent interval over seeds (columns), row by row; NaN where no seed has a value."""
    told = [(level(row), *interval(row)) for row in values.to_numpy(float)]
    mean, low, high = np.array(told, float).reshape(-1, 3).T
    return mean, low, high


def draw_band(axis: "Axes", x: Any, values: pd.DataFrame, label: str, which: int) -> None:
    """Draw a line with its interval over seeds."""
    mean, low, high = band(values)
    axis.plot(x, mean, LINES[which], color=COLOURS[which], label=label, linewidth=2)
    axis.fill_between(x, low, high, color=COLOURS[which], alpha=0.25, linewidth=0)


def mark_levers(
    axis: "Axes", timelines: Mapping[str, Timeline], *, named: bool, only: frozenset[str] = frozenset()
) -> None:
    """Draw a line at every date on which a lever moves in either arm, with its name along the foot if asked for.

    All levers, or those of `only`.
    """
    levers = {lever.name: lever for timeline in timelines.values() for lever in timeline.levers.values()}
    levers = {name: lever for name, lever in levers.items() if not only or name in only}
    before = marked = -math.inf
    for lever in sorted(levers.values(), key=lambda v: (v.from_day, v.name != "short_sentence_supervision")):
        day = float(mdates.date2num(date_of(lever.from_day)))
        side = "left" if day - before < _CLOSE_DAYS else "right"
        before = day
        axis.axvline(day, color=GREY, linewidth=1, linestyle=":")
        if not named or day == marked:
            continue
        marked = day
        name = LEVER_NAMES.get(lever.name, lever.name.replace("_", " "))
        axis.text(
            day, 0.02, f" {name}", transform=axis.get_xaxis_transform(), rotation=90, va="bottom", ha=side,
            fontsize=8, color=GREY, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
        )  # fmt: skip


def seeds_by(rows: pd.DataFrame, arm: str, index: str, value: str) -> pd.DataFrame:
    """Return the values of one arm, a row for each date or day and a column for each seed."""
    return rows[rows["scenario"] == arm].pivot(index=index, columns="seed", values=value)


def draw_arms(axes: "Sequence[Axes]", values: Mapping[str, pd.DataFrame]) -> None:
    """Draw both arms above, and below them reform minus base, seed by seed."""
    above, below = axes
    for which, (arm, wide) in enumerate(values.items()):
        draw_band(above, wide.index, wide, arm, which)
    base, reform = values.values()
    mean, low, high = band(reform - base)
    below.plot(base.index, mean, color=GREY, linewidth=2)
    below.fill_between(base.index, low, high, color=GREY, alpha=0.3, linewidth=0)
    below.axhline(0, color="black", linewidth=0.8)


def panels(width: float, columns: int, names: Sequence[str]) -> "tuple[Figure, Any]":
    """Return a figure with a tall row for the arms and a low one for their difference, a column for each name."""
    figure, axes = plt.subplots(
        2, columns, figsize=(width, 6.6), sharex=True, squeeze=False, height_ratios=(2.2, 1), layout="constrained"
    )
    for axis, name in zip(axes[0], names, strict=True):
        axis.set_title(name, fontsize=11)
    for axis in axes[1]:
        axis.set_title("difference, with 95 percent interval over paired seeds", fontsize=9, color=GREY)
    return figure, axes


def headed(figure: "Figure", title: str) -> "Figure":
    """Write what was found above a figure, broken so that it fits."""
    figure.suptitle("\n".join(textwrap.wrap(title, int(figure.get_figwidth() * 8.2))), x=0.01, ha="left", weight="bold")
    return figure


def date_axes(axes: "Sequence[Axes]", arms: Mapping[str, Timeline], label: str, *, named: bool = True) -> None:
    """Mark the levers in a column of panels, named in the upper one, and put years and a label below."""
    above, below = axes
    mark_levers(above, arms, named=named)
    mark_levers(below, arms, named=False)
    below.set_xlabel(label)
    below.xaxis.set_major_locator(mdates.YearLocator(2))


def quarterly(cohorts: pd.DataFrame, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw proven reoffending of quarterly cohorts in both arms and the difference between them.

    The published points are levels of the same quarters; they stand beside the arms' levels, never beside their
    difference.
    """
    figure, axes = panels(12, 2, ("Everyone with an index event", "Released from sentences under 12 months"))
    for column, group in zip(axes.T, ("all", _SHORT), strict=True):
        chosen = cohorts[(cohorts["estimator"] == ESTIMATOR) & (cohorts["group"] == group)]
        draw_arms(column, {arm: 100 * seeds_by(chosen, arm, "cohort_start", "binary_rate") for arm in arms})
        _record(column[0], group, chosen["cohort_start"].min())
        date_axes(column, arms, "quarter of the index event")
        column[0].set_ylim(*_limits(column[0]))
        column[0].legend(loc="upper right", fontsize=9)
    axes[0, 0].set_ylabel("reoffend within a year, percent")
    axes[1, 0].set_ylabel("percentage points")
    return headed(figure, title)


def _limits(axis: "Axes") -> tuple[float, float]:
    """Return limits that leave room for the legend above and the names of levers below."""
    low, high = axis.get_ylim()
    return max(0.0, low - 0.65 * (high - low)), high + 0.5 * (high - low)


def _record(axis: "Axes", group: str, first: pd.Timestamp) -> None:
    """Draw the published points of a group, where there are any."""
    if group == "all":
        rows = [
            (pd.Timestamp(r["cohort_start"]), float(r["value"]))
            for r in tables.rows("proven_reoffending_adults_2000_2014")
            if (r["estimator"], r["period"], r["quantity"]) == (ESTIMATOR, "3-monthly", "binary_rate_percent")
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
    """Draw the share of short-sentence leavers with a proven reoffence by days since release, and the difference."""
    chosen = outcomes[(outcomes["group"] == _SHORT) & outcomes["measure"].str.startswith("reoffended_within_")].copy()
    last = chosen["year"].max()
    chosen = chosen[chosen["year"] == last]
    chosen["days"] = chosen["measure"].str.extract(r"(\d+)", expand=False).astype(int)
    figure, axes = panels(8, 1, [f"Released in {last} from sentences under 12 months"])
    values = {arm: 100 * seeds_by(chosen, arm, "days", "value") for arm in arms}
    for wide in values.values():
        wide.loc[0] = 0.0
    draw_arms(axes[:, 0], {arm: wide.sort_index() for arm, wide in values.items()})
    above, below = axes[:, 0]
    above.set_ylabel("with a proven reoffence so far,\npercent")
    above.set_ylim(0, None)
    above.legend(loc="upper left")
    below.set_xlabel("days since release")
    below.set_ylabel("percentage\npoints")
    below.set_xlim(0, 365)
    return headed(figure, title)


def recalls(weekly: pd.DataFrame, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw recalls a week, mean of each quarter, by length of sentence, both arms and the difference."""
    figure, axes = panels(12, 2, ("Sentences under 12 months", "Sentences of 12 months and over"))
    for column, group in zip(axes.T, (_SHORT, "disposal=custody_12m_plus"), strict=True):
        chosen = weekly[(weekly["measure"] == "recalls") & (weekly["group"] == group)]
        draw_arms(column, {arm: seeds_by(chosen, arm, "date", "value").resample("QS").mean()[:-1] for arm in arms})
        date_axes(column, arms, "quarter")
        column[0].set_ylim(0, max(1.0, column[0].get_ylim()[1] * 1.25))
        column[0].legend(loc="upper left", fontsize=9)
    axes[0, 0].set_ylabel("recalls to prison a week")
    axes[1, 0].set_ylabel("recalls a week")
    return headed(figure, title)


def staffing(weekly: pd.DataFrame, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw officers' workload over target, the share of contacts cut and changes of officer, mean of each quarter."""
    figure, axes = panels(14, 3, ("Workload over target", "Contacts cut or lost in handover", "Changes of officer"))
    series = {
        name: {arm: _quarterly_mean(weekly, arm, name) for arm in arms}
        for name in ("workload", "contacts_cut", "contacts_due", "officer_changes", "caseload")
    }
    shown = (
        series["workload"],
        {arm: 100 * series["contacts_cut"][arm] / series["contacts_due"][arm] for arm in arms},
        {arm: 100 * WEEKS_PER_YEAR * series["officer_changes"][arm] / series["caseload"][arm] for arm in arms},
    )
    units = ("points held / points of target", "percent of contacts due", "a year for 100 people")
    for column, values, unit in zip(axes.T, shown, units, strict=True):
        draw_arms(column, values)
        date_axes(column, arms, "quarter", named=unit == units[0])
        column[0].set_ylim(0, column[0].get_ylim()[1] * 1.25)
        column[0].set_ylabel(unit)
        column[0].legend(loc="upper left", fontsize=9)
    axes[0, 0].axhline(1, color=GREY, linewidth=0.8)
    return headed(figure, title)


def _quarterly_mean(weekly: pd.DataFrame, arm: str, measure: str, group: str = "all") -> pd.DataFrame:
    """Return the mean of each full quarter of a weekly measure in one arm, a column for each seed."""
    chosen = weekly[(weekly["measure"] == measure) & (weekly["group"] == group)]
    return seeds_by(chosen, arm, "date", "value").resample("QS").mean()[:-1]


KINDS = ("mentoring", "accommodation", "employment", "substance_misuse", "family")


def support(weekly: pd.DataFrame, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw people waiting for each kind of charity, both arms and the difference; the places are a line."""
    figure, axes = panels(16, len(KINDS), [k.replace("_", " ").capitalize() for k in KINDS])
    for column, kind in zip(axes.T, KINDS, strict=True):
        group = f"kind={kind}"
        draw_arms(column, {arm: _quarterly_mean(weekly, arm, "waiting", group) for arm in arms})
        places = weekly.loc[(weekly["measure"] == "places") & (weekly["group"] == group), "value"].iloc[0]
        column[0].axhline(places, color="black", linewidth=0.8)
        column[0].annotate(
            f"{places:.0f} places", (0.02, places), xycoords=("axes fraction", "data"), fontsize=8, va="bottom"
        )
        date_axes(column, arms, "quarter", named=False)
        column[1].xaxis.set_major_locator(mdates.YearLocator(4))
        column[0].set_ylim(0, max(column[0].get_ylim()[1], places) * 1.3)
        column[1].set_title("difference, 95 percent interval", fontsize=9, color=GREY)
    axes[0, 0].set_ylabel("people waiting")
    axes[1, 0].set_ylabel("people")
    axes[0, 0].legend(loc="upper left", fontsize=8)
    return headed(figure, title)


NEED_NAMES = {
    "accommodation": "accommodation",
    "work": "work",
    "drugs": "drugs",
    "alcohol": "alcohol",
    "thinking": "thinking and attitudes",
    "relationships": "relationships",
    "associates": "associates",
}


def needs(weekly: pd.DataFrame, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw the share of people supervised in the community with each need over the years, in each arm."""
    figure, axes = plt.subplots(1, len(arms), figsize=(12, 5), sharey=True, layout="constrained")
    palette = sns.color_palette("colorblind", len(NEED_NAMES))
    for axis, arm in zip(np.atleast_1d(axes), arms, strict=True):
        for colour, (need, name) in zip(palette, NEED_NAMES.items(), strict=True):
            mean, low, high = band(100 * _quarterly_mean(weekly, arm, "need_in_community", f"need={need}"))
            x = _quarterly_mean(weekly, arm, "need_in_community", f"need={need}").index
            axis.plot(x, mean, color=colour, linewidth=2)
            axis.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)
            axis.annotate(name, (x[-1], mean[-1]), xytext=(4, 0), textcoords="offset points", fontsize=8, color=colour)
        axis.set_title(arm, fontsize=11)
        mark_levers(axis, arms, named=False)
        axis.set_xlabel("quarter")
        axis.set_xlim(x[0], x[-1] + pd.Timedelta(days=1300))
        axis.set_ylim(0, 100)
    np.atleast_1d(axes)[0].set_ylabel("of people supervised in the community, percent")
    return headed(figure, title)


BOOKS = {"fees and grants": "#88CCEE", "results": "#DDCC77", "claimed and not due": "#AA4499", "recovered": "#882255"}
"""Lines of companies' income, stacked in this order."""


def institutions(weekly: pd.DataFrame, arm: str, arms: Mapping[str, Timeline], title: str) -> "Figure":
    """Draw companies' books by quarter in one arm: income by line against costs, the balance, volume and places."""
    figure, axes = plt.subplots(
        2, 2, figsize=(12, 6.6), sharex=True, height_ratios=(1.6, 1), width_ratios=(1.5, 1), layout="constrained"
    )
    (money, volume), (balance, places) = axes
    measures = ("income", "costs", "results_paid", "overclaimed", "recovered")
    books = [_booked(weekly, arm, measure) for measure in measures]
    income, costs, results, claimed, back = (book[since(books[1])] for book in books)
    foot = np.zeros(len(income)), np.zeros(len(income))
    for (name, colour), line in zip(
        BOOKS.items(), (income - results - claimed + back, results, claimed, -back), strict=True
    ):
        height = line.mean(axis=1).to_numpy(float)
        if not height.any():
            continue
        bottom = np.where(height > 0, foot[0], foot[1])
        money.bar(income.index, height, width=80, bottom=bottom, align="edge", color=colour, label=name, linewidth=0)
        foot = foot[0] + np.maximum(height, 0), foot[1] + np.minimum(height, 0)
    middle = income.index + pd.Timedelta(days=40)
    draw_band(money, middle, costs, "costs", 1)
    draw_band(balance, middle, income - costs, "income less costs", 0)
    for axis, measure in ((volume, "volume_over_forecast"), (places, "places_bought")):
        found = 100 * _quarterly_mean(weekly, arm, measure, _COMPANIES).reindex(income.index)
        found.index = middle
        draw_band(axis, middle[since(found)], found[since(found)], measure, 0)
        axis.axhline(100, color="black", linewidth=0.8)
        axis.set_ylabel("percent")
        axis.set_ylim(0, None)
    headings = ("Income by line, and costs", "Volume of the last year over forecast", "Income less costs")
    for axis, heading in zip((money, volume, balance, places), (*headings, "Charities' places bought"), strict=True):
        axis.set_title(heading, fontsize=11)
        mark_levers(axis, arms, named=axis is money, only=_OF_INSTITUTIONS)
    balance.axhline(0, color="black", linewidth=0.8)
    for axis in (money, balance):
        axis.set_ylabel("million pounds a quarter")
    money.set_ylim(None, money.get_ylim()[1] * 1.3)
    money.legend(loc="upper left", ncols=4, fontsize=9)
    for axis in (balance, places):
        axis.set_xlabel("quarter; band: 95 percent interval over seeds")
        axis.xaxis.set_major_locator(mdates.YearLocator(1))
        axis.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    return headed(figure, title)


def since(values: pd.DataFrame) -> Any:
    """Say which rows lie behind the first one that is not nought, which may be of a part of a quarter."""
    return values.any(axis=1).cumsum().to_numpy() > 1


def _booked(weekly: pd.DataFrame, arm: str, measure: str) -> pd.DataFrame:
    """Return what companies booked in each quarter, million pounds, a column for each seed.

    Books of a month are closed in the first week of the next, so a week's payments are counted a month back. The last
    quarter is left out, for its last books are not closed.
    """
    chosen = weekly[(weekly["measure"] == measure) & (weekly["group"] == _COMPANIES)]
    wide = seeds_by(chosen, arm, "date", "value")
    wide.index = pd.DatetimeIndex(wide.index) - pd.DateOffset(months=1)
    return wide.resample("QS").sum()[:-1] / _MILLION


def save(figure: "Figure", path: Path, made_of: Mapping[str, str]) -> None:
    """Save a picture as PNG with its provenance in the metadata: see `experiments.provenance`."""
    figure.savefig(path, dpi=130, metadata={**made_of, "Software": "throughgate"})
    plt.close(figure)
