"""The measures of both regimes over time, with what was published of the same beside them.

Levels are shown, never differences, so that a published level may stand beside them: where measure, estimator and group
agree, and nowhere else. Counts are those of the world on the page; published counts are of England and Wales, scaled
to its size.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from experiments.estimates import ESTIMATOR, interval
from experiments.targets import RECORD, published_numbers
from sim.clock import (
    DAYS_PER_WEEK,
    MONTHS_PER_QUARTER,
    MONTHS_PER_YEAR,
    WEEKS_PER_YEAR,
    date_of,
    day_of,
    first_day,
    month_of,
)
from sim.data import tables
from sim.docket import first_of_each
from sim.measures import quarter_starts
from sim.model import ProbationModel
from sim.proven import FOLLOW_UP_DAYS, WAITING_DAYS, by_person_and_day, follow_up, proven_occasions
from sim.timeline import LAST_DATE

if TYPE_CHECKING:
    from visualiser.pair import Pair

type Series = tuple[list[str], list[float | None]]
"""Dates, and values in the panel's unit."""
type Replicate = Sequence[Mapping[str, Series]]
"""What another seed gave under base and reform, each by the panel's name; see `replicate_series`."""

FIRST_COHORT = date(2008, 4, 1)
GROUP = "all"
"""Whom the published series by the quarter counts: every adult with an index event, cautions and fines included."""
_QUARTERS = MONTHS_PER_YEAR // MONTHS_PER_QUARTER
_WEEKS_BETWEEN = 4
_PERCENT = 100
_MORE_DIGITS = 2
"""Values carry so many more than the page prints."""
_OF_COUNTRY = "England and Wales"
_SCALED = "England and Wales, scaled to this world"


@dataclass(frozen=True)
class Kind:
    """What a panel shows.

    Attributes
    ----------
    id, title, unit, note : str
    digits : int
        Printed behind the point.
    """

    id: str
    title: str
    unit: str
    digits: int
    note: str


REOFFENDING = Kind(
    "reoffending",
    "Proven reoffending within a year",
    "percent",
    1,
    "All adults with a caution, a sentence or a release, by the quarter in which they enter. Each quarter is followed "
    "for a year and six months more, so it shows eighteen months after it ends.",
)
RECALLS = Kind(
    "recalls",
    "Recalls to prison",
    "recalls a quarter",
    0,
    "From licence and curfew. Published figures are of a year: a quarter of each is shown.",
)
CASELOAD = Kind(
    "caseload", "People supervised", "people", 0, "On officers' caseloads, in the community and in custody."
)
WORKLOAD = Kind(
    "workload",
    "Officers' workload",
    "ratio",
    2,
    "Points of work held, over what the officers in post are meant to hold.",
)
CUSTODY = Kind("custody", "People in prison", "people", 0, "Sentenced, recalled or on remand.")
MONEY = Kind(
    "money",
    "Public spending on probation and charities",
    "pounds",
    0,
    "Pounds a quarter. Payments by results and yearly reckonings fall in the quarter in which they are made.",
)


def charts(pair: "Pair", replicates: Sequence[Replicate] = ()) -> dict[str, Any]:
    """Return the panels up to the last week lived.

    Parameters
    ----------
    pair : Pair
    replicates : sequence of (base, reform)
        What `replicate_series` gave of other seeds.

    Returns
    -------
    dict
        Ready for JSON.
    """
    arms = [
        {**_weekly_series(model), REOFFENDING.id: rates} for model, rates in zip(pair.models, _rates(pair), strict=True)
    ]
    size = pair.models[0].size
    panels = [
        {
            **vars(kind),
            "series": [_drawn(number, arm[kind.id], kind.digits) for number, arm in enumerate(arms)],
            "published": published(kind.id, size),
        }
        for kind in (REOFFENDING, *_WEEKLY)
    ]
    return {"week": pair.week, "panels": with_intervals(panels, replicates)}


def _drawn(arm: int, series: Series, digits: int) -> dict[str, Any]:
    """Return the line of an arm."""
    days, values = series
    return {"arm": arm, "x": days, "y": [_rounded(y, digits) for y in values], "low": None, "high": None}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits + _MORE_DIGITS)


def replicate_series(model: ProbationModel) -> dict[str, Series]:
    """Return the lines of all panels of one world."""
    rates: dict[date, float | None] = {}
    _count_complete(model, rates)
    return {**_weekly_series(model), REOFFENDING.id: _by_start(rates)}


