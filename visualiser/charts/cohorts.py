"""Proven reoffending, cohort by cohort: each is counted once, when its follow-up is over."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from sim.clock import DAYS_PER_WEEK, MONTHS_PER_QUARTER, day_of, first_day, month_of
from sim.docket import first_of_each
from sim.measures import quarter_starts
from sim.model import ProbationModel
from sim.proven import FOLLOW_UP_DAYS, WAITING_DAYS, by_person_and_day, follow_up, proven_occasions
from sim.timeline import LAST_DATE
from visualiser.charts.kinds import Series

if TYPE_CHECKING:
    from visualiser.pair import Pair

FIRST_COHORT = date(2008, 4, 1)
_PERCENT = 100
_COUNTED: "WeakKeyDictionary[Pair, tuple[dict[date, float | None], dict[date, float | None]]]" = WeakKeyDictionary()
"""Rates of the cohorts counted so far, under base and reform. A cohort that is complete never changes."""


def rates_of_pair(pair: "Pair") -> tuple[Series, Series]:
    """Return the binary rate of every complete cohort in both arms; each is counted once, and once for both arms where
    it is complete before they part."""
    base, reform = _COUNTED.setdefault(pair, ({}, {}))
    _count_complete(pair.models[0], base)
    alike = (pair.fork_week or 0) * DAYS_PER_WEEK if pair.parted else pair.models[0].day
    reform.update({start: base[start] for start in complete_cohorts(alike)})
    _count_complete(pair.models[1], reform)
    return _by_start(base), _by_start(reform)


def rates_of(model: ProbationModel) -> Series:
    """Return the binary rate of every complete cohort of one world."""
    rates: dict[date, float | None] = {}
    _count_complete(model, rates)
    return _by_start(rates)


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