def with_intervals(panels: Sequence[dict[str, Any]], replicates: Sequence[Replicate]) -> list[dict[str, Any]]:
    """Return the panels with means over seeds and their 95 percent intervals, where there is more than one seed.

    The seed on the page is one of them. Where only it has a value, the line is that seed's and has no interval.
    """
    return [_with_interval(panel, replicates) for panel in panels] if replicates else list(panels)


def _with_interval(panel: dict[str, Any], replicates: Sequence[Replicate]) -> dict[str, Any]:
    """Return one panel with means and intervals."""
    others = [[dict(zip(*other[arm][panel["id"]], strict=True)) for other in replicates] for arm in (0, 1)]
    series = [_averaged(line, others[line["arm"]], panel["digits"]) for line in panel["series"]]
    note = (
        f"{panel['note']} Lines: mean of {len(replicates) + 1} seeds, the one on the page among them; bands: 95 "
        "percent interval of that mean."
    )
    return {**panel, "series": series, "note": note}


def _averaged(line: dict[str, Any], others: Sequence[Mapping[str, float | None]], digits: int) -> dict[str, Any]:
    """Return a line with the mean over seeds at each date, and its interval."""
    means, lows, highs = [], [], []
    for day, own in zip(line["x"], line["y"], strict=True):
        known = np.array([v for v in (own, *(other.get(day) for other in others)) if v is not None])
        low, high = interval(known)
        means.append(_rounded(float(known.mean()) if len(known) else None, digits))
        lows.append(_rounded(low, digits))
        highs.append(_rounded(high, digits))
    return {**line, "y": means, "low": lows, "high": highs}


_COUNTED: "WeakKeyDictionary[Pair, tuple[dict[date, float | None], dict[date, float | None]]]" = WeakKeyDictionary()
"""Rates of the cohorts counted so far, under base and reform. A cohort that is complete never changes."""


def _rates(pair: "Pair") -> tuple[Series, Series]:
    """Return the binary rate of every complete cohort in both arms; each is counted once, and once for both arms where
    it is complete before they part."""
    base, reform = _COUNTED.setdefault(pair, ({}, {}))
    _count_complete(pair.models[0], base)
    alike = (pair.fork_week or 0) * DAYS_PER_WEEK if pair.parted else pair.models[0].day
    reform.update({start: base[start] for start in complete_cohorts(alike)})
    _count_complete(pair.models[1], reform)
    return _by_start(base), _by_start(reform)


def _by_start(rates: Mapping[date, float | None]) -> Series:
    """Return rates as a line."""
    starts = sorted(rates)
    return [start.isoformat() for start in starts], [rates[start] for start in starts]


def complete_cohorts(end_day: int) -> list[date]:
    """Return the first days of the three-month cohorts whose follow-up and waiting time are over by a day."""
    starts = quarter_starts(FIRST_COHORT, LAST_DATE)
    waited = FOLLOW_UP_DAYS + WAITING_DAYS
    return [s for s, after in pairwise(starts) if day_of(after) + waited <= end_day]


def _count_complete(model: ProbationModel, rates: dict[date, float | None]) -> None:
    """Add the rates of the cohorts that have been completed since."""
    missing = [start for start in complete_cohorts(model.day) if start not in rates]
    if missing:
        rates.update(zip(missing, binary_rates(model, missing), strict=True))


def binary_rates(model: ProbationModel, starts: Sequence[date]) -> list[float | None]:
    """Return the share of all adults with a proven reoffence of some three-month cohorts that follow each other, in
    percent; None for a cohort of nobody.

    It is what `sim.measures.cohorts` counts, for these cohorts alone and from their part of the log.
    """
    index, month = model.index_log, month_of(day_of(starts[0]))
    bounds = [first_day(month + MONTHS_PER_QUARTER * k) for k in range(len(starts) + 1)]
    mine = np.flatnonzero((index.day >= bounds[0]) & (index.day < bounds[-1]))
    mine = mine[by_person_and_day(index.row[mine], index.day[mine])]
    row, day = index.row[mine].astype(np.int64), index.day[mine].astype(np.int64)
    cohort = np.searchsorted(bounds, day, side="right") - 1
    counted = first_of_each(row * len(bounds) + cohort)
    # the month before, because a quarter may begin in the midst of a week that counts to that month
    proven = proven_occasions(model, model.log_at_month[max(0, month - 1)])
    reoffends = follow_up(row, day, proven).reoffences > 0
    people, reoffenders = (np.bincount(cohort[who], minlength=len(starts)) for who in (counted, counted & reoffends))
    return [_PERCENT * int(r) / int(n) if n else None for r, n in zip(reoffenders, people, strict=True)]


def _stock(measure: str) -> Callable[[ProbationModel], Series]:
    """Return how a stock is read: every fourth week, as that week ends."""

    def read(model: ProbationModel) -> Series:
        weeks = range(0, len(model.weekly.rows), _WEEKS_BETWEEN)
        values = model.weekly.series(measure)[::_WEEKS_BETWEEN] if weeks else np.empty(0)
        return [date_of(week * DAYS_PER_WEEK).isoformat() for week in weeks], [float(v) for v in values]

    return read


def _quarters_lived(weeks: int, months_later: int = 0) -> list[tuple[str, slice]]:
    """Return the first day of each calendar quarter that is over, and the weeks whose Monday falls in it.

    `months_later` takes the weeks that lie so many months after the quarter's.
    """
    starts = range(0, month_of(weeks * DAYS_PER_WEEK) + 1, MONTHS_PER_QUARTER)
    found = []
    for month in starts:
        first, after = (_first_week(month + more + months_later) for more in (0, MONTHS_PER_QUARTER))
        if after <= weeks:
            found.append((date_of(first_day(month)).isoformat(), slice(first, after)))
    return found


def _first_week(month: int) -> int:
    """Return the first week that begins in a month."""
    return max(0, -(-first_day(month) // DAYS_PER_WEEK))


def _recalls(model: ProbationModel) -> Series:
    """Return recalls by the quarter: the weekly mean times the weeks of a quarter, as some have thirteen Mondays and
    some fourteen."""
    spans = _quarters_lived(len(model.weekly.rows))
    values = model.weekly.series("recalls") if spans else np.empty(0)
    return [day for day, _ in spans], [float(values[weeks].mean()) * WEEKS_PER_YEAR / _QUARTERS for _, weeks in spans]


def _spent(model: ProbationModel) -> Series:
    """Return public spending by the quarter; the books of a month are closed in the first week of the next."""
    spans = _quarters_lived(len(model.weekly.rows), months_later=1)
    values = model.weekly.series("public_spend") if spans else np.empty(0)
    return [day for day, _ in spans], [float(values[weeks].sum()) for _, weeks in spans]


_WEEKLY: dict[Kind, Callable[[ProbationModel], Series]] = {
    RECALLS: _recalls,
    CASELOAD: _stock("caseload"),
    WORKLOAD: _stock("workload"),
    CUSTODY: _stock("custody_population"),
    MONEY: _spent,
}


def _weekly_series(model: ProbationModel) -> dict[str, Series]:
    """Return the lines that come from the weekly record."""
    return {kind.id: read(model) for kind, read in _WEEKLY.items()}


def published(panel: str, size: float) -> list[dict[str, Any]]:
    """Return the published points that measure the same as a panel, source by source.

    Parameters
    ----------
    panel : str
    size : float
        People of the world on the page for each of England and Wales.
    """
    if panel == REOFFENDING.id:
        return [_published_rates()]
    measure, part = {RECALLS.id: ("recalls_per_year", 1 / _QUARTERS), CASELOAD.id: ("caseload", 1.0)}.get(
        panel, ("", 0.0)
    )
    return [
        {"x": [day], "y": [round(value * part * size, _MORE_DIGITS)], "label": _SCALED, "source": source}
        for day, value, source in _published_counts(measure)
    ]


def _published_rates() -> dict[str, Any]:
    """Return the published binary rate of all adults by the same estimator, quarter by quarter."""
    rows = [
        (r["cohort_start"], float(r["value"]))
        for r in tables.rows("proven_reoffending_adults_2000_2014")
        if (r["estimator"], r["period"], r["quantity"]) == (ESTIMATOR, "3-monthly", "binary_rate_percent")
        and r["cohort_start"] >= FIRST_COHORT.isoformat()
        and r["value"]
    ]
    return {
        "x": [day for day, _ in rows],
        "y": [round(value, 1 + _MORE_DIGITS) for _, value in rows],
        "label": _OF_COUNTRY,
        "source": "Ministry of Justice, proven reoffending statistics, adults, three-month cohorts",
    }


@cache
def _published_counts(measure: str) -> tuple[tuple[str, float, str], ...]:
    """Return the middle of the period, the number and the source of each figure of the record of a measure."""
    known = {r["id"]: r for r in tables.rows("published_statistics")}
    found = []
    with RECORD.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["measure"], row["group"]) == (measure, GROUP):
                identity, _, which = row["published"].partition(":")
                first, last = (date.fromisoformat(row[end]) for end in ("cohort_from", "cohort_to"))
                middle = first + timedelta(days=(last - first).days // 2)
                source = f"{known[identity]['source']} ({known[identity]['period']})"
                found.append((middle.isoformat(), published_numbers(identity)[int(which or 0)], source))
    return tuple(found)
